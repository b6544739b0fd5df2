#include "source/postgres_preflight.hpp"

#include <unistd.h>

#include <charconv>
#include <string>
#include <utility>

#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

constexpr const char* kServerQuery = R"(
SELECT current_setting('server_version'), current_setting('wal_level'),
       current_setting('max_replication_slots')::int,
       (SELECT count(*) FROM pg_replication_slots),
       current_setting('max_wal_senders')::int,
       (SELECT count(*) FROM pg_stat_replication),
       current_setting('max_slot_wal_keep_size'),
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
       current_setting('server_encoding'), current_setting('wal_sender_timeout'))";

// The lock that a transaction has on its own xid is shown to every role; a prepared one has no pid.
constexpr const char* kRunningQuery = R"(
SELECT count(*) OVER (), coalesce(l.pid::text, ''), coalesce(p.gid, ''), coalesce(a.usename, '?'),
       coalesce(extract(epoch FROM now() - coalesce(a.xact_start, p.prepared))::bigint::text, '?')
FROM (SELECT DISTINCT ON (virtualtransaction) pid, transactionid FROM pg_locks
      WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
      ORDER BY virtualtransaction, pid) l
     LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND p.transaction = l.transactionid
ORDER BY coalesce(a.xact_start, p.prepared) NULLS LAST LIMIT 1)";

// How long the trial of the plugin may wait for running transactions; by then the server has loaded
// the library, which is what was asked.
constexpr const char* kTrialTimeout = "2s";

using Verdict = CheckItem::Verdict;

class Preflight {
public:
    Preflight(const SourceSettings& settings, const SelectionSettings& selection)
        : settings_(settings), selection_(selection) {}

    PostgresReport run(PluginTrial trial) {
        if (!connect()) return std::move(report_);
        check_server();
        check_stream();
        check_slot();
        if (trial == PluginTrial::kTry) check_plugin();
        check_tables();
        return std::move(report_);
    }

private:
    void add(std::string item, Verdict verdict, std::string detail, std::string remedy = {},
             std::optional<ErrorName> error = std::nullopt) {
        report_.items.push_back(
            {std::move(item), verdict, std::move(detail), std::move(remedy), error});
    }
    void add_ok(std::string item, std::string detail) {
        add(std::move(item), Verdict::kOk, std::move(detail));
    }
    void add_failed(std::string item, const Error& error) {
        const std::string remedy =
            error.hint.empty() ? std::string(error_row(error.name).remedy) : error.hint;
        add(std::move(item), Verdict::kFailed, error.message, remedy, error.name);
    }

    ConnectOptions options(bool replication) const {
        return {settings_.url,
                settings_.password,
                replication,
                settings_.connect_timeout,
                settings_.statement_timeout,
                settings_.interrupt_fd};
    }

    bool connect() {
        auto opened = PostgresConnection::open(options(false));
        if (!opened) {
            add_failed("connection", opened.error());
            return false;
        }
        connection_.emplace(std::move(*opened));
        role_ = connection_->user();
        const std::string host = connection_->host();
        const bool local = host.starts_with("/") || host.starts_with("@") || host == "localhost" ||
                           host == "127.0.0.1" || host == "::1";
        std::string detail = "role \"" + role_ + "\", database " + connection_->database();
        if (local || connection_->encrypted()) {
            add_ok("connection", detail + (connection_->encrypted() ? ", encrypted" : ""));
        } else {
            add("connection", Verdict::kWarning, detail + ", not encrypted",
                "Add sslmode=verify-full to source.url.");
        }
        return true;
    }

    void check_server() {
        auto rows = connection_->query(kServerQuery);
        if (!rows) return add_failed("server", rows.error());
        report_.server_version = rows->string(0, 0);
        check_version();
        check_wal_level(rows->text(0, 1));
        check_free("replication slots", "max_replication_slots", number(rows->text(0, 3)),
                   number(rows->text(0, 2)), ErrorName::kNoFreeSlot);
        check_free("WAL senders", "max_wal_senders", number(rows->text(0, 5)),
                   number(rows->text(0, 4)), ErrorName::kNoFreeSender);
        check_retention(rows->string(0, 6));
        check_role(rows->truth(0, 7));
        check_encoding(rows->string(0, 8));
        if (rows->text(0, 9) == "0") {
            add("wal_sender_timeout", Verdict::kWarning, "0: a dead consumer keeps its slot busy",
                "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();");
        }
    }

    static int number(std::string_view text) {
        int value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }

