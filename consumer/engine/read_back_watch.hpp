// Whether what was committed also becomes visible. Only a position that a reader returned is
// confirmed to PostgreSQL (I4); when a clean commit is not read back for long, its reader stands
// still or an open Kafka transaction holds readers back, and the server would keep its WAL for
// ever without a word. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/clock.hpp"

namespace penstock {

class ReadBackWatch {
public:
    explicit ReadBackWatch(Duration patience) : patience_(patience) {}

    // The answers of a commit and of the reader may come in either order.
    void published(std::uint64_t sequence, Instant now) {
        published_ = sequence;
        if (visible_ < published_ && !unseen_since_) unseen_since_ = now;
    }
    void visible(std::uint64_t sequence, Instant now) {
        visible_ = std::max(visible_, sequence);
        if (visible_ >= published_) {
            unseen_since_.reset();
        } else if (unseen_since_) {
            unseen_since_ = now;
        }
    }
    // What the session before has seen does not count.
    void reset() {
        visible_ = 0;
        unseen_since_.reset();
    }

    // When it has lasted too long; nothing while all is visible.
    std::optional<Instant> deadline() const {
        if (!unseen_since_) return std::nullopt;
        return *unseen_since_ + patience_;
    }

private:
    Duration patience_;
    std::uint64_t published_ = 0;
    std::uint64_t visible_ = 0;
    std::optional<Instant> unseen_since_;
};

}  // namespace penstock
