// One pipe from start to stop: builds source, encoder, engine and sink from a configuration, runs
// the loop, takes everything down within the patience that the configuration gives.
#pragma once

#include <optional>
#include <string>

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

// Runs until `stop_fd` is readable (a clean stop: nothing is returned) or something stops the pipe
// (the error is returned). `database` is the name the server knows. The log has been started.
std::optional<Error> run_pipe(const Configuration& configuration, const std::string& database,
                              int stop_fd);

// A descriptor that becomes readable at SIGTERM or SIGINT; blocks both for all threads, so it is
// called before any thread is made. -1 when the kernel refuses.
int make_stop_fd();

}  // namespace penstock
