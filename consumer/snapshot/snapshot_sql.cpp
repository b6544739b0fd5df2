#include "snapshot/snapshot_sql.hpp"

#include "source/postgres_error.hpp"
#include "source/selection.hpp"

namespace penstock {

std::string quoted_table(const std::string& schema, const std::string& name) {
    return quote_identifier(schema) + "." + quote_identifier(name);
}

std::string pin_settings_statement(const PluginOptions& options) {
    std::string items;
    for (const auto& [name, value] : options) {
        if (!items.empty()) items += ", ";
        items += quote_literal(name) + ", " + quote_literal(value);
    }
    return "SELECT penstock.pin_settings(VARIADIC ARRAY[" + items + "]::text[])";
}

namespace {

// CASE WHEN (first pattern) THEN 0 WHEN (second) THEN 1 ... ELSE `otherwise` END
Result<std::string> first_that_fits(const std::vector<std::string>& patterns,
                                    const std::string& otherwise) {
    if (patterns.empty()) return otherwise + "::int";
    std::string sql = "CASE";
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const auto fits = pattern_condition({patterns[i]});
        if (!fits) return Failure(fits.error());
        sql += " WHEN " + *fits + " THEN " + std::to_string(i);
    }
    return sql + " ELSE " + otherwise + " END";
}

}  // namespace

// Only what the server writes to the WAL for logical decoding: permanent tables that are no
// catalog's (oids below 16384 are the server's own). Rows lie in leaves, each read once.
Result<std::string> selected_tables_statement(const SnapshotChoice& choice) {
    std::vector<std::string> conditions;
    for (const SnapshotChoice::Condition& one : choice.where) conditions.push_back(one.pattern);
    const auto place = first_that_fits(choice.first, std::to_string(choice.first.size()));
    const auto condition = first_that_fits(conditions, "NULL");
    if (!place || !condition) return Failure(place ? condition.error() : place.error());
    std::string sql =
        "SELECT oid, published_as, nspname, relname, place, condition FROM ("
        "SELECT c.oid, penstock.published_as(c.oid)::oid AS published_as, n.nspname, c.relname, " +
        *place + " AS place, " + *condition +
        " AS condition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384";
    if (!choice.tables.empty()) {
        const auto chosen = pattern_condition(choice.tables);
        if (!chosen) return chosen;
        sql += " AND " + *chosen;
    }
    if (!choice.exclude_tables.empty()) {
        const auto excluded = pattern_condition(choice.exclude_tables);
        if (!excluded) return excluded;
        sql += " AND NOT " + *excluded;
    }
    return sql + ") AS t WHERE published_as IS NOT NULL ORDER BY nspname, relname";
}

// A comment that the predicate leaves open at its end must not swallow the parenthesis.
std::string explain_statement(const SnapshotTable& table) {
    return "EXPLAIN SELECT FROM ONLY " + quoted_table(table.schema, table.name) +
           " AS t WHERE $1::bool AND (" + table.predicate + "\n)";
}

std::string lock_statement(const std::string& schema, const std::string& name) {
    return "LOCK TABLE ONLY " + quoted_table(schema, name) + " IN ACCESS SHARE MODE";
}

std::string look_statement() {
    return "SELECT coalesce(to_regclass($3)::oid = $1::oid, false), "
           "coalesce((SELECT relfilenode FROM pg_class WHERE oid = $1::oid), 0), "
           "coalesce(pg_relation_filenode($1::oid), 0), "
           "pg_relation_size($1::oid) / current_setting('block_size')::bigint, "
           "encode(penstock.relation($1::oid, $2::oid), 'hex')";
}

std::string not_visible_statement(const std::string& visible_in) {
    return "SELECT string_agg(x::text, ', ') FROM pg_snapshot_xip(pg_current_snapshot()) AS x "
           "WHERE pg_visible_in_snapshot(x, " +
           quote_literal(visible_in) + "::pg_snapshot)";
}

std::string holds_old_rows_statement(const SnapshotTable& table, const std::string& visible_in) {
    return "SELECT EXISTS (SELECT FROM ONLY " + quoted_table(table.schema, table.name) +
           " AS t WHERE coalesce(penstock.visible_in(t.xmin, " + quote_literal(visible_in) +
           "), true))";
}

// Where a frozen row could be older or newer than the first snapshot it is sent: a reader that goes
// by keys meets its change again in the stream, and one that is not sent would be missing for good.
// A newer row that may have a value out of line is sent as well: the change that made it logs no
// value that it left as it was, so the reader has to have it before. Rows up to
// TOAST_TUPLE_THRESHOLD (access/heaptoast.h) have none.
std::string copy_statement(const SnapshotTable& table, const SnapshotTask& task) {
    std::string row = "t.*";
    if (table.published_as != table.oid) {
        row += ", " + std::to_string(table.published_as) + "::oid::regclass";
    }
    std::string sql = "COPY (SELECT t.ctid, penstock.encode_row(" + row + ") FROM ONLY " +
                      quoted_table(table.schema, table.name) + " AS t WHERE t.ctid >= '(" +
                      std::to_string(task.from_block) + ",0)'::tid AND t.ctid < '(" +
                      std::to_string(task.to_block) + ",0)'::tid";
    if (!task.visible_in.empty()) {
        sql += " AND (coalesce(penstock.visible_in(t.xmin, " + quote_literal(task.visible_in) +
               "), true) OR pg_column_size(t.*) > 2000)";
    }
    if (!task.predicate.empty()) sql += " AND (" + task.predicate + "\n)";
    return sql + ") TO STDOUT (FORMAT binary)";
}

}  // namespace penstock
