#include "snapshot/snapshot_preflight.hpp"

#include <string>

#include "snapshot/answer_text.hpp"
#include "snapshot/predicate.hpp"
#include "snapshot/wal_forecast.hpp"
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

// What the role lacks for one table, and whether the server takes the condition on its rows.
void check_table(PostgresConnection& connection, const SnapshotTable& table, bool may_read,
                 bool has_policy, std::vector<CheckItem>& items) {
    const std::string name = quoted_table(table.schema, table.name);
    const std::string role = quote_identifier(connection.user());
    const std::string item = "snapshot of " + printable(name);
    if (!may_read) {
        items.push_back({item, Verdict::kFailed, "the role may not read it",
                         "Run as the table's owner: GRANT SELECT ON " + name + " TO " + role + ";",
                         ErrorName::kSnapshotPrivilege});
    } else if (has_policy) {
        items.push_back({item, Verdict::kFailed, "a row security policy would hide rows of it",
                         "Run as a superuser: ALTER ROLE " + role + " BYPASSRLS;",
                         ErrorName::kSnapshotPrivilege});
    } else if (const char* const wrong = complaint_about_predicate(table.predicate);
               !table.predicate.empty() && wrong != nullptr) {
        items.push_back({item, Verdict::kFailed,
                         "its condition is no expression: " + std::string(wrong),
                         "Correct snapshot.where: the condition stands behind WHERE.",
                         ErrorName::kSnapshotPredicate});
    } else if (!table.predicate.empty()) {
        auto planned = connection.query(explain_statement(table), {"true"},
                                        {Doing::kReadingTable, {}, {}, connection.user(), name});
        if (planned) return;
        items.push_back({item, Verdict::kFailed, planned.error().message,
                         "Correct snapshot.where: the condition stands behind WHERE.",
                         ErrorName::kSnapshotPredicate});
    }
}

// The first connection holds a lock on every table, and planning its COPY one on every index. Of
// the server's lock table others need a part as well. Its size: "max_locks_per_transaction" in the
// manual, section 20.12.
std::vector<CheckItem> check_locks(PostgresConnection& connection, const std::string& tables) {
    auto rows = connection.query(
        "SELECT count(*), coalesce(sum(1 + (SELECT count(*) FROM pg_index WHERE indrelid = oid)), "
        "0)::bigint, current_setting('max_locks_per_transaction')::bigint, "
        "current_setting('max_connections')::bigint + "
        "current_setting('max_prepared_transactions')::bigint FROM (" +
        tables + ") AS t");
    if (!rows) return {failed("locks", rows.error())};
    const auto count = number<std::uint64_t>(rows->text(0, 1));
    const auto per_session = number<std::uint64_t>(rows->text(0, 2));
    const auto sessions = number<std::uint64_t>(rows->text(0, 3));
    const std::uint64_t room = per_session * sessions;
    if (count * 2 <= room) return {};
    const std::uint64_t wanted = count * 2 / sessions + 1;
    return {{"locks", count > room ? Verdict::kFailed : Verdict::kWarning,
             rows->string(0, 0) + " tables take " + std::to_string(count) +
                 " locks, the server's lock table has room for about " + std::to_string(room),
             "ALTER SYSTEM SET max_locks_per_transaction = " + std::to_string(wanted) +
                 "; and restart the server; or read fewer tables first (snapshot.tables).",
             ErrorName::kLockTableFull}};
}

Result<WalForecast> forecast(PostgresConnection& connection, const std::string& tables) {
    auto rows = connection.query(
        "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint, "
        "(SELECT (wal_bytes / greatest(extract(epoch FROM now() - stats_reset), 1))::bigint "
        "FROM pg_stat_wal), (SELECT setting::bigint FROM pg_settings "
        "WHERE name = 'max_slot_wal_keep_size') FROM (" +
        tables + ") AS t");
    if (!rows) return Failure(rows.error());
    WalForecast told;
    told.bytes_to_read = number<std::uint64_t>(rows->text(0, 0));
    told.wal_bytes_per_second = number<std::uint64_t>(rows->text(0, 1));
    const auto megabytes = number<std::int64_t>(rows->text(0, 2));
    if (megabytes >= 0) told.keep_bytes = static_cast<std::uint64_t>(megabytes) << 20;
    return told;
}

SnapshotPreflight check_tables(PostgresConnection& connection, const SnapshotSettings& settings) {
    auto pinned = connection.query(pin_settings_statement(settings.plugin_options));
    if (!pinned) return {{failed("snapshot", pinned.error())}, {}};
    const auto tables = selected_tables_statement(settings.choice);
    if (!tables) return {{failed("snapshot", tables.error())}, {}};
    auto rows = connection.query(
        "SELECT nspname, relname, condition, has_table_privilege(oid, 'SELECT'), "
        "row_security_active(oid) FROM (" +
        *tables + ") AS t");
    if (!rows) return {{failed("snapshot", rows.error())}, {}};
    SnapshotPreflight found;
    for (int i = 0; i < rows->count(); ++i) {
        SnapshotTable table;
        table.schema = rows->string(i, 0);
        table.name = rows->string(i, 1);
        if (!rows->is_null(i, 2)) {
            table.predicate =
                settings.choice.where[number<std::size_t>(rows->text(i, 2))].predicate;
        }
        check_table(connection, table, rows->truth(i, 3), rows->truth(i, 4), found.items);
    }
    if (found.items.empty()) {
        found.items.push_back({"snapshot",
                               Verdict::kOk,
                               std::to_string(rows->count()) + " tables",
                               {},
                               std::nullopt});
    }
    for (CheckItem& item : check_locks(connection, *tables)) found.items.push_back(std::move(item));
    const auto wal = forecast(connection, *tables);
    found.items.push_back(wal ? check_forecast(*wal) : failed("WAL", wal.error()));
    if (wal) found.forecast = forecast_text(*wal);
    return found;
}

// A standby has no transactions of its own that a snapshot could be compared with.
std::vector<CheckItem> check_primary(PostgresConnection& connection) {
    auto rows = connection.query("SELECT pg_is_in_recovery()");
    if (!rows) return {failed("snapshot", rows.error())};
    if (!rows->truth(0, 0)) return {};
    return {{"snapshot", Verdict::kFailed, "the server is a standby",
             std::string(error_row(ErrorName::kSnapshotOnStandby).remedy),
             ErrorName::kSnapshotOnStandby}};
}

}  // namespace

SnapshotPreflight check_snapshot(const SnapshotSettings& settings) {
    auto connection = PostgresConnection::open({.url = settings.url,
                                                .password = settings.password,
                                                .timeout = settings.connect_timeout,
                                                .interrupt_fd = settings.interrupt_fd});
    // Whoever looks at the server at large says so as well.
    if (!connection) return {{failed("snapshot", connection.error())}, {}};
    std::vector<CheckItem> items = check_primary(*connection);
    if (items.empty()) items = check_extension(*connection);
    if (items.empty()) items = check_filters(*connection, settings);
    if (!items.empty()) return {std::move(items), {}};
    return check_tables(*connection, settings);
}

}  // namespace penstock
