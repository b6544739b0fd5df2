#include "engine/shutdown_watch.hpp"

namespace penstock {

void ShutdownWatch::asked(Lsn wal_end, Instant now) {
    const bool follows =
        count_ > 0 && at_ == wal_end && answered_at_ && now - *answered_at_ <= kAtOnce;
    count_ = follows ? count_ + 1 : 1;
    at_ = wal_end;
    answered_at_.reset();
    if (count_ >= kAsked && !since_) since_ = now;
}

void ShutdownWatch::reading(bool caught_up, Instant now) {
    if (caught_up) {
        probe_at_.reset();
    } else if (!probe_at_) {
        probe_at_ = now + kProbeInterval;
    }
}

void ShutdownWatch::probed(bool shutting_down, Instant now) {
    if (probe_at_) probe_at_ = now + kProbeInterval;
    if (shutting_down && !since_) since_ = now;
}

}  // namespace penstock
