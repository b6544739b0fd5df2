// The log: one line per state change, level, component, event, key=value; never a row, never a
// secret. Text from the outside (names, server messages) is escaped so that it cannot forge lines.
#pragma once

#include <string_view>

#include "engine/command.hpp"

namespace penstock {

// "debug", "info", "warning" or "error"; anything else is info. Lines go to standard error.
void start_log(std::string_view level);

void write_log(const LogLine& line);

}  // namespace penstock
