#include "virtual_time.hpp"

#include <cstdio>

namespace penstock::simulation {

namespace {

std::uint64_t splitmix(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) : a_(splitmix(seed)), b_(splitmix(seed) | 1U) {}

std::uint64_t Random::next() {
    std::uint64_t x = a_;
    const std::uint64_t y = b_;
    a_ = y;
    x ^= x << 23;
    b_ = x ^ y ^ (x >> 17) ^ (y >> 26);
    return b_ + y;
}

bool VirtualTime::step(Instant limit) {
    if (queue_.empty() || queue_.top().when > limit) return false;
    // The entry is taken out before it runs, because the action may ask for more.
    Action action = std::move(const_cast<Entry&>(queue_.top()).action);
    now_ = queue_.top().when;
    queue_.pop();
    ++steps_;
    action();
    return true;
}

void Trace::print(const char* who, const std::string& text) const {
    const double seconds = static_cast<double>(time_.now().count()) / 1e6;
    std::printf("%11.6f  %-10s %s\n", seconds, who, text.c_str());
}

}  // namespace penstock::simulation
