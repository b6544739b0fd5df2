// One decoding session: from START_REPLICATION, or one call of a pg_logical_slot function, to its
// end. Holds what the callbacks share and decides what each of them sends and when.
//
// Lives in a memory context under the decoding context. After an error no shutdown callback runs:
// the context is simply deleted, and a reset callback on it clears the process-wide pointers.
#pragma once

#include "compat.hpp"

#include "batch.hpp"
#include "notice_queue.hpp"
#include "options.hpp"
#include "relation_cache.hpp"
#include "sink.hpp"
#include "tuple_walk.hpp"

#include <type_traits>

namespace penstock {

// The transaction being replayed.
struct Transaction {
    ReorderBufferTXN* txn;
    bool begun;               // Its Begin has been written.
    XLogRecPtr previous_lsn;  // What the next lsn_delta is relative to.
    uint64 decoded;           // Also the ordinal of the next change.
    uint64 expected_ordinal;  // What a reader takes for the next one when none is written.
    uint64 sent;
};

class Session {
public:
    // Reads the options and sets up everything. Called with a decoding context that may write.
    static Session* start(LogicalDecodingContext* decoding);
    void stop();

    void begin(ReorderBufferTXN* txn);
    void change(Relation relation, ReorderBufferChange* change);
    void truncate(int relation_count, Relation* relations, ReorderBufferChange* change);
    void message(ReorderBufferTXN* txn, XLogRecPtr lsn, bool transactional, const char* prefix,
                 std::string_view content);
    void commit(XLogRecPtr end_lsn);
    bool filters_origin(compat::OriginId origin) const;
    bool filters_any_origin() const { return options_.origin == OriginFilter::kNone; }

    bool writes_text() const { return options_.format == OutputFormat::kJson; }

    // For the error context.
    const Transaction& transaction() const { return transaction_; }
    const ColumnPlan* column() const { return walk_.column(); }
    const RelationDescription* relation() const { return relation_; }

private:
    void open(LogicalDecodingContext* decoding, MemoryContext context);
    void enter();
    void report_progress();
    void introduce();
    void ensure_begun();
    void send_notices();
    void ensure_described(RelationEntry& entry);
    void send_change(RelationEntry& entry, Relation relation, ReorderBufferChange* change);
    ChangePosition position(XLogRecPtr lsn, uint64 ordinal, uint64 width);
    void send_message(const MessageFrame& frame);

    LogicalDecodingContext* decoding_;
    MemoryContext context_;  // The session's.
    MemoryContext scratch_;  // Reset on entry of every callback that allocates.
    Options options_;
    const Sink* sink_;
    Batch batch_;
    NoticeQueue notices_;
    RelationCache relations_;
    TupleWalk walk_;
    Transaction transaction_;
    const RelationDescription* relation_;  // Of the change in work.
    SessionFrame introduction_;
    bool introduced_;
    uint32 changes_since_progress_;
    int settings_nest_level_;  // 0 when the settings are pinned for the whole process.
};
static_assert(std::is_trivially_destructible_v<Session>);

}  // namespace penstock
