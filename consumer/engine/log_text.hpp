// How a line of the log reads, whoever writes it: component, event, key=value. Text from the
// outside (names, messages of servers) is escaped, so that it cannot forge a line. Pure.
#pragma once

#include <string>

#include "engine/command.hpp"

namespace penstock {

// Without time and level, which are the log's own.
std::string log_text(const LogLine& line);

}  // namespace penstock
