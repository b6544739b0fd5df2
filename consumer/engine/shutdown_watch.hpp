// Whether the server is shutting down and waits for us. It lets its sessions go first and its
// walsenders last, and asks until everything it has sent is confirmed, so the sign is: three
// keepalives that ask for a reply, at one position, each following our answer at once. With a full
// window, or a backlog, they lie behind unread data; then the second connection is probed instead.
// Pure.
#pragma once

#include <optional>

#include "engine/clock.hpp"
#include "engine/lsn.hpp"

namespace penstock {

class ShutdownWatch {
public:
    // A healthy server asks once in half of wal_sender_timeout; one that leaves asks in the round
    // trip after each answer.
    static constexpr Duration kAtOnce{250'000};
    static constexpr int kAsked = 3;
    static constexpr Duration kProbeInterval{1'000'000};

    void reset() { *this = ShutdownWatch{}; }

    // A keepalive that asks for a reply.
    void asked(Lsn wal_end, Instant now);
    // We answered.
    void answered(Instant now) { answered_at_ = now; }

    // Whether everything sent is taken from here on; while it is not, a probe is due every second.
    void reading(bool caught_up, Instant now);
    std::optional<Instant> probe_at() const { return probe_at_; }
    void probed(bool shutting_down, Instant now);

    // Since when the server is known to wait for us.
    std::optional<Instant> since() const { return since_; }

private:
    int count_ = 0;
    Lsn at_;
    std::optional<Instant> answered_at_;
    std::optional<Instant> probe_at_;
    std::optional<Instant> since_;
};

}  // namespace penstock
