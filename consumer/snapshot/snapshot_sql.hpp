// The statements of a snapshot, as text. Pure; names are quoted, nothing comes from a user
// unquoted.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.hpp"
#include "engine/snapshot.hpp"

namespace penstock {

using PluginOptions = std::vector<std::pair<std::string, std::string>>;

// Settings that hold for the reading transaction: a policy stops it rather than thins the data, and
// rows come in the order of their blocks.
inline constexpr std::string_view kReadingSettings =
    "SET LOCAL row_security = off; SET LOCAL synchronize_seqscans = off; "
    "SET LOCAL max_parallel_workers_per_gather = 0";

// Prepares a session with the options of the stream, so that both encode and select alike.
std::string pin_settings_statement(const PluginOptions& options);

// Which of the captured tables a snapshot reads, and how. Patterns are those of source.tables.
struct SnapshotChoice {
    std::vector<std::string> tables;          // Empty is every one.
    std::vector<std::string> exclude_tables;  // Wins.
    std::vector<std::string> first;           // Read before the others, in this order.
    struct Condition {
        std::string pattern;
        std::string predicate;
    };
    std::vector<Condition> where;  // The first one that fits a table counts.
};

// oid, published as, schema, name, place, number of its condition (or null) of every table of the
// snapshot that the options of the stream and `choice` select. Errors: configuration_invalid.
Result<std::string> selected_tables_statement(const SnapshotChoice& choice);

// Whether the server takes the table's predicate: an EXPLAIN that runs nothing, for the extended
// protocol, which takes one statement and no more; $1 is the truth.
std::string explain_statement(const SnapshotTable& table);

std::string lock_statement(const std::string& schema, const std::string& name);

// What a locked table is now: its name still means it, its file as of the snapshot and of now, its
// blocks, its description. $1 the oid, $2 the oid it is published as, $3 its quoted name.
std::string look_statement();

// Transactions that the first snapshot saw, by the WAL, and that this one does not see yet.
std::string not_visible_statement(const std::string& visible_in);

// Whether a row is left that `visible_in` saw.
std::string holds_old_rows_statement(const SnapshotTable& table, const std::string& visible_in);

// COPY of one range: ctid and row message.
std::string copy_statement(const SnapshotTable& table, const SnapshotTask& task);

std::string quoted_table(const std::string& schema, const std::string& name);

}  // namespace penstock
