#include "source/postgres_source.hpp"

#include <charconv>
#include <chrono>

#include "source/frame_decoder.hpp"
#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"
#include "source/timeline_history.hpp"

namespace penstock {
namespace {

// Works on 14 to 18: columns that a version lacks are asked for by name through jsonb.
constexpr const char* kSlotQuery = R"(
SELECT s.plugin, s.database, s.slot_type = 'logical', s.temporary, s.active, s.restart_lsn,
       s.confirmed_flush_lsn, s.wal_status,
       coalesce(to_jsonb(s)->>'invalidation_reason',
                CASE WHEN (to_jsonb(s)->>'conflicting')::bool THEN 'conflicting' END),
       -- Left over on a standby that was promoted, where it means nothing.
       pg_is_in_recovery() AND coalesce((to_jsonb(s)->>'synced')::bool, false),
       greatest(0, extract(epoch FROM clock_timestamp() - r.reply_time) * 1000000)::bigint,
       coalesce(s.active_pid = $2::int, false), greatest(s.safe_wal_size, 0)
FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
WHERE s.slot_name = $1)";

constexpr const char* kServerQuery = R"(
SELECT d.oid, d.datname,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
            ELSE pg_current_wal_insert_lsn() END,
       (SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'),
       (SELECT system_identifier FROM pg_control_system())
FROM pg_database d WHERE d.datname = current_database())";

constexpr int kOldestServer = 140000;
constexpr int kFailoverServer = 170000;

template <class Number>
Number number(std::string_view text) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Lsn lsn(std::string_view text) {
    return parse_lsn(text).value_or(Lsn{});
}

}  // namespace

struct PostgresSource::Connections {
    PostgresConnection stream;
    std::optional<PostgresConnection> facts;
};

PostgresSource::PostgresSource(SourceSettings settings) : settings_(std::move(settings)) {}
PostgresSource::~PostgresSource() = default;

Failure PostgresSource::give_up(Error error) {
    close(false);
    return Failure(std::move(error));
}

Result<ServerFacts> PostgresSource::inspect() {
    if (!connections_) {
        if (auto connected = connect(); !connected) return give_up(connected.error());
    }
    auto facts = look();
    if (!facts) return give_up(facts.error());
    return facts;
}

ConnectOptions PostgresSource::connect_options(bool replication) const {
    return {settings_.url,
            settings_.password,
            replication,
            settings_.connect_timeout,
            settings_.statement_timeout,
            settings_.interrupt_fd};
}

Status PostgresSource::connect() {
    auto stream = PostgresConnection::open(connect_options(true));
    if (!stream) return Failure(stream.error());
    auto facts = PostgresConnection::open(connect_options(false));
    if (!facts) return Failure(facts.error());
    role_ = stream->user();
    connections_ =
        std::make_unique<Connections>(Connections{std::move(*stream), std::move(*facts)});
    identity_ = {};
    const int version = connections_->stream.server_version();
    if (version < kOldestServer) {
        return fail(ErrorName::kServerUnsupported,
                    "cannot use this PostgreSQL server: its version is " + std::to_string(version));
    }
    identity_.version_num = static_cast<std::uint32_t>(version);
    auto system = connections_->stream.query("IDENTIFY_SYSTEM");
    if (!system) return Failure(system.error());
    identity_.system_identifier = number<std::uint64_t>(system->text(0, 0));
    identity_.timeline = number<std::uint32_t>(system->text(0, 1));
    return read_timeline_history();
}

Status PostgresSource::read_timeline_history() {
    if (identity_.timeline <= 1) return {};
    auto history =
        connections_->stream.query("TIMELINE_HISTORY " + std::to_string(identity_.timeline));
    if (!history) return Failure(history.error());
    auto parsed = parse_timeline_history(history->text(0, 1));
    if (!parsed) return Failure(parsed.error());
    identity_.timeline_history = std::move(*parsed);
    return {};
}

