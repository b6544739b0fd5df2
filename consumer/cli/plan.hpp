// What `run` is about to do, in words: source, tables, topics, format, guarantee, and which rows
// will not come because they are there already. Pure.
#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "config/configuration.hpp"
#include "source/postgres_preflight.hpp"

namespace penstock {

std::string plan_text(const Configuration& configuration, const PostgresReport& report,
                      const Palette& palette, const std::string& forecast = {});

}  // namespace penstock
