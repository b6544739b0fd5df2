// Enumerated cases, each a world built for it: every combination of the recovery table, the sanity
// of slot and state, every cause to stop by name, the ways of a process to end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace penstock::simulation {

struct Case {
    std::string name;  // Letters, digits and underscores.
    // Nothing when all is in order, else what is not.
    std::function<std::optional<std::string>()> run;
};

// All of them, in the same order always.
const std::vector<Case>& all_cases();

// The parts of it.
void add_recovery_cases(std::vector<Case>& cases);
void add_sanity_cases(std::vector<Case>& cases);
void add_ending_cases(std::vector<Case>& cases);

}  // namespace penstock::simulation