Result<ServerFacts> PostgresSource::look() {
    if (!connections_->facts) {
        auto facts = PostgresConnection::open(connect_options(false));
        if (!facts) return Failure(facts.error());
        connections_->facts = std::move(*facts);
    }
    auto rows = connections_->facts->query(kServerQuery);
    if (!rows) return Failure(rows.error());
    ServerFacts facts = identity_;
    facts.database_oid = number<std::uint32_t>(rows->text(0, 0));
    facts.database = rows->string(0, 1);
    facts.wal_insert_lsn = lsn(rows->text(0, 2));
    facts.wal_sender_timeout = std::chrono::milliseconds(number<std::int64_t>(rows->text(0, 3)));
    // A list of hosts, a pooler or a moved address can part the two connections.
    if (number<std::uint64_t>(rows->text(0, 4)) != facts.system_identifier) {
        return fail(ErrorName::kPostgresUnreachable,
                    "could not look at the server: two connections reached two servers",
                    "The replication connection and the ordinary one answer with different system "
                    "identifiers.",
                    "Name one server in source.url, without a pooler in between.");
    }
    auto slot = look_at_slot();
    if (!slot) return Failure(slot.error());
    facts.slot = std::move(*slot);
    return facts;
}

Result<std::optional<SlotFacts>> PostgresSource::look_at_slot() {
    const std::string our_sender = std::to_string(connections_->stream.backend_pid());
    auto rows = connections_->facts->query(kSlotQuery, {settings_.slot, our_sender}, {});
    if (!rows) return Failure(rows.error());
    if (rows->count() == 0) return std::nullopt;
    SlotFacts slot;
    slot.plugin = rows->string(0, 0);
    slot.database = rows->string(0, 1);
    slot.logical = rows->truth(0, 2);
    slot.temporary = rows->truth(0, 3);
    slot.active = rows->truth(0, 4);
    slot.restart_lsn = lsn(rows->text(0, 5));
    slot.confirmed_flush_lsn = lsn(rows->text(0, 6));
    slot.wal_status = rows->string(0, 7);
    slot.invalidation_reason = rows->string(0, 8);
    slot.synced = rows->truth(0, 9);
    if (!rows->is_null(0, 10)) {
        slot.holder_reply_age = Duration(number<std::int64_t>(rows->text(0, 10)));
    }
    slot.held = rows->truth(0, 11);
    if (!rows->is_null(0, 12)) slot.safe_wal_bytes = number<std::uint64_t>(rows->text(0, 12));
    return slot;
}

std::string PostgresSource::start_statement(Lsn at) const {
    std::string sql = "START_REPLICATION SLOT " + quote_identifier(settings_.slot) + " LOGICAL " +
                      to_string(at) + " (";
    const auto add = [&sql](std::string_view name, std::string_view value) {
        if (sql.back() != '(') sql += ", ";
        sql += quote_identifier(name) + " " + quote_literal(value);
    };
    add("protocol_min", std::to_string(FrameDecoder::kProtocolMin));
    add("protocol_max", std::to_string(FrameDecoder::kProtocolMax));
    for (const auto& [name, value] : settings_.plugin_options) add(name, value);
    return sql + ")";
}

Status PostgresSource::start(Lsn at) {
    const PostgresContext context{Doing::kStartingReplication, settings_.slot, settings_.plugin,
                                  role_};
    if (!connections_) {
        if (auto connected = connect(); !connected) return give_up(connected.error());
    }
    auto started = connections_->stream.start_copy(start_statement(at), context);
    if (!started) return give_up(started.error());
    streaming_ = true;
    return {};
}

Result<Lsn> PostgresSource::create_slot() {
    const PostgresContext context{Doing::kCreatingSlot, settings_.slot, settings_.plugin, role_};
    if (!connections_) {
        if (auto connected = connect(); !connected) return give_up(connected.error());
    }
    const int version = connections_->stream.server_version();
    std::string sql = "CREATE_REPLICATION_SLOT " + quote_identifier(settings_.slot) +
                      (settings_.temporary ? " TEMPORARY LOGICAL " : " LOGICAL ") +
                      quote_identifier(settings_.plugin);
    if (version >= 150000) {
        sql += " (SNAPSHOT 'export'";
        if (version >= kFailoverServer && settings_.failover && !settings_.temporary) {
            sql += ", FAILOVER";
        }
        sql += ")";
    } else {
        sql += " EXPORT_SNAPSHOT";
    }
    auto rows = connections_->stream.query(sql, {}, context);
    if (!rows) return give_up(rows.error());
    exported_snapshot_ = rows->string(0, 2);
    return lsn(rows->text(0, 1));
}

