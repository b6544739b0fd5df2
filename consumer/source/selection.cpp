#include "source/selection.hpp"

#include <charconv>

#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// %s stands for the condition. Only what the server writes to the WAL for logical decoding:
// permanent tables that are no catalog's (oids below 16384 are the server's own).
constexpr std::string_view kTables = R"(
SELECT n.nspname, c.relname, c.relreplident,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
       pg_relation_size(c.oid), c.reltuples
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND )";

// A pattern may also name an ancestor: the partitioned table that this one is a part of.
constexpr std::string_view kNamed = R"(EXISTS (
    SELECT FROM (SELECT c.oid UNION SELECT relid FROM pg_partition_ancestors(c.oid)) a(oid)
    JOIN pg_class ac ON ac.oid = a.oid JOIN pg_namespace an ON an.oid = ac.relnamespace
    WHERE )";

}  // namespace

Result<std::string> pattern_condition(const std::vector<std::string>& patterns) {
    std::string any;
    for (const std::string& pattern : patterns) {
        auto halves = split_pattern(pattern);
        if (!halves) return Failure(halves.error());
        any += any.empty() ? "" : " OR ";
        any += "(an.nspname LIKE " + quote_literal(like_pattern(halves->schema)) +
               " AND ac.relname LIKE " + quote_literal(like_pattern(halves->name)) + ")";
    }
    return std::string(kNamed) + any + ")";
}

namespace {

std::string published_by(const std::vector<std::string>& publications) {
    std::string names;
    for (const std::string& name : publications) {
        names += (names.empty() ? "" : ", ") + quote_literal(name);
    }
    return "EXISTS (SELECT FROM pg_publication p, LATERAL pg_get_publication_tables(p.pubname) t "
           "WHERE p.pubname IN (" +
           names +
           ") AND (t.relid = c.oid OR t.relid IN (SELECT relid FROM "
           "pg_partition_ancestors(c.oid))))";
}

}  // namespace

Result<std::string> selection_condition(const SelectionSettings& settings) {
    std::string chosen;
    if (!settings.tables.empty()) {
        auto named = pattern_condition(settings.tables);
        if (!named) return named;
        chosen = *named;
    }
    if (!settings.publications.empty()) {
        if (!chosen.empty()) chosen += " OR ";
        chosen += published_by(settings.publications);
    }
    if (chosen.empty()) chosen = "true";
    std::string condition = "(" + chosen + ")";
    if (!settings.exclude_tables.empty()) {
        auto excluded = pattern_condition(settings.exclude_tables);
        if (!excluded) return excluded;
        condition += " AND NOT " + *excluded;
    }
    return condition;
}

namespace {

Status check_publications(PostgresConnection& connection,
                          const std::vector<std::string>& publications) {
    for (const std::string& name : publications) {
        auto rows = connection.query("SELECT FROM pg_publication WHERE pubname = $1", {name}, {});
        if (!rows) return Failure(rows.error());
        if (rows->count() == 0) {
            return fail(ErrorName::kPublicationMissing,
                        "publication \"" + printable(name) + "\" does not exist", {},
                        "Run as the owner of the tables: CREATE PUBLICATION " +
                            quote_identifier(name) + " FOR TABLE ...;");
        }
    }
    return {};
}

}  // namespace

std::string qualified_name(const SelectedTable& table) {
    return quote_identifier(table.schema) + "." + quote_identifier(table.name);
}

std::string like_pattern(std::string_view glob) {
    std::string like;
    for (std::size_t i = 0; i < glob.size(); ++i) {
        if (glob[i] == '\\' && i + 1 < glob.size()) {
            like += '\\';
            like += glob[++i];
        } else if (glob[i] == '*') {
            like += '%';
        } else if (glob[i] == '?') {
            like += '_';
        } else {
            if (glob[i] == '%' || glob[i] == '_' || glob[i] == '\\') like += '\\';
            like += glob[i];
        }
    }
    return like;
}

Result<NamePatternHalves> split_pattern(std::string_view pattern) {
    std::size_t dot = std::string_view::npos;
    bool more = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == '.') {
            more = dot != std::string_view::npos;
            dot = i;
        }
    }
    if (dot == std::string_view::npos || more || dot == 0 || dot + 1 == pattern.size()) {
        return fail(ErrorName::kConfigurationInvalid,
                    "invalid table pattern \"" + printable(pattern) + "\": schema.name is expected",
                    "A dot that belongs to a name is written \\.");
    }
    return NamePatternHalves{std::string(pattern.substr(0, dot)),
                             std::string(pattern.substr(dot + 1))};
}

Result<std::vector<SelectedTable>> select_tables(PostgresConnection& connection,
                                                 const SelectionSettings& settings) {
    if (auto there = check_publications(connection, settings.publications); !there) {
        return Failure(there.error());
    }
    auto condition = selection_condition(settings);
    if (!condition) return Failure(condition.error());
    auto rows = connection.query(std::string(kTables) + *condition + " ORDER BY 1, 2");
    if (!rows) return Failure(rows.error());
    std::vector<SelectedTable> tables;
    for (int i = 0; i < rows->count(); ++i) {
        SelectedTable table;
        table.schema = rows->string(i, 0);
        table.name = rows->string(i, 1);
        table.replica_identity = rows->text(i, 2).empty() ? 'd' : rows->text(i, 2)[0];
        table.has_primary_key = rows->truth(i, 3);
        const std::string_view size = rows->text(i, 4);
        std::from_chars(size.data(), size.data() + size.size(), table.bytes);
        table.has_rows = table.bytes != 0;
        const std::string_view estimate = rows->text(i, 5);
        std::from_chars(estimate.data(), estimate.data() + estimate.size(), table.rows_estimate);
        tables.push_back(std::move(table));
    }
    return tables;
}

}  // namespace penstock
