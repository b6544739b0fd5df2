// The PostgreSQL side of the pipe: a replication connection that carries the stream and a second,
// ordinary one for facts. Executes what the engine commands and decides nothing. Every failure
// closes both connections; the next inspect() opens them again. One thread; statements block it,
// reads of the stream never do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/secret.hpp"
#include "engine/clock.hpp"
#include "engine/command.hpp"
#include "engine/error.hpp"
#include "engine/lsn.hpp"
#include "source/replication_message.hpp"

namespace penstock {

struct ConnectOptions;

struct SourceSettings {
    Secret url;
    Secret password;  // Overrides the one in `url` unless empty.
    std::string slot;
    std::string plugin = "penstock";
    bool temporary = false;  // The slot dies with the connection.
    bool failover = true;    // FAILOVER on 17 and newer.
    // Options of START_REPLICATION, names and values; `protocol_min` and `_max` are added.
    std::vector<std::pair<std::string, std::string>> plugin_options;
    Duration connect_timeout{10'000'000};
    Duration statement_timeout{60'000'000};  // Of all but the making of a slot.
    // When readable, a statement that runs is cancelled and fails: a stop need not wait for a
    // slot's creation, which waits for every transaction that is running. -1 is none.
    int interrupt_fd = -1;
};

class PostgresSource {
public:
    explicit PostgresSource(SourceSettings settings);
    ~PostgresSource();
    PostgresSource(const PostgresSource&) = delete;
    PostgresSource& operator=(const PostgresSource&) = delete;

    // Connects where not connected, and looks. What IDENTIFY_SYSTEM says is remembered for the life
    // of the connection, so this also works while the stream runs.
    Result<ServerFacts> inspect();

    // START_REPLICATION; the server moves a position below confirmed_flush_lsn forward by itself.
    Status start(Lsn at);

    // CREATE_REPLICATION_SLOT; returns the consistent point. Waits for running transactions.
    Result<Lsn> create_slot();
    // The snapshot that the last create_slot() exported; good until the next command.
    const std::string& exported_snapshot() const { return exported_snapshot_; }

    Status drop_slot();
    Status terminate_holder();

    // Whether the server is going down: the second connection is closed and a new one is refused
    // with SQLSTATE 57P03.
    bool probe_shutdown();

    // The next message of the stream, or nothing when the socket is drained. Its payload lives
    // until the next read().
    Result<std::optional<ReplicationMessage>> read();

    // Standby status update. Sends what the socket takes at once; see wants_write().
    Status send_status(Lsn confirmed, bool reply_requested);
    bool wants_write() const;

    // The socket of the stream, for poll(); -1 when not connected.
    int fd() const;

    bool streaming() const { return streaming_; }

    // With copy_done says goodbye first and waits for the server's answer, `patience` at most.
    void close(bool copy_done, Duration patience = Duration{2'000'000});

    // What a person may want to know about the connection; empty when there is nothing to say.
    std::string connection_advice() const;

private:
    struct Connections;

    Status connect();
    Result<ServerFacts> look();
    Result<std::optional<SlotFacts>> look_at_slot();
    Status read_timeline_history();
    std::string start_statement(Lsn at) const;
    ConnectOptions connect_options(bool replication) const;
    Failure give_up(Error error);

    SourceSettings settings_;
    std::unique_ptr<Connections> connections_;
    std::string role_;
    std::string exported_snapshot_;
    ServerFacts identity_;
    bool streaming_ = false;
};

}  // namespace penstock