    void check_version() {
        const int major = connection_->server_version() / 10000;
        if (major < 14) {
            add("server version", Verdict::kFailed, report_.server_version,
                "Use PostgreSQL 14 or newer; 15 to 18 are tested.", ErrorName::kServerUnsupported);
        } else if (major < 15 || major > 18) {
            add("server version", Verdict::kWarning, report_.server_version + " is untested",
                "15 to 18 are tested.");
        } else {
            add_ok("server version", report_.server_version);
        }
    }

    void check_wal_level(std::string_view level) {
        if (level == "logical") return add_ok("wal_level", "logical");
        add("wal_level", Verdict::kFailed, std::string(level),
            "ALTER SYSTEM SET wal_level = logical; and restart the server.", ErrorName::kWalLevel);
    }

    void check_free(std::string item, const std::string& setting, int used, int limit,
                    ErrorName error) {
        const std::string detail = std::to_string(used) + " of " + std::to_string(limit) + " used";
        slots_full_ = slots_full_ || (error == ErrorName::kNoFreeSlot && used >= limit);
        if (used < limit) return add_ok(std::move(item), detail);
        // Ours may be among them: then nothing more is needed.
        const bool ours = error == ErrorName::kNoFreeSlot && slot_exists();
        add(std::move(item), ours ? Verdict::kWarning : Verdict::kFailed, detail,
            "ALTER SYSTEM SET " + setting + " = " + std::to_string(limit + 4) +
                "; and restart the server.",
            error);
    }

    bool slot_exists() {
        auto rows = connection_->query("SELECT FROM pg_replication_slots WHERE slot_name = $1",
                                       {settings_.slot}, {});
        return rows && rows->count() == 1;
    }

    void check_retention(const std::string& keep) {
        if (keep != "-1") return add_ok("max_slot_wal_keep_size", keep);
        add("max_slot_wal_keep_size", Verdict::kWarning,
            "-1: while the consumer is away, WAL grows until the disk is full",
            "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();");
    }

    void check_role(bool replication) {
        if (replication) return add_ok("role", "\"" + role_ + "\" has REPLICATION");
        add("role", Verdict::kFailed, "\"" + role_ + "\" has no REPLICATION",
            "ALTER ROLE " + quote_identifier(role_) + " REPLICATION;",
            ErrorName::kRoleNotReplication);
    }

    void check_encoding(const std::string& encoding) {
        if (encoding != "SQL_ASCII") return add_ok("encoding", encoding);
        add("encoding", Verdict::kWarning,
            "SQL_ASCII: the server does not know what its bytes mean; a text that is not UTF-8 is "
            "marked and stops the pipe",
            "Leave such columns out with source.skip_columns, or dump and restore into a database "
            "with an encoding.");
    }

    void check_stream() {
        PostgresSource source(settings_);
        auto facts = source.inspect();
        if (!facts) return add_failed("replication connection", facts.error());
        const std::string advice = source.connection_advice();
        add("replication connection", advice.empty() ? Verdict::kOk : Verdict::kWarning,
            advice.empty() ? "accepted" : advice,
            advice.empty() ? "" : "Leave the host out of source.url.");
        report_.facts = std::move(*facts);
    }

    void check_slot() {
        if (!report_.facts) return;
        const auto& slot = report_.facts->slot;
        const std::string name = "slot " + settings_.slot;
        if (!slot) {
            add_ok(name, "is made at the first start");
            return check_running();
        }
        if (!slot->logical || slot->temporary || slot->synced || slot->plugin != settings_.plugin ||
            slot->database != report_.facts->database) {
            return add(name, Verdict::kFailed, "belongs to somebody else",
                       "Choose another slot.name.", ErrorName::kSlotNotOurs);
        }
        if (slot->wal_status == "lost" || !slot->invalidation_reason.empty()) {
            return add(
                name, Verdict::kFailed,
                "lost" + (slot->invalidation_reason.empty() ? std::string()
                                                            : ": " + slot->invalidation_reason),
                "SELECT pg_drop_replication_slot(" + quote_literal(settings_.slot) +
                    "); and start anew with another slot name and a copy of the tables; or set "
                    "snapshot.mode = \"when_needed\", and the tables are read again.",
                ErrorName::kSlotLost);
        }
        if (slot->active) {
            return add(name, Verdict::kWarning, "in use: another consumer holds it",
                       "Stop the other consumer; run waits until it is gone.");
        }
        add_ok(name, "confirmed to " + to_string(slot->confirmed_flush_lsn));
    }

