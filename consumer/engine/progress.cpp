#include "engine/progress.hpp"

#include <algorithm>

namespace penstock {

void Progress::session_started(Instant now, Duration wal_sender_timeout) {
    started_ = true;
    trusted_ = false;
    confirmed_ = {};
    confirmed_once_ = false;
    sent_at_ = now;
    status_interval_ = options_.status_interval;
    // The server hangs up when it hears nothing for wal_sender_timeout; 0 is never.
    if (wal_sender_timeout > Duration::zero()) {
        status_interval_ = std::min(status_interval_, wal_sender_timeout / 3);
    }
}

void Progress::session_ended() {
    started_ = false;
    trusted_ = false;
    proven_ = {};
}

void Progress::trust(Lsn floor) {
    trusted_ = true;
    floor_ = floor;
}

void Progress::proven(Lsn lsn) {
    proven_ = std::max(proven_, lsn);
}

Lsn Progress::confirmable() const {
    if (!trusted_ || proven_ < floor_) return {};
    return proven_;
}

std::optional<Instant> Progress::due_at(bool hurry) const {
    if (!started_) return std::nullopt;
    const Instant routine = sent_at_ + status_interval_;
    if (confirmed_all()) return routine;
    const bool far = confirmable().value - confirmed_.value >= options_.confirm_bytes;
    if (hurry || far || !confirmed_once_) return sent_at_;
    return std::min(routine, confirmed_at_ + options_.confirm_interval);
}

Lsn Progress::send(Instant now) {
    sent_at_ = now;
    const Lsn lsn = confirmable();
    if (lsn > confirmed_) {
        confirmed_ = lsn;
        confirmed_at_ = now;
        confirmed_once_ = true;
    }
    return lsn;
}

}  // namespace penstock
