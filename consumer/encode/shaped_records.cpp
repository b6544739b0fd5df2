#include "encode/shaped_records.hpp"

namespace penstock {

ShapedRecords::ShapedRecords(ShapeMaker maker, const EncodeOptions& options,
                             std::unique_ptr<RecordEncoder> encoder)
    : ForwardingEncoder(std::move(encoder)),
      maker_(std::move(maker)),
      rewriter_(options.shape),
      whole_changes_(options.format == ValueFormat::kProtobuf) {}

Result<std::string> ShapedRecords::topic_of(const Relation& relation) const {
    if (!maker_.publishes(relation)) return std::string();
    return behind().topic_of(relation);
}

std::vector<SchemaText> ShapedRecords::schemas_of(const Relation& relation) const {
    if (!maker_.publishes(relation)) return {};
    const auto shape = maker_.shape(std::make_shared<Relation>(relation));
    return shape ? behind().schemas_of(*shape->relation) : std::vector<SchemaText>{};
}

Status ShapedRecords::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    auto shape = maker_.shape(std::move(relation));
    if (!shape) return Failure(std::move(shape.error()));
    if (shapes_.size() <= id) shapes_.resize(id + 1);
    shapes_[id].reset();
    if (!shape->published || !shape->rules.empty()) {
        shapes_[id] = std::make_unique<RelationShape>(*shape);
    }
    return shape->published ? behind().prepare(shape->relation, route) : Status{};
}

void ShapedRecords::reset() {
    shapes_.clear();
    behind().reset();
}

const RelationShape* ShapedRecords::find(std::uint32_t relation_id) const {
    return relation_id < shapes_.size() ? shapes_[relation_id].get() : nullptr;
}

Status ShapedRecords::encode(const ChangeFrame& change, const RowContext& context,
                             RecordBuffer& out) {
    const RelationShape* shape = find(change.relation_id);
    if (shape == nullptr) return behind().encode(change, context, out);
    if (!shape->published) return {};
    const auto rewritten = rewriter_.rewrite(change, shape->rules, whole_changes_);
    if (!rewritten) return Failure(rewritten.error());
    return behind().encode(*rewritten, context, out);
}

Status ShapedRecords::encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                                      const RowContext& context, RecordBuffer& out) {
    const RelationShape* shape = find(relation_id);
    if (shape != nullptr && !shape->published) return {};
    return behind().encode_truncate(relation_id, truncate, context, out);
}

}  // namespace penstock
