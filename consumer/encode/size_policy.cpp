#include "encode/size_policy.hpp"

#include "encode/murmur2.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

std::size_t bytes_of(std::uint32_t size) {
    return size == Record::kNull ? 0 : size;
}

std::size_t size_of(const Record& record) {
    return bytes_of(record.key_size) + bytes_of(record.value_size) + kRecordOverhead;
}

void put_number(ByteWriter& out, std::string_view name, std::uint64_t number) {
    out.put(name);
    out.ensure(kIntegerTextMax);
    out.advance(put_unsigned(out.at(), number));
}

}  // namespace

SizePolicy::SizePolicy(const EncodeOptions& options, NamePatterns tables,
                       std::unique_ptr<RecordEncoder> behind)
    : ForwardingEncoder(std::move(behind)),
      tables_(std::move(tables)),
      topic_(options.topic_prefix + ".__penstock_skipped") {}

Result<std::unique_ptr<RecordEncoder>> SizePolicy::make(const EncodeOptions& options,
                                                        std::unique_ptr<RecordEncoder> behind) {
    if (options.skip_too_large.empty()) return behind;
    auto tables = NamePatterns::compile("filter.skip_too_large", options.skip_too_large);
    if (!tables) return Failure(std::move(tables.error()));
    return std::unique_ptr<RecordEncoder>(
        new SizePolicy(options, std::move(*tables), std::move(behind)));
}

Status SizePolicy::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    const std::string name = relation->schema + "." + relation->name;
    Status prepared = behind().prepare(std::move(relation), route);
    if (!prepared) return prepared;
    if (skipped_.size() <= id) skipped_.resize(id + 1);
    skipped_[id].reset();
    if (!tables_.match(name)) return {};
    skipped_[id] = std::make_unique<Table>(
        Table{"{\"table\":" + json_quoted(name) + ",\"reason\":\"record_too_large\",\"lsn\":",
              route.message_bytes_max});
    return {};
}

void SizePolicy::reset() {
    skipped_.clear();
    behind().reset();
}

std::vector<WantedTopic> SizePolicy::topics() const {
    std::vector<WantedTopic> topics = behind().topics();
    topics.push_back({topic_, {}});
    return topics;
}

Status SizePolicy::route(const std::string& topic, const TopicRoute& route) {
    if (topic != topic_) return behind().route(topic, route);
    notes_ = route;
    return {};
}

Status SizePolicy::encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) {
    const std::size_t before = out.records().size();
    Status status = behind().encode(change, context, out);
    const std::uint32_t id = change.relation_id;
    if (!status || id >= skipped_.size() || skipped_[id] == nullptr) return status;
    const Table& table = *skipped_[id];
    bool fits = true;
    for (std::size_t i = before; i < out.records().size(); ++i) {
        fits = fits && size_of(out.records()[i]) <= table.message_bytes_max;
    }
    if (fits) return {};
    const std::vector<Record> made(out.records().begin() + static_cast<std::ptrdiff_t>(before),
                                   out.records().end());
    out.keep_records(before);
    for (const Record& record : made) {
        if (size_of(record) <= table.message_bytes_max) {
            out.add(record);
        } else {
            put_note(table, record, context, out);
        }
    }
    return {};
}

// The key is bytes of any format, so that it is written in base64.
void SizePolicy::put_note(const Table& table, const Record& record, const RowContext& context,
                          RecordBuffer& out) const {
    const bool keyed = record.key_size != Record::kNull;
    const std::string key =
        keyed ? std::string(out.view(record.key_offset, record.key_size)) : std::string();
    ByteWriter writer(out);
    Record note{.topic = notes_.topic,
                .partition = keyed ? partition_of(key, notes_.partitions) : 0};
    if (keyed) {
        note.key_offset = writer.position();
        writer.put(key);
        note.key_size = record.key_size;
    }
    note.value_offset = writer.position();
    writer.put(table.opening);
    put_number(writer, "", context.lsn.value);
    put_number(writer, ",\"ordinal\":", context.item);
    const std::uint64_t xid = context.transaction == nullptr ? 0 : context.transaction->xid.value;
    put_number(writer, ",\"xid\":", xid);
    put_number(writer, ",\"size\":", size_of(record));
    put_number(writer, ",\"size_max\":", table.message_bytes_max);
    writer.put(",\"key\":");
    if (keyed) {
        writer.put('"');
        put_base64(writer, key);
        writer.put('"');
    } else {
        writer.put("null");
    }
    writer.put('}');
    note.value_size = writer.position() - note.value_offset;
    writer.finish();
    out.add(note);
}

}  // namespace penstock
