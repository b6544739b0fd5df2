// Where a pipe's socket lies when run.socket does not say: in a folder of the pipe's own, below the
// first of $XDG_RUNTIME_DIR/penstock, /run/penstock and ${TMPDIR:-/tmp}/penstock-UID that will do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/error.hpp"

namespace penstock {

// What tells one pipe of a machine from another.
struct PipeName {
    std::string slot;
    std::string prefix;
    std::string brokers;
};

// A relative path, "slot-1a2b3c4d/run.sock".
std::string socket_name(const PipeName& pipe);

// Every place where a client may find it, the best first.
std::vector<std::string> socket_candidates(const PipeName& pipe);

// The same for the pipe itself: the first whose folders are ours alone, or could be made. A folder
// that others may write to could show a client somebody else's socket.
Result<std::string> prepare_socket_path(const PipeName& pipe);

}  // namespace penstock
