#include "encode/source_text.hpp"

#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

std::string json_string(std::string_view text) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    put_json_string(writer, text);
    writer.finish();
    return std::string(buffer.bytes());
}

char* put_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

// Nanoseconds of the years 2001 to 2262 have nineteen digits, whose fronts are the microseconds and
// milliseconds.
constexpr std::int64_t kNineteenDigits = 1000000000000000000;

}  // namespace

std::string_view snapshot_marker_text(SnapshotMarker marker) {
    switch (marker) {
        case SnapshotMarker::kTrue:
            return "true";
        case SnapshotMarker::kFirstInTable:
            return "first_in_data_collection";
        case SnapshotMarker::kLastInTable:
            return "last_in_data_collection";
        case SnapshotMarker::kFirst:
            return "first";
        case SnapshotMarker::kLast:
            return "last";
        case SnapshotMarker::kIncremental:
            return "incremental";
        case SnapshotMarker::kNone:
            break;
    }
    return "false";
}

std::string_view debezium_version(DebeziumCompat compat) {
    return compat == DebeziumCompat::k37 ? "3.7.0.Final" : "3.6.1.Final";
}

SourceText::SourceText(const EncodeOptions& options, std::string_view schema,
                       std::string_view table) {
    opening_ = "\"source\":{\"version\":" + json_string(debezium_version(options.compat)) +
               ",\"connector\":\"postgresql\",\"name\":" + json_string(options.topic_prefix) +
               ",\"ts_ms\":";
    database_ = "\",\"db\":" + json_string(options.database) + ",\"sequence\":\"[";
    table_ =
        ",\"schema\":" + json_string(schema) + ",\"table\":" + json_string(table) + ",\"txId\":";
}

bool SourceText::is_current(const RowContext& context, bool with_xid) const {
    return built_ && context.transaction != nullptr && with_xid_ == with_xid &&
           context.snapshot == snapshot_ && context.transaction->commit_lsn == commit_lsn_ &&
           context.last_commit_lsn == last_commit_lsn_ &&
           context.transaction->commit_time_us == commit_time_us_;
}

void SourceText::rebuild(const RowContext& context, bool with_xid) {
    const BeginFrame* transaction = context.transaction;
    const std::int64_t nanos = context.now.count();
    const std::int64_t micros = transaction != nullptr ? transaction->commit_time_us : nanos / 1000;
    head_ = opening_ + std::to_string(micros / 1000) + ",\"snapshot\":\"";
    head_.append(snapshot_marker_text(context.snapshot)).append(database_);
    head_ += context.last_commit_lsn
                 ? "\\\"" + std::to_string(context.last_commit_lsn.value) + "\\\""
                 : "null";
    head_ += ",\\\"";
    body_ = "\\\"]\",\"ts_us\":" + std::to_string(micros) +
            ",\"ts_ns\":" + std::to_string(transaction != nullptr ? micros * 1000 : nanos) + table_;
    // Which transaction wrote it, and where, is unknown of a row that was read in between.
    const bool known = context.snapshot != SnapshotMarker::kIncremental;
    const bool has_xid = transaction != nullptr && with_xid && known;
    body_ += has_xid ? std::to_string(transaction->xid.value) : "null";
    body_ += ",\"lsn\":";
    tail_ = ",\"xmin\":null,\"origin\":";
    const bool has_origin = transaction != nullptr && transaction->origin.has_value();
    tail_ += has_origin ? json_string(*transaction->origin) : "null";
    tail_ += ",\"origin_lsn\":";
    tail_ += has_origin ? std::to_string(transaction->origin_lsn.value) : "null";
    tail_ += '}';
    commit_lsn_ = transaction != nullptr ? transaction->commit_lsn : Lsn{};
    last_commit_lsn_ = context.last_commit_lsn;
    commit_time_us_ = micros;
    snapshot_ = context.snapshot;
    with_xid_ = with_xid;
    built_ = transaction != nullptr;
}

void SourceText::put(ByteWriter& out, const RowContext& context, bool with_xid) {
    if (!is_current(context, with_xid)) rebuild(context, with_xid);
    char lsn[kIntegerTextMax];
    const auto digits = static_cast<std::size_t>(put_unsigned(lsn, context.lsn.value) - lsn);
    constexpr std::string_view kUnknown = "null";
    out.ensure(head_.size() + body_.size() + tail_.size() + 2 * digits + kUnknown.size());
    char* to = put_text(out.at(), head_);
    to = put_text(to, {lsn, digits});
    to = put_text(to, body_);
    to = put_text(
        to, snapshot_ == SnapshotMarker::kIncremental ? kUnknown : std::string_view(lsn, digits));
    out.advance(put_text(to, tail_));
}

char* put_clock(char* out, WallTime time) {
    const std::int64_t nanos = time.count();
    if (nanos >= kNineteenDigits) {
        char digits[kIntegerTextMax];
        put_padded(digits, static_cast<std::uint64_t>(nanos), 19);
        out = put_text(put_text(out, "\"ts_ms\":"), {digits, 13});
        out = put_text(put_text(out, ",\"ts_us\":"), {digits, 16});
        return put_text(put_text(out, ",\"ts_ns\":"), {digits, 19});
    }
    out = put_signed(put_text(out, "\"ts_ms\":"), nanos / 1000000);
    out = put_signed(put_text(out, ",\"ts_us\":"), nanos / 1000);
    return put_signed(put_text(out, ",\"ts_ns\":"), nanos);
}

}  // namespace penstock
