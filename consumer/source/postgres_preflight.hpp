// Everything on the PostgreSQL side that a pipe needs, looked at before it starts; each item with
// the statement that mends it for this role and these tables. Changes nothing that stays: the
// plugin is tried with a temporary slot.
#pragma once

#include <optional>
#include <vector>

#include "engine/check_item.hpp"
#include "engine/command.hpp"
#include "source/not_carried.hpp"
#include "source/postgres_source.hpp"
#include "source/selection.hpp"

namespace penstock {

struct PostgresReport {
    std::vector<CheckItem> items;
    // What was learned on the way; facts only when the server could be asked at all.
    std::optional<ServerFacts> facts;
    std::string server_version;  // "15.20"
    std::vector<SelectedTable> tables;
    std::vector<NotCarried> not_carried;
};

// Whether the plugin is tried with a temporary slot. A pipe that starts need not: it makes or takes
// its own slot a moment later and gets the same answer.
enum class PluginTrial : std::uint8_t { kTry, kLeaveToTheStart };

// Never fails itself: what cannot be looked at is a failed item.
PostgresReport check_postgres(const SourceSettings& settings, const SelectionSettings& selection,
                              PluginTrial trial);

}  // namespace penstock
