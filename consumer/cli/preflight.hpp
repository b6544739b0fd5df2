// All sides looked at before a pipe starts: what `check` prints and `run` refuses for. The looking
// itself is done in the rooms that own the doors; here the findings meet, are laid out for people
// and become the one error that a refused start ends with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "config/configuration.hpp"
#include "engine/check_item.hpp"
#include "source/postgres_preflight.hpp"

namespace penstock {

struct Preflight {
    PostgresReport report;
    std::vector<CheckItem> postgres;
    std::vector<CheckItem> kafka;
    std::string snapshot_forecast;    // How long a snapshot takes and what WAL it keeps; or empty.
    std::vector<CheckItem> registry;  // None when the format needs no schema registry.

    // PostgreSQL's first.
    std::vector<CheckItem> all() const;
};

// Asks all at once. Without brokers in the configuration Kafka is left out.
Preflight look_at_all(const Configuration& configuration, PluginTrial trial, int stop_fd);

// A line for each item and below what does not stand well the statement that mends it.
std::string to_text(const std::vector<CheckItem>& items, const Palette& palette);

// What the first failed item makes a start end with; nothing when all stand well enough. With
// `waits` items that waiting may cure do not count: a pipe waits for them by itself.
std::optional<Error> refusal(const std::vector<CheckItem>& items, bool waits);

}  // namespace penstock
