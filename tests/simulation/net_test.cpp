// The tests of the net. Built twice: with the engine as it is shipped, and with planted bugs, of
// which each must be caught.
#include <gtest/gtest.h>

#include <cstdio>

#include "cases.hpp"
#include "net.hpp"

namespace penstock::simulation {
namespace {

#ifndef PENSTOCK_MUTANTS

constexpr std::uint64_t kSchedules = 20'000;

TEST(Simulation, every_seed_of_the_net_is_in_order) {
    const NetResult result = run_schedules(1, kSchedules);
    std::printf("%s\n", to_text(result).c_str());
    EXPECT_TRUE(result.failed.empty());
    EXPECT_EQ(result.run, kSchedules);
    // A net that meets no faults proves nothing.
    EXPECT_GT(result.total.faults, kSchedules * 3);
    EXPECT_GT(result.total.recoveries, kSchedules);
}

TEST(Simulation, one_seed_is_one_history) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Tally first;
        Tally second;
        (void)run_seed(seed, false, &first);
        (void)run_seed(seed, false, &second);
        EXPECT_EQ(first.steps, second.steps) << "seed " << seed;
        EXPECT_EQ(first.batches, second.batches) << "seed " << seed;
    }
}

class EnumeratedCase : public testing::TestWithParam<Case> {};

TEST_P(EnumeratedCase, is_in_order) {
    const auto failed = GetParam().run();
    EXPECT_FALSE(failed) << *failed;
}

INSTANTIATE_TEST_SUITE_P(All, EnumeratedCase, testing::ValuesIn(all_cases()),
                         [](const auto& given) { return given.param.name; });

#else

// The rarest bug is met about once in 3,500 schedules.
constexpr std::uint64_t kSchedulesPerMutant = 20'000;

class PlantedBug : public testing::TestWithParam<MutantRow> {};

TEST_P(PlantedBug, is_caught) {
    const auto by = hunt(GetParam(), kSchedulesPerMutant);
    EXPECT_TRUE(by) << "survived; it breaks the rule: " << GetParam().rule;
    if (by) std::printf("%-30s caught by %s\n", std::string(GetParam().name).c_str(), by->c_str());
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug,
                         testing::ValuesIn(all_mutants().begin(), all_mutants().end()),
                         [](const auto& given) { return std::string(given.param.name); });

#endif

}  // namespace
}  // namespace penstock::simulation
