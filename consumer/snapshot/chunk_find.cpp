// What names mean, and whether each table can be read in chunks: refused before anything is begun,
// by name and with what to do.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/answer_text.hpp"
#include "snapshot/chunk_session.hpp"
#include "snapshot/predicate.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// Of a table, or of the leaves of one that is partitioned. The table itself comes first.
constexpr const char* kFindStatement =
    "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, "
    "CASE WHEN c.relkind = 'r' AND c.oid >= 16384 THEN penstock.published_as(c.oid)::oid END, "
    "has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid), "
    "CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / "
    "current_setting('block_size')::bigint ELSE 0 END, "
    "greatest(c.reltuples, 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE c.oid = $1::oid OR c.oid IN (SELECT relid FROM pg_partition_tree($1::oid) WHERE isleaf) "
    "ORDER BY c.oid <> $1::oid, n.nspname, c.relname";

// EXPLAIN asks with a parameter, because the extended protocol takes one statement and no more.
constexpr const char* kTruth = "true";

Failure refused(const std::string& name, std::string why, std::string remedy) {
    return fail(ErrorName::kSnapshotTableRefused,
                "could not take a snapshot of " + printable(name) + ": " + why, {},
                std::move(remedy));
}

bool holds(const std::vector<ChunkTable>& tables, std::uint32_t oid) {
    return std::any_of(tables.begin(), tables.end(),
                       [oid](const ChunkTable& table) { return table.oid == oid; });
}

}  // namespace

struct ChunkSession::Found {
    ChunkTable table;
    char kind = 0;
    char persistence = 0;
    bool readable = false;
    bool hidden_rows = false;
    std::string name;  // Quoted.
};

Result<std::vector<ChunkTable>> ChunkSession::find(const FindTables& wanted) {
    return settled(find_all(wanted));
}

Result<std::vector<ChunkTable>> ChunkSession::find_all(const FindTables& wanted) {
    if (Status ready = connect(); !ready) return Failure(ready.error());
    auto standby = ask("SELECT pg_is_in_recovery()", {});
    if (!standby) return Failure(standby.error());
    if (standby->truth(0, 0)) {
        return fail(ErrorName::kSnapshotOnStandby,
                    "could not take a snapshot while streaming: the server is a standby",
                    "A transaction becomes visible there at another time than on the primary.");
    }
    if (const char* wrong = complaint_about_predicate(wanted.predicate)) {
        return fail(ErrorName::kSnapshotPredicate,
                    std::string("could not use the predicate: ") + wrong);
    }
    const Status begun = run("BEGIN READ ONLY; " + std::string(kReadingSettings) +
                             "; SET LOCAL lock_timeout = '500ms'");
    if (!begun) return Failure(begun.error());
    std::vector<ChunkTable> tables;
    for (const std::string& name : wanted.names) {
        auto leaves = leaves_of(name);
        if (!leaves) return Failure(leaves.error());
        for (ChunkTable& leaf : *leaves) {
            if (holds(tables, leaf.oid)) continue;
            const Status usable = check_predicate(leaf, wanted.predicate);
            if (!usable) return Failure(usable.error());
            tables.push_back(std::move(leaf));
        }
    }
    if (Status ended = run("COMMIT"); !ended) return Failure(ended.error());
    return tables;
}

Result<std::vector<ChunkTable>> ChunkSession::leaves_of(const std::string& name) {
    table_ = printable(name);
    auto oid = ask("SELECT to_regclass($1)::oid", {name});
    if (!oid && oid.error().name == ErrorName::kPostgresQueryFailed) {
        return refused(name, "it is no name of a table",
                       "Write schema.table, each in double quotes where SQL wants them.");
    }
    if (!oid) return Failure(oid.error());
    if (oid->is_null(0, 0)) {
        return refused(name, "it does not exist",
                       "Write schema.table as SQL does: names are folded to small letters unless "
                       "they stand in double quotes.");
    }
    auto rows = ask(kFindStatement, {oid->string(0, 0)});
    if (!rows) return Failure(rows.error());
    const bool partitioned = rows->text(0, 3) == "p";
    if (partitioned && rows->count() == 1) {
        return refused(name, "it has no partitions", "There is nothing to read.");
    }
    std::vector<ChunkTable> tables;
    for (int i = partitioned ? 1 : 0; i < rows->count(); ++i) {
        Found found;
        found.table.oid = number<std::uint32_t>(rows->text(i, 0));
        found.table.schema = rows->string(i, 1);
        found.table.name = rows->string(i, 2);
        found.kind = rows->text(i, 3).front();
        found.persistence = rows->text(i, 4).front();
        found.table.published_as = number<std::uint32_t>(rows->text(i, 5));
        found.readable = rows->truth(i, 6);
        found.hidden_rows = rows->truth(i, 7);
        found.table.blocks = number<std::uint64_t>(rows->text(i, 8));
        found.table.rows = number<std::uint64_t>(rows->text(i, 9));
        found.name = quoted_table(found.table.schema, found.table.name);
        Status good = check_leaf(found, quote_identifier(role_));
        if (good) good = check_filters(found);
        if (good) good = find_key(found.table);
        if (!good) return Failure(good.error());
        tables.push_back(std::move(found.table));
    }
    return tables;
}

