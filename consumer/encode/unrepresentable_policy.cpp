#include "encode/unrepresentable_policy.hpp"

namespace penstock {

Status UnrepresentablePolicy::prepare(std::shared_ptr<const Relation> relation,
                                      const TopicRoute& route) {
    RecordEncoder& encoder = of(*relation);
    const std::uint32_t id = relation->id;
    Status prepared = encoder.prepare(std::move(relation), route);
    if (!prepared) return prepared;
    if (chosen_.size() <= id) chosen_.resize(id + 1);
    chosen_[id] = &encoder;
    return {};
}

void UnrepresentablePolicy::reset() {
    chosen_.clear();
    stopping_->reset();
    with_nulls_->reset();
}

}  // namespace penstock
