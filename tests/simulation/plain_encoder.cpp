#include "plain_encoder.hpp"

#include <cstring>

namespace penstock::simulation {

namespace {

DataPayload payload_of(std::string_view bytes) {
    DataPayload payload;
    std::memcpy(&payload, bytes.data(), sizeof payload);
    return payload;
}

void write(DataPayload payload, const RowContext& context, TopicId topic, std::string_view padding,
           RecordBuffer& out) {
    payload.engine_item = context.item;
    char bytes[sizeof payload];
    std::memcpy(bytes, &payload, sizeof payload);
    Record record;
    record.topic = topic;
    record.partition = payload.partition;
    record.key_offset = out.append({bytes + offsetof(DataPayload, key), sizeof payload.key});
    record.key_size = sizeof payload.key;
    record.value_offset = out.append({bytes, sizeof bytes});
    out.append(padding);
    record.value_size = static_cast<std::uint32_t>(sizeof bytes + padding.size());
    out.add(record);
}

}  // namespace

Result<std::string> PlainEncoder::topic_of(const Relation& relation) const {
    return "shop." + relation.schema + "." + relation.name;
}

Status PlainEncoder::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    routes_[relation->id] = Plan{route, relation->oid - kFirstRelationOid};
    return {};
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
    const std::string_view padding = image.substr(sizeof payload);
    const auto partitions = static_cast<std::uint32_t>(plan->route.partitions);
    if (payload.kind == ItemKind::kKeyUpdate) {
        // Delete of the old key, create of the new one: two records of one item.
        const DataPayload old = payload_of(change.before);
        payload.part = 0;
        const std::uint32_t new_key = payload.key;
        payload.key = old.key;
        payload.partition = static_cast<std::int32_t>(old.key % partitions);
        write(payload, context, plan->route.topic, {}, out);
        payload.part = 1;
        payload.key = new_key;
    }
    payload.partition = static_cast<std::int32_t>(payload.key % partitions);
    write(payload, context, plan->route.topic, padding, out);
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
    write(payload, context, plan->route.topic, {}, out);
    return {};
}

Status PlainEncoder::encode_message(const MessageFrame& message, const RowContext& context,
                                    RecordBuffer& out) {
    if (message.prefix == kUnlistedPrefix) return {};
    write(payload_of(message.content), context, kMessageTopic, {}, out);
    return {};
}

}  // namespace penstock::simulation
