// Which tables a configuration selects on this server right now, with what `check` and the plan of
// `run` want to know of each. The same rules as the output plugin's: publications and patterns add
// up, exclusions win, none of both is every table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.hpp"

namespace penstock {

class PostgresConnection;

struct SelectionSettings {
    std::vector<std::string> tables;  // Patterns "schema.name" with * and ?, \ takes one letter.
    std::vector<std::string> exclude_tables;
    std::vector<std::string> publications;
};

struct SelectedTable {
    std::string schema;
    std::string name;
    char replica_identity = 'd';  // pg_class.relreplident.
    bool has_primary_key = false;
    bool has_rows = false;
    double rows_estimate = 0;  // Negative when the server has none.
    std::uint64_t bytes = 0;   // Without indexes and values out of line.

    // Whether an UPDATE or DELETE logs an old row.
    bool logs_old_row() const {
        return replica_identity == 'f' || replica_identity == 'i' ||
               (replica_identity == 'd' && has_primary_key);
    }
};

// "schema"."name", as SQL takes it.
std::string qualified_name(const SelectedTable& table);

// In order of schema and name. kPublicationMissing names the first publication that is not there;
// kConfigurationInvalid a pattern that is none.
Result<std::vector<SelectedTable>> select_tables(PostgresConnection& connection,
                                                 const SelectionSettings& settings);

// The choice of `settings` as a condition on a row `c` of pg_class; pattern_condition() is that of
// one list of patterns, which may name an ancestor as well. Errors: configuration_invalid.
Result<std::string> selection_condition(const SelectionSettings& settings);
Result<std::string> pattern_condition(const std::vector<std::string>& patterns);

// A glob as a LIKE pattern of PostgreSQL.
std::string like_pattern(std::string_view glob);

// The two halves of "schema.name"; nothing when there are not exactly two, or one is empty.
struct NamePatternHalves {
    std::string schema;
    std::string name;
};
Result<NamePatternHalves> split_pattern(std::string_view pattern);

}  // namespace penstock
