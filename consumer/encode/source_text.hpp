// The `source` block and the clock fields of Debezium's JSON envelope, for one table. All that does
// not change within a transaction is text already when the row comes.
#pragma once

#include <string>
#include <string_view>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// "false", "first", "last_in_data_collection" ...: the value of source.snapshot.
std::string_view snapshot_marker_text(SnapshotMarker marker);

// "3.6.1.Final": the release whose bytes are imitated.
std::string_view debezium_version(DebeziumCompat compat);

class SourceText {
public:
    // For rows of schema.table; both empty for logical messages.
    SourceText(const EncodeOptions& options, std::string_view schema, std::string_view table);

    // "source":{...} with braces and name, without commas around it. `with_xid`: whether the item
    // belongs to the transaction (a message that is not transactional does not).
    void put(ByteWriter& out, const RowContext& context, bool with_xid = true);

private:
    bool is_current(const RowContext& context, bool with_xid) const;
    void rebuild(const RowContext& context, bool with_xid);

    std::string opening_;   // Up to the digits of ts_ms.
    std::string database_;  // From behind the snapshot marker to the digits of sequence.
    std::string table_;     // From behind ts_ns to the digits of txId.

    BlockText head_;  // Of the current transaction: up to the second element of sequence.
    BlockText body_;  // From there to the digits of lsn.
    BlockText tail_;  // From behind lsn to the end.
    Lsn commit_lsn_;
    Lsn last_commit_lsn_;
    std::int64_t commit_time_us_ = 0;
    SnapshotMarker snapshot_ = SnapshotMarker::kNone;
    bool with_xid_ = false;
    bool built_ = false;
};

// "ts_ms":1,"ts_us":1000,"ts_ns":1000000 of a wall clock; kClockTextMax bytes of room.
inline constexpr std::size_t kClockTextMax = 96;
char* put_clock(char* out, WallTime time);

}  // namespace penstock
