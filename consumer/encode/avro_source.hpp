// The `source` record of Debezium's envelope in Avro's encoding, for one table. All that does not
// change within a transaction is bytes already when the row comes; the fields are those of
// source_text.
#pragma once

#include <string>
#include <string_view>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

class AvroSource {
public:
    // For rows of schema.table; both empty for logical messages.
    AvroSource(const EncodeOptions& options, std::string_view schema, std::string_view table);

    // `with_xid`: whether the item belongs to the transaction (a message that is not transactional
    // does not).
    void put(ByteWriter& out, const RowContext& context, bool with_xid = true);

private:
    bool is_current(const RowContext& context, bool with_xid) const;
    void rebuild(const RowContext& context, bool with_xid);

    std::string opening_;   // Up to ts_ms.
    std::string database_;  // db, and the branch of sequence.
    std::string table_;     // schema and table.

    BlockText head_;      // Of the current transaction: up to the length of sequence.
    BlockText sequence_;  // The text of sequence up to the digits of its second element.
    BlockText body_;      // From those digits to lsn.
    BlockText tail_;      // From behind lsn to the end.
    Lsn commit_lsn_;
    Lsn last_commit_lsn_;
    std::int64_t commit_time_us_ = 0;
    SnapshotMarker snapshot_ = SnapshotMarker::kNone;
    bool with_xid_ = false;
    bool built_ = false;
};

}  // namespace penstock
