// What a configuration seems to select and the server does not log for decoding: views, foreign
// tables, unlogged tables. Nothing of them would ever come, so they are told by name.
#pragma once

#include <string>
#include <vector>

#include "engine/check_item.hpp"
#include "engine/error.hpp"
#include "source/selection.hpp"

namespace penstock {

struct NotCarried {
    std::string schema;
    std::string name;
    std::string kind;    // "view", "materialized view", "foreign table", "unlogged table"
    bool named = false;  // By a pattern without wildcards, so that it was meant.
};

// In order of schema and name. Views only where patterns choose: nobody means them by a publication
// or by "every table".
Result<std::vector<NotCarried>> find_not_carried(PostgresConnection& connection,
                                                 const SelectionSettings& settings);

// Those that were named, as failed items with their remedy.
std::vector<CheckItem> check_not_carried(const std::vector<NotCarried>& found);

// Whether a pattern "schema.name" without wildcards means just this.
bool names_exactly(std::string_view pattern, std::string_view schema, std::string_view name);

}  // namespace penstock
