#include "encode/record_frame.hpp"

namespace penstock {
namespace {

// Ids are small numbers given by the plugin, one after the other.
constexpr std::uint32_t kRelationIdMax = 1U << 24;

}  // namespace

Result<FramePlan> make_frame_plan(std::shared_ptr<const Relation> relation, const TopicRoute& route,
                                  const std::string& topic, const EncodeOptions& options) {
    if (relation->id >= kRelationIdMax) {
        return fail(ErrorName::kFrameInvalid, "invalid relation: id too large");
    }
    auto key = choose_key(*relation, options);
    if (!key) return Failure(std::move(key.error()));
    FramePlan plan;
    plan.relation = std::move(relation);
    plan.route = route;
    plan.key = std::move(*key);
    plan.keyless_partition = partition_of(topic, route.partitions);
    plan.keyed = !plan.key.columns.empty();
    return plan;
}

Failure relation_not_sent(const char* what) {
    return fail(ErrorName::kRelationUnknown,
                std::string("cannot read a ") + what + ": its relation was not sent");
}

Failure unrecognized_operation() {
    return fail(ErrorName::kFrameInvalid, "invalid change: operation unrecognized");
}

}  // namespace penstock
