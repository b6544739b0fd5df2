// What a failure makes the pipeline do: wait and start over at step 1, or stop by name. One
// function maps an error to it, and nobody else may retry: there is no repair in place, since every
// recovery is the whole of steps 1 to 6. Pure.
#pragma once

#include "engine/clock.hpp"
#include "engine/engine.hpp"
#include "engine/error.hpp"

namespace penstock {

enum class Reaction : std::uint8_t {
    kRecover,     // Drop everything in memory, wait, go to step 1.
    kCheckFence,  // As kRecover, but stop when the newest position carries another instance id.
    kStop,
};

// `fenced`: Kafka says that a newer epoch of our transactional id exists. That can also be the
// coordinator's own timeout, so only the newest position tells by whom.
Reaction reaction(const Error& error, bool fenced);

// Time to wait before the next attempt: doubles from backoff_min to backoff_max.
class Backoff {
public:
    explicit Backoff(const EngineOptions& options) : options_(options) {}
    Duration next();
    void reset() { last_ = Duration::zero(); }

private:
    const EngineOptions& options_;
    Duration last_{};
};

}  // namespace penstock
