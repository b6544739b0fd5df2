// The command line: verbs and flags to a configuration and a call. The one place that knows the
// argument parser; what a verb does is in a file of its own.
#pragma once

#include "engine/error.hpp"

namespace penstock {

// Runs the verb that the arguments name and returns the exit code; errors go to standard error in
// the manner of psql. `environment` as environ(7).
ExitCode run_command_line(int argc, const char* const* argv, const char* const* environment);

}  // namespace penstock
