// Reads a timeline history file as TIMELINE_HISTORY returns it: one line for each earlier timeline
// with its number and the position where it was left (access/transam/timeline.c). Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.hpp"
#include "engine/lsn.hpp"

namespace penstock {

// (timeline, where it was left), oldest first. kFrameInvalid when a line is none of that kind.
Result<std::vector<std::pair<std::uint32_t, Lsn>>> parse_timeline_history(std::string_view file);

}  // namespace penstock