Status ChunkSession::check_leaf(const Found& found, const std::string& role) const {
    const auto refuse = [&](const char* why, std::string remedy) {
        return refused(found.name, why, std::move(remedy));
    };
    if (found.kind == 'v' || found.kind == 'm') {
        return refuse("it is a view", "Name the tables that it is made of.");
    }
    if (found.kind == 'f') {
        return refuse("it is a foreign table", "Take the snapshot where the table lives.");
    }
    if (found.kind != 'r') return refuse("it is no table", "Name a table.");
    if (found.persistence == 't') {
        return refuse("it is a temporary table", "Name a table that the stream captures.");
    }
    if (found.persistence == 'u') {
        return refuse("it is an unlogged table, whose changes never reach the stream",
                      "Run as its owner: ALTER TABLE " + found.name + " SET LOGGED;");
    }
    if (found.table.published_as == 0) {
        return refuse("the stream does not capture it",
                      "Add it to the publication or to source.tables of the pipe first.");
    }
    if (!found.readable) {
        return fail(
            ErrorName::kSnapshotPrivilege,
            "could not take a snapshot of " + printable(found.name) + ": the role may not read it",
            {}, "Run as the table's owner: GRANT SELECT ON " + found.name + " TO " + role + ";");
    }
    if (found.hidden_rows) {
        return fail(ErrorName::kSnapshotPrivilege,
                    "could not take a snapshot of " + printable(found.name) +
                        ": a row security policy would hide rows of it",
                    {}, "Run as a superuser: ALTER ROLE " + role + " BYPASSRLS;");
    }
    return {};
}

// A filter that nobody may pass by is not applied to what is read.
Status ChunkSession::check_filters(const Found& found) {
    for (const std::string& publication : settings_.unfiltered_publications) {
        auto rows =
            ask("SELECT EXISTS (SELECT FROM pg_publication p JOIN pg_publication_rel pr "
                "ON pr.prpubid = p.oid WHERE p.pubname = $1 AND pr.prrelid IN ($2::oid, $3::oid) "
                "AND (to_jsonb(pr) ->> 'prqual' IS NOT NULL OR to_jsonb(pr) ->> 'prattrs' IS NOT "
                "NULL))",
                {publication, std::to_string(found.table.oid),
                 std::to_string(found.table.published_as)});
        if (!rows) return Failure(rows.error());
        if (!rows->truth(0, 0)) continue;
        return fail(ErrorName::kOptionIgnored,
                    "could not take a snapshot of " + printable(found.name) + ": publication \"" +
                        printable(publication) +
                        "\" has a row filter or column list for it, which is not applied",
                    {}, "Set source.option_ignored = \"go_on\" to publish all of it.");
    }
    return {};
}

Status ChunkSession::find_key(ChunkTable& table) {
    auto relation = describe(table.oid, table.published_as);
    if (!relation) return Failure(relation.error());
    table.key = merge_key_of(**relation);
    auto columns = key_columns(**relation, table, table.key);
    if (!columns) return Failure(columns.error());
    // Without an index over just these columns there is no order to read them in.
    if (columns->size() != table.key.size()) table.key.clear();
    return {};
}

// Whether it is an expression that this role may evaluate here. It is not looked at for what it
// calls: whoever may ask could as well connect with the pipe's own password, and the transaction
// that evaluates it is READ ONLY. Nobody else's predicate comes this far unless signal.allow_where
// says so.
Status ChunkSession::check_predicate(const ChunkTable& table, const std::string& predicate) {
    if (predicate.empty()) return {};
    table_ = quoted_table(table.schema, table.name);
    auto planned = ask(explain_statement(table_, predicate), {kTruth});
    if (planned) return {};
    const Error& server = planned.error();
    // A table that does not exist is one that the predicate names: this one was found just now.
    const bool passing = server.error_class() == ErrorClass::kRetry &&
                         server.name != ErrorName::kSnapshotTableChanged;
    if (passing) return Failure(server);
    const bool plain = server.name == ErrorName::kPostgresQueryFailed;
    return fail(ErrorName::kSnapshotPredicate, "could not use the predicate: " + server.message,
                server.detail, plain ? server.hint : std::string());
}

}  // namespace penstock
