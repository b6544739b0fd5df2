#include "engine/failure_policy.hpp"
#include "engine/mutant.hpp"

#include <algorithm>

namespace penstock {

Reaction reaction(const Error& error, bool fenced) {
    if (mutant(Mutant::kStopReasonSwallowed)) return Reaction::kRecover;
    if (fenced && mutant(Mutant::kFencedByOwnTimeoutStops)) return Reaction::kStop;
    if (fenced) return Reaction::kCheckFence;
    return error.error_class() == ErrorClass::kRetry ? Reaction::kRecover : Reaction::kStop;
}

Duration Backoff::next() {
    last_ = std::clamp(last_ * 2, options_.backoff_min, options_.backoff_max);
    return last_;
}

}  // namespace penstock
