// Names of tables as people write them: "schema.table", each part quoted where SQL would quote it.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

// Both parts in quotes: right for every name, keywords as well.
std::string quoted_name(std::string_view schema, std::string_view table);

// Whether `name` is this table; without quotes only where SQL needs none.
bool is_table_name(std::string_view name, std::string_view schema, std::string_view table);

}  // namespace penstock
