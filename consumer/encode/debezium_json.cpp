#include "encode/debezium_json.hpp"

#include "encode/connect_schema.hpp"
#include "encode/json_row.hpp"
#include "encode/murmur2.hpp"
#include "encode/record_key.hpp"
#include "encode/source_text.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::string_view kNewKeyHeader = "__debezium.newkey";
constexpr std::string_view kOldKeyHeader = "__debezium.oldkey";

constexpr std::string_view kEnvelopeHead = "{\"before\":";
constexpr std::string_view kAfter = ",\"after\":";
constexpr std::string_view kOperation = ",\"transaction\":null,\"op\":\"";

// Ids are small numbers given by the plugin, one after the other.
constexpr std::uint32_t kRelationIdMax = 1U << 24;

char operation_letter(Operation operation) {
    switch (operation) {
        case Operation::kInsert:
            return 'c';
        case Operation::kUpdate:
            return 'u';
        case Operation::kDelete:
            return 'd';
        default:
            return 'r';
    }
}

}  // namespace

// What is known of a relation before its first row.
struct DebeziumJson::Plan {
    Plan(std::shared_ptr<const Relation> described, const TopicRoute& goes_to, KeyChoice choice,
         const EncodeOptions& options)
        : relation(std::move(described)),
          route(goes_to),
          key_choice(std::move(choice)),
          layout(*relation),
          row(*relation, all_columns(*relation), options, JsonUse::kRow),
          key(*relation, key_choice.columns, options, JsonUse::kKey),
          key_header(*relation, key_choice.columns, options, JsonUse::kKeyHeader),
          source(options, relation->schema, relation->name) {
        if (!options.schemas_enable) return;
        constexpr std::string_view kPayload = ",\"payload\":";
        key_head.append("{\"schema\":")
            .append(key_schema(*relation, key_choice.columns, options))
            .append(kPayload);
        value_head.append("{\"schema\":")
            .append(envelope_schema(*relation, options))
            .append(kPayload);
        tail = "}";
    }

    std::shared_ptr<const Relation> relation;
    TopicRoute route;
    KeyChoice key_choice;
    RowLayout layout;
    JsonRow row;
    JsonRow key;
    JsonRow key_header;
    SourceText source;
    std::string key_head;  // The schema in front, when schemas are enabled.
    std::string value_head;
    std::string tail;
    std::int32_t keyless_partition = 0;  // Rows without a key keep their order in one partition.
};

struct DebeziumJson::Key {
    std::uint32_t offset = 0;
    std::uint32_t size = Record::kNull;
    std::int32_t partition = 0;
};

struct DebeziumJson::Envelope {
    char operation = 'c';
    const Row* before = nullptr;
    const Row* after = nullptr;
    bool tombstone = false;           // Followed by one.
    std::string_view header = {};     // Name of the key header; empty for none.
    const Row* header_row = nullptr;  // Whose key the header shows.
};

DebeziumJson::DebeziumJson(const EncodeOptions& options) : options_(options), context_(options) {
    context_.nested_arrays = !options.schemas_enable;
}

DebeziumJson::~DebeziumJson() = default;

Result<std::string> DebeziumJson::topic_of(const Relation& relation) const {
    return debezium_topic_name(options_.topic_prefix, relation.schema, relation.name);
}

Status DebeziumJson::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    if (id >= kRelationIdMax)
        return fail(ErrorName::kFrameInvalid, "invalid relation: id too large");
    auto key = choose_key(*relation, options_);
    if (!key) return Failure(std::move(key.error()));
    auto plan = std::make_unique<Plan>(std::move(relation), route, std::move(*key), options_);
    auto topic = topic_of(*plan->relation);
    if (!topic) return Failure(std::move(topic.error()));
    plan->keyless_partition = partition_of(*topic, route.partitions);
    if (plans_.size() <= id) plans_.resize(id + 1);
    plans_[id] = std::move(plan);
    return {};
}

