// How fast a snapshot may go and when it is to be told of: the throttle, the line of progress every
// ten seconds, the warning that its transaction is old. Pure; time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/clock.hpp"
#include "engine/engine.hpp"

namespace penstock {

class SnapshotPace {
public:
    explicit SnapshotPace(const EngineOptions& options) : options_(options) {}

    // A reading transaction has begun.
    void begin(Instant now);
    void took_row(Instant now);

    // No row is wanted before a while is over.
    bool rests() const { return rest_until_.has_value(); }
    void advance(Instant now);

    // Each is due once; then after the same time again.
    bool report_due(Instant now);
    bool age_due(Instant now);

    // Seconds since begin().
    std::uint64_t seconds(Instant now) const;
    // When something of the above is due.
    Instant next() const;

private:
    const EngineOptions& options_;
    Instant begun_at_{};
    Instant report_at_{};
    Instant age_at_{};
    Instant window_at_{};  // The throttle counts rows from here on.
    std::uint64_t in_window_ = 0;
    std::optional<Instant> rest_until_;
};

}  // namespace penstock
