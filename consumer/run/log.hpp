// The log: one line per state change, level, component, event, key=value; never a row, never a
// secret. Text from the outside (names, server messages) is escaped so that it cannot forge lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/command.hpp"

namespace penstock {

// "debug", "info", "warning" or "error"; anything else is info. Lines go to standard error.
void start_log(std::string_view level);

void write_log(const LogLine& line);

// Lines that stay below the log on a terminal, in place of those shown before; none takes them
// away. Of the thread that writes the log.
void show_footer(const std::vector<std::string>& lines);

}  // namespace penstock