void DebeziumJson::reset() {
    plans_.clear();
}

DebeziumJson::Plan* DebeziumJson::find(std::uint32_t relation_id) {
    return relation_id < plans_.size() ? plans_[relation_id].get() : nullptr;
}

Status DebeziumJson::encode(const ChangeFrame& change, const RowContext& context,
                            RecordBuffer& out) {
    Plan* plan = find(change.relation_id);
    if (plan == nullptr) {
        return fail(ErrorName::kRelationUnknown, "cannot read a change: its relation was not sent");
    }
    Status status = rows_.read(plan->layout, change);
    if (!status) return status;
    switch (change.operation) {
        case Operation::kInsert:
        case Operation::kRead: {
            const Envelope envelope{.operation = operation_letter(change.operation),
                                    .after = &rows_.after()};
            return put_record(out, *plan, &rows_.after(), envelope, context);
        }
        case Operation::kUpdate:
            return encode_update(*plan, context, out);
        case Operation::kDelete:
            return encode_delete(*plan, context, out);
        default:
            return fail(ErrorName::kFrameInvalid, "invalid change: operation unrecognized");
    }
}

Status DebeziumJson::encode_update(Plan& plan, const RowContext& context, RecordBuffer& out) {
    Envelope envelope{.operation = 'u', .after = &rows_.after()};
    if (!plan.key_choice.logs_old_row) {
        if (options_.no_identity == NoIdentity::kStop) return no_old_row(*plan.relation);
        return put_record(out, plan, nullptr, envelope, context);
    }
    if (rows_.before().present) {
        const auto changed = key_changed(plan);
        if (!changed) return Failure(changed.error());
        if (*changed) return encode_key_change(plan, context, out);
        envelope.before = &rows_.before();
    }
    return put_record(out, plan, &rows_.after(), envelope, context);
}

Status DebeziumJson::encode_delete(Plan& plan, const RowContext& context, RecordBuffer& out) {
    Envelope envelope{.operation = 'd'};
    if (!rows_.before().present) {
        if (options_.no_identity == NoIdentity::kStop) return no_old_row(*plan.relation);
        return put_record(out, plan, nullptr, envelope, context);
    }
    envelope.before = &rows_.before();
    envelope.tombstone = options_.tombstones;
    return put_record(out, plan, &rows_.before(), envelope, context);
}

// A row that moves to another key is deleted under the old one and created under the new one.
Status DebeziumJson::encode_key_change(Plan& plan, const RowContext& context, RecordBuffer& out) {
    const Envelope deleted{.operation = 'd',
                           .before = &rows_.before(),
                           .tombstone = options_.tombstones,
                           .header = kNewKeyHeader,
                           .header_row = &rows_.after()};
    Status status = put_record(out, plan, &rows_.before(), deleted, context);
    if (!status) return status;
    const Envelope created{.operation = 'c',
                           .after = &rows_.after(),
                           .header = kOldKeyHeader,
                           .header_row = &rows_.before()};
    return put_record(out, plan, &rows_.after(), created, context);
}

// Compares the wire first and, where that differs, what readers would see: 1.0 and 1.00 are one
// key.
Result<bool> DebeziumJson::key_changed(const Plan& plan) {
    bool same = true;
    for (const std::uint16_t slot : plan.key_choice.columns) {
        same = same && rows_.before().states[slot] == rows_.after().states[slot] &&
               same_value(rows_.before().values[slot], rows_.after().values[slot]);
    }
    if (same) return false;
    old_key_.clear();
    new_key_.clear();
    ByteWriter old_writer(old_key_);
    ByteWriter new_writer(new_key_);
    Status status = plan.key.put(old_writer, rows_.before(), context_);
    if (status) status = plan.key.put(new_writer, rows_.after(), context_);
    if (!status) return Failure(std::move(status.error()));
    old_writer.finish();
    new_writer.finish();
    return old_key_.bytes() != new_key_.bytes();
}

