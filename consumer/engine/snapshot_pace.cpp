#include "engine/snapshot_pace.hpp"

namespace penstock {
namespace {

constexpr Duration kReportInterval{10'000'000};
// Rows are counted over this time, so that a slow pace is even and a fast one costs few timers.
constexpr std::uint64_t kWindowsPerSecond = 10;

bool due(Instant& at, Duration interval, Instant now) {
    if (now < at) return false;
    at = now + interval;
    return true;
}

}  // namespace

void SnapshotPace::begin(Instant now) {
    begun_at_ = window_at_ = now;
    report_at_ = now + kReportInterval;
    age_at_ = now + options_.snapshot_transaction_age_max;
    in_window_ = 0;
    rest_until_.reset();
}

void SnapshotPace::took_row(Instant now) {
    const std::uint64_t rate = options_.snapshot_rows_per_second_max;
    if (rate == 0) return;
    const std::uint64_t allowed = std::max<std::uint64_t>(rate / kWindowsPerSecond, 1);
    const Duration window{static_cast<std::int64_t>(allowed * 1'000'000 / rate)};
    if (now >= window_at_ + window) {
        window_at_ = now;
        in_window_ = 0;
    }
    if (++in_window_ >= allowed) rest_until_ = window_at_ + window;
}

void SnapshotPace::advance(Instant now) {
    if (rest_until_ && now >= *rest_until_) rest_until_.reset();
}

bool SnapshotPace::report_due(Instant now) {
    return due(report_at_, kReportInterval, now);
}

bool SnapshotPace::age_due(Instant now) {
    return due(age_at_, options_.snapshot_transaction_age_max, now);
}

std::uint64_t SnapshotPace::seconds(Instant now) const {
    return static_cast<std::uint64_t>((now - begun_at_).count()) / 1'000'000;
}

Instant SnapshotPace::next() const {
    const Instant told = std::min(report_at_, age_at_);
    return rest_until_ ? std::min(told, *rest_until_) : told;
}

}  // namespace penstock
