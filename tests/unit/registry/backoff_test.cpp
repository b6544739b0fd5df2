#include "registry/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace penstock {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, waits_double_up_to_the_limit_and_lie_between_half_and_the_whole_of_a_step) {
    RequestBackoff backoff(milliseconds(100), milliseconds(1000), 7);
    for (const int step : {100, 200, 400, 800, 1000, 1000, 1000}) {
        const auto wait = backoff.next();
        EXPECT_GE(wait, milliseconds(step / 2));
        EXPECT_LE(wait, milliseconds(step));
    }
    backoff.reset();
    EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, two_pipes_do_not_wait_alike) {
    std::set<milliseconds::rep> waits;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        waits.insert(
            RequestBackoff(milliseconds(10'000), milliseconds(10'000), seed).next().count());
    }
    EXPECT_GT(waits.size(), 10U);
}

TEST(Backoff, a_first_step_above_the_limit_is_cut_to_it) {
    RequestBackoff backoff(milliseconds(5000), milliseconds(1000), 1);
    EXPECT_LE(backoff.next(), milliseconds(1000));
}

}  // namespace
}  // namespace penstock
