// Whether the server is still heard. A status that asks for a reply goes out every few seconds, so
// silence means that the connection is dead although nobody said so: a network that was cut, or a
// middle box that has forgotten us and still acknowledges what we send. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/clock.hpp"

namespace penstock {

class ReceiveWatch {
public:
    // A server that decodes a long transaction without rows for us may be silent for half of its
    // own wal_sender_timeout or more. Each new connection that falls silent before anything was
    // published is given twice the time of the last, so that such a transaction ends some day.
    static constexpr int kPatienceGrowth = 16;

    explicit ReceiveWatch(Duration patience) : patience_(patience), current_(patience) {}

    // Whether the socket is read from here on; while it is not, nothing can be heard.
    void listen(bool reading, Instant now) {
        if (!reading) {
            heard_at_.reset();
        } else if (!heard_at_) {
            heard_at_ = now;
        }
    }
    void heard(Instant now) {
        if (heard_at_) heard_at_ = now;
    }
    void gave_up() { current_ = std::min(2 * current_, kPatienceGrowth * patience_); }
    void progressed() { current_ = patience_; }

    Duration patience() const { return current_; }
    std::optional<Instant> deadline() const {
        if (!heard_at_) return std::nullopt;
        return *heard_at_ + current_;
    }

private:
    Duration patience_;
    Duration current_;
    std::optional<Instant> heard_at_;
};

}  // namespace penstock
