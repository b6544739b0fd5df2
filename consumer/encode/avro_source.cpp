#include "encode/avro_source.hpp"

#include "encode/avro_value.hpp"
#include "encode/source_text.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

constexpr std::string_view kSequenceEnd = "\"]";

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
    std::string text = opening_;
    append_avro_long(text, micros / 1000);
    text += kAvroFirst;  // snapshot has a default, so that its text is the first branch.
    append_avro_bytes(text, snapshot_marker_text(context.snapshot));
    head_.assign(text + database_);
    const Lsn last = context.last_commit_lsn;
    sequence_.assign((last ? "[\"" + std::to_string(last.value) + "\"" : "[null") + ",\"");
    text = kSequenceEnd;
    append_present_long(text, micros);
    append_present_long(text, transaction != nullptr ? micros * 1000 : nanos);
    text += table_;
    // Which transaction wrote it, and where, is unknown of a row that was read in between.
    const bool known = context.snapshot != SnapshotMarker::kIncremental;
    if (transaction != nullptr && with_xid && known) {
        append_present_long(text, transaction->xid.value);
    } else {
        text += kAvroNull;
    }
    text += known ? kAvroPresent : kAvroNull;
    body_.assign(text);
    text.assign(1, kAvroNull);  // xmin
    if (transaction != nullptr && transaction->origin) {
        text += kAvroPresent;
        append_avro_bytes(text, *transaction->origin);
        append_present_long(text, static_cast<std::int64_t>(transaction->origin_lsn.value));
    } else {
        text += kAvroNull;
        text += kAvroNull;
    }
    tail_.assign(text);
    commit_lsn_ = transaction != nullptr ? transaction->commit_lsn : Lsn{};
    last_commit_lsn_ = context.last_commit_lsn;
    commit_time_us_ = micros;
    snapshot_ = context.snapshot;
    with_xid_ = with_xid;
    built_ = transaction != nullptr;
}

void AvroSource::put(ByteWriter& out, const RowContext& context, bool with_xid) {
    if (!is_current(context, with_xid)) rebuild(context, with_xid);
    out.ensure(head_.room() + 1 + sequence_.room() + kIntegerTextMax + body_.room() + kAvroLongMax +
               tail_.room());
    char* const sequence = head_.put(out.at());
    char* to = put_unsigned(sequence_.put(sequence + 1), context.lsn.value);
    // Two LSNs at most: the length is one byte.
    *sequence = static_cast<char>(2 * (to + kSequenceEnd.size() - sequence - 1));
    to = body_.put(to);
    if (snapshot_ != SnapshotMarker::kIncremental) {
        to = put_avro_long(to, static_cast<std::int64_t>(context.lsn.value));
    }
    out.advance(tail_.put(to));
}

}  // namespace penstock
