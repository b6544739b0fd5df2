#include "encode/outbox_router.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "encode/context_headers.hpp"
#include "encode/expanded_json.hpp"
#include "encode/forwarding_encoder.hpp"
#include "encode/java_properties.hpp"
#include "encode/json_row.hpp"
#include "encode/murmur2.hpp"
#include "encode/name_pattern.hpp"
#include "encode/outbox_plan.hpp"
#include "encode/text_bytes.hpp"
#include "encode/topic_name.hpp"
#include "encode/transaction_counts.hpp"

namespace penstock {
namespace {

// Values of the routing column that are remembered with their topics.
constexpr std::size_t kRoutesMax = 10000;

class OutboxRouter final : public ForwardingEncoder {
public:
    OutboxRouter(const EncodeOptions& options, NamePatterns tables, NameTemplate topic,
                 std::unique_ptr<RecordEncoder> behind)
        : ForwardingEncoder(std::move(behind)),
          options_(options),
          tables_(std::move(tables)),
          topic_(std::move(topic)),
          context_(options),
          context_headers_(options) {}

    Result<std::string> topic_of(const Relation& relation) const override {
        return is_outbox(relation) ? std::string() : behind().topic_of(relation);
    }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        return is_outbox(relation) ? std::vector<SchemaText>{} : behind().schemas_of(relation);
    }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    std::optional<WantedTopic> wanted_topic() override {
        return wanted_ ? wanted_ : behind().wanted_topic();
    }
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override {
        if (find(relation_id) != nullptr) {
            if (options_.truncates) count(context);
            return {};
        }
        return behind().encode_truncate(relation_id, truncate, context, out);
    }

private:
    bool is_outbox(const Relation& relation) const {
        return tables_.match(relation.schema + "." + relation.name);
    }
    const OutboxPlan* find(std::uint32_t relation_id) const {
        return relation_id < plans_.size() ? plans_[relation_id].get() : nullptr;
    }
    static void count(const RowContext& context);
    Result<const TopicRoute*> route_of(const OutboxPlan& plan, const Row& row);
    Status put_event(const OutboxPlan& plan, const Row& row, const TopicRoute& route,
                     RecordBuffer& out);
    Status put_key(ByteWriter& writer, const OutboxPlan& plan, const Row& row, Record& record,
                   const TopicRoute& route);
    Status choose_partition(const OutboxPlan& plan, const Row& row, Record& record,
                            const TopicRoute& route) const;
    Status put_headers(ByteWriter& writer, const OutboxPlan& plan, const Row& row, Record& record,
                       RecordBuffer& out);
    Status put_tracing(ByteWriter& writer, const OutboxPlan& plan, const Row& row, Record& record,
                       RecordBuffer& out);
    Result<std::string> value_schema(const OutboxPlan& plan, const Row& row, std::string payload);
    Status put_value(ByteWriter& writer, const OutboxPlan& plan, const Row& row);
    Status put_raw_value(ByteWriter& writer, const OutboxPlan& plan, const Row& row);

    EncodeOptions options_;
    NamePatterns tables_;
    NameTemplate topic_;
    ValueContext context_;
    ContextHeaders context_headers_;
    ChangeRows rows_;
    std::vector<std::unique_ptr<OutboxPlan>> plans_;         // By relation id; null: no outbox.
    std::map<std::string, TopicRoute, std::less<>> topics_;  // By topic.
    std::map<std::string, const TopicRoute*, std::less<>> routes_;  // By value; into topics_.
    std::optional<WantedTopic> wanted_;
};

Status OutboxRouter::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    if (id < plans_.size()) plans_[id].reset();
    if (!is_outbox(*relation)) return behind().prepare(std::move(relation), route);
    auto plan = OutboxPlan::make(std::move(relation), options_);
    if (!plan) return Failure(std::move(plan.error()));
    if (plans_.size() <= id) plans_.resize(id + 1);
    plans_[id] = std::move(*plan);
    return {};
}

void OutboxRouter::reset() {
    plans_.clear();
    routes_.clear();
    topics_.clear();
    wanted_.reset();
    behind().reset();
}

Status OutboxRouter::route(const std::string& topic, const TopicRoute& route) {
    if (!wanted_ || wanted_->name != topic) return behind().route(topic, route);
    topics_.insert_or_assign(topic, route);
    wanted_.reset();
    return {};
}

// Null when the topic has no route yet; then it is wanted.
Result<const TopicRoute*> OutboxRouter::route_of(const OutboxPlan& plan, const Row& row) {
    if (row.states[plan.route.slot] != ColumnState::kValue) {
        return fail(ErrorName::kOutboxRow, "cannot route an event of outbox table \"" +
                                               plan.relation().schema + "." + plan.relation().name +
                                               "\": its column \"" + plan.route.name +
                                               "\" holds no value");
    }
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    const Status status = plan.put_bare(writer, plan.route, row, context_);
    if (!status) return Failure(status.error());
    writer.finish();
    const std::string_view value = buffer.bytes();
    const auto known = routes_.find(value);
    if (known != routes_.end()) return known->second;
    const std::string name = topic_.apply(value);
    const auto topic = topics_.find(name);
    if (topic == topics_.end()) {
        wanted_ = WantedTopic{name};
        return nullptr;
    }
    if (routes_.size() >= kRoutesMax) routes_.clear();
    routes_.emplace(value, &topic->second);
    return &topic->second;
}

