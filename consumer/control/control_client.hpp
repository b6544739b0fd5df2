// Asks a running pipe one thing. Blocks for as long as the pipe needs to answer, and no longer than
// asked to.
#pragma once

#include <string>
#include <vector>

#include "control/control_text.hpp"
#include "engine/chunk.hpp"
#include "engine/clock.hpp"
#include "engine/error.hpp"

namespace penstock {

// The first of these paths on which somebody answers. pipe_not_running when none does;
// the pipe's own error when it refuses; pipe_not_running as well when it does not answer in time or
// `stop_fd` becomes readable first.
Result<PipeReport> ask_pipe(const std::vector<std::string>& paths, const SnapshotRequest& request,
                            Duration patience, int stop_fd);

}  // namespace penstock
