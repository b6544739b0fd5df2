// The net as `make test` casts it: schedules, enumerated cases, planted bugs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mutants.hpp"
#include "world.hpp"

namespace penstock::simulation {

// What a run of many seeds found.
struct NetResult {
    Tally total;
    std::uint64_t run = 0;
    std::vector<std::pair<std::uint64_t, std::string>> failed;  // Seed and breach.
};

std::optional<std::string> run_seed(std::uint64_t seed, bool trace, Tally* total = nullptr);

// Stops after `failures_max` seeds that failed.
NetResult run_schedules(std::uint64_t from, std::uint64_t count, std::size_t failures_max = 20);
std::string to_text(const NetResult& result);

#ifdef PENSTOCK_MUTANTS
// By what a planted bug is caught: a seed or a case that the true engine passes. Nothing: by none.
std::optional<std::string> hunt(const MutantRow& row, std::uint64_t schedules);
#endif

}  // namespace penstock::simulation
