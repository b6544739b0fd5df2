// Virtual time, chance and trace of one simulated schedule. Everything that happens is an action at
// an instant; equal instants keep the order in which they were asked for, so one seed is one
// history. Nothing here reads a clock or a random device.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine/clock.hpp"

namespace penstock::simulation {

constexpr Duration kMillisecond{1'000};
constexpr Duration kSecond{1'000'000};

// xorshift128+ seeded by splitmix64: small, quick, the same everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed);

    std::uint64_t next();
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    // Uniform in [low, high].
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    Duration between(Duration low, Duration high) {
        return Duration(static_cast<std::int64_t>(between(
            static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count()))));
    }
    bool percent(std::uint64_t chance) { return below(100) < chance; }
    // A generator of its own, so that one part's draws do not shift another's.
    Random fork() { return Random(next()); }

private:
    std::uint64_t a_;
    std::uint64_t b_;
};

class VirtualTime {
public:
    using Action = std::function<void()>;

    Instant now() const { return now_; }
    void at(Instant when, Action action) {
        queue_.push(Entry{when < now_ ? now_ : when, sequence_++, std::move(action)});
    }
    void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

    // Runs the next action; false when there is none up to `limit`.
    bool step(Instant limit);

    std::uint64_t steps() const { return steps_; }

private:
    struct Entry {
        Instant when;
        std::uint64_t sequence;
        Action action;
    };
    struct Later {
        bool operator()(const Entry& left, const Entry& right) const {
            return left.when != right.when ? left.when > right.when
                                           : left.sequence > right.sequence;
        }
    };
    std::priority_queue<Entry, std::vector<Entry>, Later> queue_;
    Instant now_{0};
    std::uint64_t sequence_ = 0;
    std::uint64_t steps_ = 0;
};

// Lines of --trace: time, who, what. Costs one branch when it is off.
class Trace {
public:
    explicit Trace(const VirtualTime& time) : time_(time) {}
    void turn_on() { on_ = true; }
    bool on() const { return on_; }

    template <class... Arguments>
    void say(const char* who, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
        if (on_) print(who, fmt::format(text, std::forward<Arguments>(arguments)...));
    }

private:
    void print(const char* who, const std::string& text) const;

    const VirtualTime& time_;
    bool on_ = false;
};

}  // namespace penstock::simulation
