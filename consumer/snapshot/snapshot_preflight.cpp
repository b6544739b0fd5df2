#include "snapshot/snapshot_preflight.hpp"

#include <string>

#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

constexpr const char* kFunctions[] = {
    "penstock.pin_settings(text[])",        "penstock.published_as(regclass)",
    "penstock.relation(regclass,regclass)", "penstock.encode_row(record,regclass)",
    "penstock.visible_in(xid,text)",
};

CheckItem failed(std::string item, const Error& error) {
    return {std::move(item), Verdict::kFailed, error.message, error.hint, error.name};
}

std::vector<CheckItem> check_extension(PostgresConnection& connection) {
    const std::string role = quote_identifier(connection.user());
    for (const char* function : kFunctions) {
        auto rows = connection.query(
            "SELECT p IS NOT NULL, has_schema_privilege(n, 'USAGE') AND "
            "has_function_privilege(p, 'EXECUTE') FROM to_regprocedure($1) AS p, "
            "to_regnamespace('penstock') AS n",
            {function}, {});
        if (!rows) return {failed("snapshot", rows.error())};
        if (!rows->truth(0, 0)) {
            return {{"snapshot", Verdict::kFailed,
                     "database \"" + printable(connection.database()) +
                         "\" does not have the extension penstock",
                     "Run in the database: CREATE EXTENSION penstock;",
                     ErrorName::kExtensionMissing}};
        }
        if (!rows->truth(0, 1)) {
            return {{"snapshot", Verdict::kFailed, "the role may not call " + std::string(function),
                     "Run as its owner: GRANT USAGE ON SCHEMA penstock TO " + role +
                         "; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock TO " + role + ";",
                     ErrorName::kSnapshotPrivilege}};
        }
    }
    return {};
}

// The stream stops at the first change of such a table; a snapshot would show its hidden rows
// before. The columns are read by name, because older servers do not have them.
std::vector<CheckItem> check_filters(PostgresConnection& connection,
                                     const SnapshotSettings& settings) {
    std::vector<CheckItem> items;
    for (const std::string& publication : settings.unfiltered_publications) {
        auto rows = connection.query(
            "SELECT nspname, relname FROM pg_publication p "
            "JOIN pg_publication_rel pr ON pr.prpubid = p.oid "
            "JOIN pg_class c ON c.oid = pr.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE p.pubname = $1 AND (to_jsonb(pr) ->> 'prqual' IS NOT NULL "
            "OR to_jsonb(pr) ->> 'prattrs' IS NOT NULL)",
            {publication}, {});
        if (!rows) return {failed("snapshot", rows.error())};
        for (int i = 0; i < rows->count(); ++i) {
            const std::string name = quoted_table(rows->string(i, 0), rows->string(i, 1));
            items.push_back({"snapshot of " + printable(name), Verdict::kFailed,
                             "publication \"" + printable(publication) +
                                 "\" has a row filter or column list for it, which is not applied",
                             "Set source.option_ignored = \"go_on\" to publish all of it.",
                             ErrorName::kOptionIgnored});
        }
    }
    return items;
}

std::vector<CheckItem> check_tables(PostgresConnection& connection,
                                    const SnapshotSettings& settings) {
    auto pinned = connection.query(pin_settings_statement(settings.plugin_options));
    if (!pinned) return {failed("snapshot", pinned.error())};
    auto rows = connection.query(
        "SELECT nspname, relname, has_table_privilege(oid, 'SELECT'), row_security_active(oid) "
        "FROM (" +
        selected_tables_statement() + ") AS t");
    if (!rows) return {failed("snapshot", rows.error())};
    std::vector<CheckItem> items;
    for (int i = 0; i < rows->count(); ++i) {
        const std::string name = quoted_table(rows->string(i, 0), rows->string(i, 1));
        const std::string role = quote_identifier(connection.user());
        if (!rows->truth(i, 2)) {
            items.push_back(
                {"snapshot of " + printable(name), Verdict::kFailed, "the role may not read it",
                 "Run as the table's owner: GRANT SELECT ON " + name + " TO " + role + ";",
                 ErrorName::kSnapshotPrivilege});
        } else if (rows->truth(i, 3)) {
            items.push_back({"snapshot of " + printable(name), Verdict::kFailed,
                             "a row security policy would hide rows of it",
                             "Run as a superuser: ALTER ROLE " + role + " BYPASSRLS;",
                             ErrorName::kSnapshotPrivilege});
        }
    }
    if (items.empty()) {
        items.push_back({"snapshot",
                         Verdict::kOk,
                         std::to_string(rows->count()) + " tables",
                         {},
                         std::nullopt});
    }
    return items;
}

}  // namespace

std::vector<CheckItem> check_snapshot(const SnapshotSettings& settings) {
    auto connection = PostgresConnection::open({.url = settings.url,
                                                .password = settings.password,
                                                .timeout = settings.connect_timeout,
                                                .interrupt_fd = settings.interrupt_fd});
    // Whoever looks at the server at large says so as well.
    if (!connection) return {failed("snapshot", connection.error())};
    std::vector<CheckItem> items = check_extension(*connection);
    if (items.empty()) items = check_filters(*connection, settings);
    return items.empty() ? check_tables(*connection, settings) : items;
}

}  // namespace penstock