Status DebeziumJson::put_key(ByteWriter& writer, const Plan& plan, const Row& row, Key& key) {
    key.offset = writer.position();
    writer.put(plan.key_head);
    const Status status = plan.key.put(writer, row, context_);
    if (!status) return status;
    writer.put(plan.tail);
    const std::string_view bytes = writer.since(key.offset);
    key.size = static_cast<std::uint32_t>(bytes.size());
    key.partition = partition_of(bytes, plan.route.partitions);
    return {};
}

Status DebeziumJson::put_key_header(ByteWriter& writer, const Plan& plan, const Row& row,
                                    RecordHeader& header) {
    header.value_offset = writer.position();
    const Status status = plan.key_header.put(writer, row, context_);
    header.value_size = writer.position() - header.value_offset;
    return status;
}

Status DebeziumJson::put_image(ByteWriter& writer, const Plan& plan, const Row* row) {
    if (row != nullptr) return plan.row.put(writer, *row, context_);
    writer.put("null");
    return {};
}

Status DebeziumJson::put_value(ByteWriter& writer, Plan& plan, const Envelope& envelope,
                               const RowContext& context) {
    writer.put(plan.value_head);
    writer.put(kEnvelopeHead);
    Status status = put_image(writer, plan, envelope.before);
    if (!status) return status;
    writer.put(kAfter);
    status = put_image(writer, plan, envelope.after);
    if (!status) return status;
    writer.put(',');
    plan.source.put(writer, context);
    writer.put(kOperation);
    writer.ensure(kClockTextMax + 4);
    char* to = writer.at();
    *to++ = envelope.operation;
    *to++ = '"';
    *to++ = ',';
    to = put_clock(to, context.now);
    *to++ = '}';
    writer.advance(to);
    writer.put(plan.tail);
    return {};
}

// The record, and its tombstone where one follows. `keyed_by`: the image the key is read from.
Status DebeziumJson::put_record(RecordBuffer& out, Plan& plan, const Row* keyed_by,
                                const Envelope& envelope, const RowContext& context) {
    ByteWriter writer(out);
    Key key{.partition = plan.keyless_partition};
    if (keyed_by != nullptr && !plan.key.fields().empty()) {
        const Status status = put_key(writer, plan, *keyed_by, key);
        if (!status) return status;
    }
    Record record{.topic = plan.route.topic,
                  .partition = key.partition,
                  .key_offset = key.offset,
                  .key_size = key.size,
                  .header_index = static_cast<std::uint32_t>(out.headers().size())};
    if (!envelope.header.empty()) {
        RecordHeader header{.name_offset = writer.position(),
                            .name_size = static_cast<std::uint32_t>(envelope.header.size())};
        writer.put(envelope.header);
        const Status status = put_key_header(writer, plan, *envelope.header_row, header);
        if (!status) return status;
        out.add_header(header);
        record.header_count = 1;
    }
    record.value_offset = writer.position();
    const Status status = put_value(writer, plan, envelope, context);
    if (!status) return status;
    record.value_size = writer.position() - record.value_offset;
    writer.finish();
    out.add(record);
    if (envelope.tombstone) {
        record.value_offset = 0;
        record.value_size = Record::kNull;
        out.add(record);
    }
    return {};
}

Status DebeziumJson::encode_truncate(std::uint32_t relation_id, const TruncateFrame&,
                                     const RowContext& context, RecordBuffer& out) {
    if (!options_.truncates) return {};
    Plan* plan = find(relation_id);
    if (plan == nullptr) {
        return fail(ErrorName::kRelationUnknown,
                    "cannot read a truncate: its relation was not sent");
    }
    return put_record(out, *plan, nullptr, Envelope{.operation = 't'}, context);
}

Status DebeziumJson::encode_message(const MessageFrame&, const RowContext&, RecordBuffer&) {
    return {};
}

}  // namespace penstock
