#include "encode/avro_source.hpp"

#include "encode/avro_value.hpp"
#include "encode/source_text.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

char* put_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

void append_present_long(std::string& out, std::int64_t value) {
    out += kAvroPresent;
    append_avro_long(out, value);
}

}  // namespace

AvroSource::AvroSource(const EncodeOptions& options, std::string_view schema,
                       std::string_view table) {
    append_avro_bytes(opening_, debezium_version(options.compat));
    append_avro_bytes(opening_, "postgresql");
    append_avro_bytes(opening_, options.topic_prefix);
    append_avro_bytes(database_, options.database);
    database_ += kAvroPresent;
    append_avro_bytes(table_, schema);
    append_avro_bytes(table_, table);
}

bool AvroSource::is_current(const RowContext& context, bool with_xid) const {
    return built_ && context.transaction != nullptr && with_xid_ == with_xid &&
           context.snapshot == snapshot_ && context.transaction->commit_lsn == commit_lsn_ &&
           context.last_commit_lsn == last_commit_lsn_ &&
           context.transaction->commit_time_us == commit_time_us_;
}

void AvroSource::rebuild(const RowContext& context, bool with_xid) {
    const BeginFrame* transaction = context.transaction;
    const std::int64_t nanos = context.now.count();
    const std::int64_t micros = transaction != nullptr ? transaction->commit_time_us : nanos / 1000;
    head_ = opening_;
    append_avro_long(head_, micros / 1000);
    head_ += kAvroFirst;  // snapshot has a default, so that its text is the first branch.
    append_avro_bytes(head_, snapshot_marker_text(context.snapshot));
    head_ += database_;
    sequence_ = "[";
    sequence_ += context.last_commit_lsn
                     ? "\"" + std::to_string(context.last_commit_lsn.value) + "\""
                     : "null";
    sequence_ += ",\"";
    body_.clear();
    append_present_long(body_, micros);
    append_present_long(body_, transaction != nullptr ? micros * 1000 : nanos);
    body_ += table_;
    // Which transaction wrote it, and where, is unknown of a row that was read in between.
    const bool known = context.snapshot != SnapshotMarker::kIncremental;
    if (transaction != nullptr && with_xid && known) {
        append_present_long(body_, transaction->xid.value);
    } else {
        body_ += kAvroNull;
    }
    body_ += known ? kAvroPresent : kAvroNull;
    tail_.assign(1, kAvroNull);  // xmin
    if (transaction != nullptr && transaction->origin) {
        tail_ += kAvroPresent;
        append_avro_bytes(tail_, *transaction->origin);
        append_present_long(tail_, static_cast<std::int64_t>(transaction->origin_lsn.value));
    } else {
        tail_ += kAvroNull;
        tail_ += kAvroNull;
    }
    commit_lsn_ = transaction != nullptr ? transaction->commit_lsn : Lsn{};
    last_commit_lsn_ = context.last_commit_lsn;
    commit_time_us_ = micros;
    snapshot_ = context.snapshot;
    with_xid_ = with_xid;
    built_ = transaction != nullptr;
}

void AvroSource::put(ByteWriter& out, const RowContext& context, bool with_xid) {
    if (!is_current(context, with_xid)) rebuild(context, with_xid);
    constexpr std::string_view kSequenceEnd = "\"]";
    char digits[kIntegerTextMax];
    const auto size = static_cast<std::size_t>(put_unsigned(digits, context.lsn.value) - digits);
    const std::size_t sequence_size = sequence_.size() + size + kSequenceEnd.size();
    out.ensure(head_.size() + body_.size() + tail_.size() + sequence_size + 2 * kAvroLongMax);
    char* to = put_text(out.at(), head_);
    to = put_avro_long(to, static_cast<std::int64_t>(sequence_size));
    to = put_text(to, sequence_);
    to = put_text(to, {digits, size});
    to = put_text(to, kSequenceEnd);
    to = put_text(to, body_);
    if (snapshot_ != SnapshotMarker::kIncremental) {
        to = put_avro_long(to, static_cast<std::int64_t>(context.lsn.value));
    }
    out.advance(put_text(to, tail_));
}

}  // namespace penstock