Status OutboxRouter::encode(const ChangeFrame& change, const RowContext& context,
                            RecordBuffer& out) {
    const OutboxPlan* plan = find(change.relation_id);
    if (plan == nullptr) return behind().encode(change, context, out);
    wanted_.reset();
    if (change.operation == Operation::kDelete) {
        count(context);
        return {};
    }
    if (change.operation == Operation::kUpdate) {
        if (options_.outbox.updates == OutboxUpdates::kSkip) {
            count(context);
            return {};
        }
        return fail(ErrorName::kOutboxRow, "cannot publish an UPDATE of outbox table \"" +
                                               plan->relation().schema + "." +
                                               plan->relation().name + "\": its rows are events");
    }
    const Status status = rows_.read(plan->layout(), change);
    if (!status) return status;
    const auto route = route_of(*plan, rows_.after());
    if (!route) return Failure(route.error());
    if (*route == nullptr) return {};
    count(context);
    return put_event(*plan, rows_.after(), **route, out);
}

// A transaction's totals count the changes of the table, whatever becomes of them here: Debezium's
// router comes behind its connector, which has counted by then.
void OutboxRouter::count(const RowContext& context) {
    if (context.counts != nullptr) static_cast<void>(context.counts->next());
}

// As Debezium judges a payload: null, or a text of nothing but blanks and control characters.
bool is_empty(const OutboxPlan& plan, const Row& row) {
    const ColumnState state = row.states[plan.payload.slot];
    if (state != ColumnState::kValue) return state == ColumnState::kNull;
    const ValueType& type = plan.payload.type;
    if (type.array || type.form != ValueForm::kString) return false;
    const std::string_view text = row.values[plan.payload.slot].bytes;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

Status OutboxRouter::put_event(const OutboxPlan& plan, const Row& row, const TopicRoute& route,
                               RecordBuffer& out) {
    ByteWriter writer(out);
    Record record{.topic = route.topic,
                  .header_index = static_cast<std::uint32_t>(out.headers().size()),
                  .timestamp_ms = plan.timestamp_ms(row)};
    Status status = put_key(writer, plan, row, record, route);
    if (status) status = choose_partition(plan, row, record, route);
    if (status) status = put_headers(writer, plan, row, record, out);
    if (!status) return status;
    const bool null = row.states[plan.payload.slot] == ColumnState::kNull;
    const bool raw = options_.outbox.format == OutboxFormat::kRaw && plan.envelope.empty();
    const bool tombstone = options_.outbox.tombstone_on_empty_payload && is_empty(plan, row);
    if (!tombstone && !(null && raw)) {
        record.value_offset = writer.position();
        status = raw ? put_raw_value(writer, plan, row) : put_value(writer, plan, row);
        if (!status) return status;
        record.value_size = writer.position() - record.value_offset;
    }
    writer.finish();
    out.add(record);
    return {};
}

Status OutboxRouter::put_key(ByteWriter& writer, const OutboxPlan& plan, const Row& row,
                             Record& record, const TopicRoute& route) {
    record.partition = 0;
    if (row.states[plan.key.slot] == ColumnState::kNull) return {};
    record.key_offset = writer.position();
    Status status;
    if (options_.outbox.format == OutboxFormat::kRaw) {
        status = plan.put_bare(writer, plan.key, row, context_);
    } else {
        writer.put(plan.key_head);
        status = plan.put_json(writer, plan.key, row, context_);
        writer.put(plan.tail);
    }
    const std::string_view key = writer.since(record.key_offset);
    record.key_size = static_cast<std::uint32_t>(key.size());
    record.partition = partition_of(key, route.partitions);
    return status;
}

// What the row says, before what its key does. A null says nothing.
Status OutboxRouter::choose_partition(const OutboxPlan& plan, const Row& row, Record& record,
                                      const TopicRoute& route) const {
    if (!plan.partition || row.states[plan.partition->slot] != ColumnState::kValue) return {};
    const std::int64_t chosen = row.values[plan.partition->slot].integer();
    if (chosen < 0 || chosen >= route.partitions) {
        return fail(ErrorName::kOutboxRow,
                    "cannot publish an event of outbox table \"" + plan.relation().schema + "." +
                        plan.relation().name + "\": its topic has no partition " +
                        std::to_string(chosen),
                    "The topic has " + std::to_string(route.partitions) + " partitions, from 0.");
    }
    record.partition = static_cast<std::int32_t>(chosen);
    return {};
}

Status OutboxRouter::put_headers(ByteWriter& writer, const OutboxPlan& plan, const Row& row,
                                 Record& record, RecordBuffer& out) {
    const auto put = [&](const OutboxColumn& column) -> Status {
        RecordHeader header{.name_offset = writer.position(),
                            .name_size = static_cast<std::uint32_t>(column.name.size())};
        writer.put(column.name);
        header.value_offset = writer.position();
        header.value_size = Record::kNull;
        if (row.states[column.slot] != ColumnState::kNull) {
            const Status status = plan.put_bare(writer, column, row, context_);
            if (!status) return status;
            header.value_size = writer.position() - header.value_offset;
        }
        out.add_header(header);
        ++record.header_count;
        return {};
    };
    record.header_count = context_headers_.put(writer, out);
    Status status = put_tracing(writer, plan, row, record, out);
    if (status) status = put(plan.id);
    for (const OutboxColumn& column : plan.headers) {
        if (status) status = put(column);
    }
    return status;
}

// The context in which the event was written goes on to its readers, as the application's own
// propagator wrote it: this program takes no time that a span of its own would have to show.
Status OutboxRouter::put_tracing(ByteWriter& writer, const OutboxPlan& plan, const Row& row,
                                 Record& record, RecordBuffer& out) {
    if (!plan.tracing || row.states[plan.tracing->slot] != ColumnState::kValue) return {};
    RecordBuffer buffer;
    ByteWriter text(buffer);
    if (Status status = plan.put_bare(text, *plan.tracing, row, context_); !status) return status;
    text.finish();
    for (const auto& [name, value] : read_java_properties(buffer.bytes())) {
        RecordHeader header{.name_offset = writer.position(),
                            .name_size = static_cast<std::uint32_t>(name.size())};
        writer.put(name);
        header.value_offset = writer.position();
        header.value_size = static_cast<std::uint32_t>(value.size());
        writer.put(value);
        out.add_header(header);
        ++record.header_count;
    }
    return {};
}

Status OutboxRouter::put_raw_value(ByteWriter& writer, const OutboxPlan& plan, const Row& row) {
    return plan.put_bare(writer, plan.payload, row, context_);
}

// A schema with a field's name in it: {"type":...,"field":"name"}.
std::string with_field(std::string schema, std::string_view name) {
    if (!schema.empty() && schema.back() == '}') schema.pop_back();
    return schema.append(",\"field\":").append(json_quoted(name)).append("}");
}

// Of the value of one event. Debezium names it after the table and the routing value.
Result<std::string> OutboxRouter::value_schema(const OutboxPlan& plan, const Row& row,
                                               std::string payload) {
    if (plan.envelope.empty()) return payload;
    RecordBuffer buffer;
    ByteWriter route(buffer);
    const Status status = plan.put_bare(route, plan.route, row, context_);
    if (!status) return Failure(status.error());
    route.finish();
    const Relation& relation = plan.relation();
    const std::string routed = relation.name + "." + std::string(buffer.bytes());
    std::string schema =
        "{\"type\":\"struct\",\"fields\":[" + with_field(std::move(payload), "payload");
    for (const OutboxColumn& column : plan.envelope) {
        schema += "," + with_field(column.schema, column.name);
    }
    const std::string name =
        debezium_topic_name(options_.topic_prefix, relation.schema, routed) + ".Value";
    schema += "],\"optional\":false,\"name\":" + json_quoted(name);
    const auto& version = plan.schema_version;
    if (version && row.states[version->slot] == ColumnState::kValue) {
        schema += ",\"version\":" + std::to_string(row.values[version->slot].integer());
    }
    return schema + "}";
}

// The payload alone, or an object with it and the columns of the envelope.
Status OutboxRouter::put_value(ByteWriter& writer, const OutboxPlan& plan, const Row& row) {
    std::optional<ExpandedJson> expanded;
    const bool present = row.states[plan.payload.slot] == ColumnState::kValue;
    if (options_.outbox.expand_json && present) {
        expanded = expand_json(row.values[plan.payload.slot].bytes);
    }
    if (options_.schemas_enable) {
        const auto schema =
            value_schema(plan, row, expanded ? expanded->schema + "}" : plan.payload.schema);
        if (!schema) return Failure(schema.error());
        writer.put("{\"schema\":");
        writer.put(*schema);
        writer.put(",\"payload\":");
    }
    if (!plan.envelope.empty()) writer.put("{\"payload\":");
    Status status;
    if (expanded) {
        writer.put(expanded->value);
    } else {
        status = plan.put_json(writer, plan.payload, row, context_);
    }
    for (const OutboxColumn& column : plan.envelope) {
        if (!status) return status;
        writer.put(column.field_head);
        status = plan.put_json(writer, column, row, context_);
    }
    if (!plan.envelope.empty()) writer.put('}');
    writer.put(plan.tail);
    return status;
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> make_outbox_router(const EncodeOptions& options,
                                                          std::unique_ptr<RecordEncoder> behind) {
    const OutboxOptions& outbox = options.outbox;
    if (outbox.tables.empty()) return behind;
    auto tables = NamePatterns::compile("outbox.tables", outbox.tables);
    if (!tables) return Failure(std::move(tables.error()));
    auto topic =
        NameTemplate::compile("outbox.route_pattern", outbox.route_pattern, outbox.route_topic);
    if (!topic) return Failure(std::move(topic.error()));
    return std::make_unique<OutboxRouter>(options, std::move(*tables), std::move(*topic),
                                          std::move(behind));
}

}  // namespace penstock
