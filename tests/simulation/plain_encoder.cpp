#include "plain_encoder.hpp"

#include <cstring>

namespace penstock::simulation {

namespace {

// Two tags, a key of one byte, a length of two.
constexpr std::size_t kPayloadOffset = 5;

DataPayload payload_of(std::string_view row) {
    DataPayload payload;
    std::memcpy(&payload, row.data() + kPayloadOffset, sizeof payload);
    return payload;
}

}  // namespace

std::string row_image(const DataPayload& payload, std::size_t padding) {
    const std::size_t size = sizeof payload + padding;
    std::string row{1 << 3, static_cast<char>(payload.key << 1U), 2 << 3 | 2,
                    static_cast<char>(0x80U | (size & 0x7FU)), static_cast<char>(size >> 7U)};
    row.append(reinterpret_cast<const char*>(&payload), sizeof payload);
    row.append(padding, 'x');
    return row;
}

// FNV-1a: the same for the same schema in every process, as a registry's ids are.
std::uint32_t schema_id(const SchemaText& schema) {
    std::uint32_t hash = 2166136261U;
    for (const char c : schema.subject + schema.text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return hash;
}

void PlainEncoder::write(DataPayload payload, const RowContext& context, const TopicRoute& route,
                         std::string_view padding, RecordBuffer& out) {
    if (payload.kind != ItemKind::kRead) ++events_;
    payload.engine_item = context.item;
    payload.partition =
        static_cast<std::int32_t>(payload.key % static_cast<std::uint32_t>(route.partitions));
    char bytes[sizeof payload];
    std::memcpy(bytes, &payload, sizeof payload);
    Record record;
    record.topic = route.topic;
    record.partition = payload.partition;
    record.key_offset = out.append({bytes + offsetof(DataPayload, key), sizeof payload.key});
    record.key_size = sizeof payload.key;
    record.value_offset = out.append({bytes, sizeof bytes});
    out.append(padding);
    record.value_size = static_cast<std::uint32_t>(sizeof bytes + padding.size());
    out.add(record);
}

Result<std::string> PlainEncoder::topic_of(const Relation& relation) const {
    return "shop." + relation.schema + "." + relation.name;
}

Status PlainEncoder::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::vector<SchemaText> schemas = schemas_of(*relation);
    if (route.schema_ids != std::vector<std::uint32_t>{schema_id(schemas.front())})
        return fail(ErrorName::kBug, "a relation came without the ids of its schemas");
    routes_[relation->id] = Plan{route, relation->oid - kFirstRelationOid};
    return {};
}

std::vector<SchemaText> PlainEncoder::schemas_of(const Relation& relation) const {
    return {{"shop." + relation.name + "-value", "AVRO", std::to_string(relation.fingerprint)}};
}

std::vector<WantedTopic> PlainEncoder::topics() const {
    return {{kMessageTopic, {}}, {kTransactionTopic, {}}, {kHeartbeatTopic, {}}};
}

Status PlainEncoder::route(const std::string& topic, const TopicRoute& route) {
    topic_routes_[topic] = route;
    return {};
}

Status PlainEncoder::begin_transaction(const RowContext& context, RecordBuffer& out) {
    write_mark(ItemKind::kBegin, kBeginPart, context, out);
    events_ = 0;
    return {};
}

Status PlainEncoder::end_transaction(const RowContext& context, RecordBuffer& out) {
    write_mark(ItemKind::kEnd, kEndPart, context, out);
    return {};
}

void PlainEncoder::write_mark(ItemKind kind, std::uint32_t part, const RowContext& context,
                              RecordBuffer& out) {
    DataPayload payload;
    payload.end_lsn = context.transaction->end_lsn.value;
    payload.item = context.item;
    payload.part = part;
    payload.version = events_;
    payload.kind = kind;
    write(payload, context, topic_routes_.at(kTransactionTopic), {}, out);
}

Status PlainEncoder::encode_heartbeat(WallTime, RecordBuffer& out) {
    DataPayload payload;
    payload.kind = ItemKind::kHeartbeat;
    write(payload, RowContext{}, topic_routes_.at(kHeartbeatTopic), {}, out);
    return {};
}

// Null: a topic has to be made first.
const TopicRoute* PlainEncoder::route_of(const Plan& plan, std::uint32_t key) {
    if (plan.table != kRoutedTable || key % 2 == 0) return &plan.route;
    const std::string topic = "shop.routed.k" + std::to_string(key);
    const auto found = topic_routes_.find(topic);
    if (found != topic_routes_.end()) return &found->second;
    wanted_ = WantedTopic{topic, {}};
    return nullptr;
}

const PlainEncoder::Plan* PlainEncoder::plan_of(std::uint32_t relation_id) const {
    const auto found = routes_.find(relation_id);
    return found == routes_.end() ? nullptr : &found->second;
}

Status PlainEncoder::encode(const ChangeFrame& change, const RowContext& context,
                            RecordBuffer& out) {
    const Plan* const plan = plan_of(change.relation_id);
    if (plan == nullptr) return fail(ErrorName::kBug, "a row came before its relation");
    if (!change.marked.empty())
        return fail(ErrorName::kMarkedValue, "a value could not be carried: oversize");
    const std::string_view image = change.has_after ? change.after : change.before;
    DataPayload payload = payload_of(image);
    if (payload.table != plan->table) return fail(ErrorName::kBug, "a row took another's plan");
    const std::string_view padding = image.substr(kPayloadOffset + sizeof payload);
    if (payload.kind == ItemKind::kRead) {
        if (context.snapshot != SnapshotMarker::kIncremental ||
            change.operation != Operation::kRead)
            return fail(ErrorName::kBug, "a row of a snapshot is told as something else");
        payload.end_lsn = context.last_commit_lsn.value;
    }
    const TopicRoute* const route = route_of(*plan, payload.key);
    if (route == nullptr) return {};
    if (payload.kind == ItemKind::kKeyUpdate) {
        // Delete of the old key, create of the new one: two records of one item.
        const DataPayload old = payload_of(change.before);
        payload.part = 0;
        const std::uint32_t new_key = payload.key;
        payload.key = old.key;
        write(payload, context, *route, {}, out);
        payload.part = 1;
        payload.key = new_key;
    }
    write(payload, context, *route, padding, out);
    return {};
}

Status PlainEncoder::encode_truncate(std::uint32_t relation_id, const TruncateFrame&,
                                     const RowContext& context, RecordBuffer& out) {
    const Plan* const plan = plan_of(relation_id);
    if (plan == nullptr) return fail(ErrorName::kBug, "a truncate came before its relation");
    if (plan->table == kTruncateSkippedTable) return {};
    DataPayload payload;
    payload.end_lsn = context.transaction->end_lsn.value;
    payload.item = context.item;
    payload.table = plan->table;
    payload.kind = ItemKind::kTruncate;
    write(payload, context, plan->route, {}, out);
    return {};
}

Status PlainEncoder::encode_message(const MessageFrame& message, const RowContext& context,
                                    RecordBuffer& out) {
    if (message.prefix == kUnlistedPrefix) return {};
    write(payload_of(message.content), context, topic_routes_.at(kMessageTopic), {}, out);
    return {};
}

}  // namespace penstock::simulation
