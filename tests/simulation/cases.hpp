// Enumerated cases, each a world built for it: every combination of the recovery table, every cause
// to stop by name, the endings of a process.
#pragma once

#include <optional>
#include <string>

namespace penstock::simulation {

// Runs them all; the name of the first that fails. `quiet` prints nothing and ends at the first.
std::optional<std::string> run_cases(bool quiet);

}  // namespace penstock::simulation
