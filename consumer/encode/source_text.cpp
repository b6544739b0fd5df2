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

class NineteenDigits {
public:
    explicit NineteenDigits(std::uint64_t number)
        : first_(eight_digits(number / kUnit / kUnit) >> 40),
          middle_(eight_digits(number / kUnit % kUnit)),
          last_(eight_digits(number % kUnit)) {}

    // The first `count`; room for all. Returns one past the last.
    char* put(char* out, std::size_t count) const {
        std::memcpy(out, &first_, 8);
        std::memcpy(out + 3, &middle_, 8);
        std::memcpy(out + 11, &last_, 8);
        return out + count;
    }

private:
    static constexpr std::uint64_t kUnit = 100000000;

    std::uint64_t first_;  // Three.
    std::uint64_t middle_;
    std::uint64_t last_;
};

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
    std::string text = opening_ + std::to_string(micros / 1000) + ",\"snapshot\":\"";
    text.append(snapshot_marker_text(context.snapshot)).append(database_);
    text += context.last_commit_lsn
                ? "\\\"" + std::to_string(context.last_commit_lsn.value) + "\\\""
                : "null";
    head_.assign(text + ",\\\"");
    text = "\\\"]\",\"ts_us\":" + std::to_string(micros) +
           ",\"ts_ns\":" + std::to_string(transaction != nullptr ? micros * 1000 : nanos) + table_;
    // Which transaction wrote it, and where, is unknown of a row that was read in between.
    const bool known = context.snapshot != SnapshotMarker::kIncremental;
    const bool has_xid = transaction != nullptr && with_xid && known;
    text += has_xid ? std::to_string(transaction->xid.value) : "null";
    body_.assign(text + ",\"lsn\":");
    const bool has_origin = transaction != nullptr && transaction->origin.has_value();
    text = ",\"xmin\":null,\"origin\":";
    text += has_origin ? json_string(*transaction->origin) : "null";
    text += ",\"origin_lsn\":";
    text += has_origin ? std::to_string(transaction->origin_lsn.value) : "null";
    tail_.assign(text + "}");
    commit_lsn_ = transaction != nullptr ? transaction->commit_lsn : Lsn{};
    last_commit_lsn_ = context.last_commit_lsn;
    commit_time_us_ = micros;
    snapshot_ = context.snapshot;
    with_xid_ = with_xid;
    built_ = transaction != nullptr;
}

void SourceText::put(ByteWriter& out, const RowContext& context, bool with_xid) {
    if (!is_current(context, with_xid)) rebuild(context, with_xid);
    out.ensure(head_.room() + body_.room() + tail_.room() + 2 * kIntegerTextMax);
    char* to = put_unsigned(head_.put(out.at()), context.lsn.value);
    to = body_.put(to);
    to = snapshot_ == SnapshotMarker::kIncremental ? put_text(to, "null")
                                                   : put_unsigned(to, context.lsn.value);
    out.advance(tail_.put(to));
}

char* put_clock(char* out, WallTime time) {
    const std::int64_t nanos = time.count();
    if (nanos >= kNineteenDigits) {
        const NineteenDigits digits(static_cast<std::uint64_t>(nanos));
        out = digits.put(put_text(out, "\"ts_ms\":"), 13);
        out = digits.put(put_text(out, ",\"ts_us\":"), 16);
        return digits.put(put_text(out, ",\"ts_ns\":"), 19);
    }
    out = put_signed(put_text(out, "\"ts_ms\":"), nanos / 1000000);
    out = put_signed(put_text(out, ",\"ts_us\":"), nanos / 1000);
    return put_signed(put_text(out, ",\"ts_ns\":"), nanos);
}

}  // namespace penstock