    // A slot is made when every transaction that writes now is over, and one that somebody has
    // forgotten would hold the first start for ever.
    void check_running() {
        auto rows = connection_->query(kRunningQuery);
        if (!rows) return add_failed("running transactions", rows.error());
        if (rows->count() == 0) return;
        const std::string pid = rows->string(0, 1);
        const std::string gid = rows->string(0, 2);
        const std::string whose =
            gid.empty() ? "pid " + pid + ", role \"" + printable(rows->text(0, 3)) + "\""
                        : "prepared transaction \"" + printable(gid) + "\"";
        add("running transactions", Verdict::kWarning,
            rows->string(0, 0) + " must end before the slot can be made; the oldest: " + whose +
                ", " + rows->string(0, 4) + " s",
            gid.empty() ? "Wait, or end it: SELECT pg_terminate_backend(" + pid + ");"
                        : "COMMIT PREPARED or ROLLBACK PREPARED " + quote_literal(gid) + ";");
    }

    // Only making a slot loads the library, so one is made; it is temporary, and given up as soon
    // as the server starts to wait for running transactions.
    void check_plugin() {
        const std::string item = "plugin " + settings_.plugin;
        if (slots_full_) {
            return add(item, Verdict::kWarning, "cannot be tried: no slot is free", "");
        }
        const std::string name = "penstock_check_" + std::to_string(::getpid());
        const PostgresContext context{Doing::kCreatingSlot, name, settings_.plugin, role_};
        auto limited = connection_->query("SELECT set_config('statement_timeout', $1, false)",
                                          {kTrialTimeout}, {});
        if (!limited) return add_failed(item, limited.error());
        auto made = connection_->query("SELECT pg_create_logical_replication_slot($1, $2, true)",
                                       {name, settings_.plugin}, context);
        if (made) {
            add_ok(item, "present and allowed");
            auto dropped =
                connection_->query("SELECT pg_drop_replication_slot($1)", {name}, context);
            if (!dropped) add_failed(item, dropped.error());
        } else if (made.error().detail.find("57014") != std::string::npos) {
            add(item, Verdict::kWarning,
                "present and allowed; a slot can only be made when the transactions that run now "
                "are over",
                "SELECT pid, now() - xact_start FROM pg_stat_activity WHERE backend_xid IS NOT "
                "NULL;");
        } else {
            add_failed(item, made.error());
        }
        auto reset = connection_->query("SELECT set_config('statement_timeout', '0', false)");
        if (!reset) add_failed(item, reset.error());
    }

    void check_tables() {
        auto tables = select_tables(*connection_, selection_);
        if (!tables) return add_failed("tables", tables.error());
        report_.tables = std::move(*tables);
        auto others = find_not_carried(*connection_, selection_);
        if (!others) return add_failed("tables", others.error());
        report_.not_carried = std::move(*others);
        for (CheckItem& item : check_not_carried(report_.not_carried)) {
            report_.items.push_back(std::move(item));
        }
        if (report_.tables.empty()) {
            const bool chosen = !selection_.tables.empty() || !selection_.publications.empty();
            // Without a choice a database without tables is only new; with one it is a mistake.
            return add("tables", chosen ? Verdict::kFailed : Verdict::kWarning, "none found",
                       chosen ? "Correct source.tables or source.publications." : "",
                       ErrorName::kSelectionEmpty);
        }
        add_ok("tables", std::to_string(report_.tables.size()) + " found");
        check_identities();
    }

    void check_identities() {
        constexpr std::size_t kNamed = 10;
        std::size_t without = 0;
        for (const SelectedTable& table : report_.tables) {
            if (table.logs_old_row() || ++without > kNamed) continue;
            const std::string name = printable(table.schema + "." + table.name);
            add("identity of " + name, Verdict::kWarning,
                "an UPDATE or DELETE logs no old row and stops the pipe",
                "ALTER TABLE " + qualified_name(table) + " REPLICA IDENTITY FULL;");
        }
        if (without > kNamed) {
            add("identity", Verdict::kWarning,
                std::to_string(without - kNamed) + " more tables log no old row",
                "ALTER TABLE ... REPLICA IDENTITY FULL;");
        }
        if (without == 0) add_ok("identity", "every table logs its old rows' keys");
    }

    const SourceSettings& settings_;
    const SelectionSettings& selection_;
    PostgresReport report_;
    std::optional<PostgresConnection> connection_;
    std::string role_;
    bool slots_full_ = false;
};

}  // namespace

PostgresReport check_postgres(const SourceSettings& settings, const SelectionSettings& selection,
                              PluginTrial trial) {
    return Preflight(settings, selection).run(trial);
}

}  // namespace penstock