Status PostgresSource::drop_slot() {
    const PostgresContext context{Doing::kDroppingSlot, settings_.slot, settings_.plugin, role_};
    if (streaming_) close(true);
    if (!connections_) {
        if (auto connected = connect(); !connected) return give_up(connected.error());
    }
    auto rows = connections_->stream.query(
        "DROP_REPLICATION_SLOT " + quote_identifier(settings_.slot), {}, context);
    if (!rows) return give_up(rows.error());
    return {};
}

Status PostgresSource::terminate_holder() {
    auto looked = inspect();
    if (!looked) return Failure(looked.error());
    auto rows = connections_->facts->query(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
        "WHERE slot_name = $1 AND active_pid IS NOT NULL",
        {settings_.slot}, {});
    if (!rows) return give_up(rows.error());
    return {};
}

bool PostgresSource::probe_shutdown() {
    if (!connections_) return false;
    if (connections_->facts && !connections_->facts->closed()) return false;
    connections_->facts.reset();
    auto again = PostgresConnection::open(connect_options(false));
    if (!again) return again.error().name == ErrorName::kServerShuttingDown;
    connections_->facts = std::move(*again);
    return false;
}

Result<std::optional<ReplicationMessage>> PostgresSource::read() {
    using CopyRead = PostgresConnection::CopyRead;
    if (!streaming_) return std::nullopt;
    const PostgresContext context{Doing::kStreaming, settings_.slot, settings_.plugin, role_};
    std::string_view bytes;
    const auto outcome = connections_->stream.read_copy(bytes, context);
    if (!outcome) return give_up(outcome.error());
    switch (*outcome) {
        case CopyRead::kDrained:
            return std::nullopt;
        case CopyRead::kEnded:
            // A walsender ends a logical stream by itself only when the server goes down.
            return give_up(Error{ErrorName::kServerShuttingDown,
                                 "could not read the stream of slot " +
                                     quote_identifier(settings_.slot) + ": the server has ended it",
                                 {},
                                 {}});
        case CopyRead::kMessage:
            break;
    }
    auto message = parse_replication_message(bytes);
    if (!message) return give_up(message.error());
    return std::optional<ReplicationMessage>(*message);
}

Status PostgresSource::send_status(Lsn confirmed, bool reply_requested) {
    if (!streaming_) return {};
    const PostgresContext context{Doing::kStreaming, settings_.slot, settings_.plugin, role_};
    const auto now =
        std::chrono::duration_cast<WallTime>(std::chrono::system_clock::now().time_since_epoch());
    const StatusUpdate update = make_status_update(confirmed, now, reply_requested);
    auto sent = connections_->stream.write_copy({update.data(), update.size()}, context);
    if (!sent) return give_up(sent.error());
    return {};
}

bool PostgresSource::wants_write() const {
    return connections_ && connections_->stream.wants_write();
}

int PostgresSource::fd() const {
    return connections_ ? connections_->stream.fd() : -1;
}

void PostgresSource::close(bool copy_done, Duration patience) {
    if (connections_ && streaming_ && copy_done) connections_->stream.end_copy(patience);
    streaming_ = false;
    connections_.reset();
}

std::string PostgresSource::connection_advice() const {
    if (!connections_) return {};
    const std::string host = connections_->stream.host();
    if (host != "localhost" && host != "127.0.0.1" && host != "::1") return {};
    return "the server is on this machine but is reached by TCP; without a host in source.url the "
           "Unix socket is used, which costs the server 40 % less for small transactions";
}

}  // namespace penstock
