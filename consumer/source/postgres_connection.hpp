// One connection to PostgreSQL. Everything libpq is asked to wait for is waited for here, so that a
// stop request can interrupt it; nothing here knows slots or frames. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.hpp"
#include "engine/clock.hpp"
#include "engine/error.hpp"
#include "source/postgres_error.hpp"

struct pg_conn;
struct pg_result;

namespace penstock {

struct ConnectOptions {
    Secret url;       // URI or keyword string; an empty one leaves all to libpq's environment.
    Secret password;  // Overrides the one in `url` unless empty.
    bool replication = false;
    Duration timeout{10'000'000};  // connect_timeout of `url` wins.
    // Patience with a statement's answer; the making of a slot waits for other transactions and has
    // none.
    Duration statement_timeout{60'000'000};
    // When readable, connecting and running statements are cut short. -1 is none.
    int interrupt_fd = -1;
};

// What a statement returned: rows of text. Owns libpq's result.
class PostgresRows {
public:
    explicit PostgresRows(pg_result* result) : result_(result) {}
    int count() const;
    bool is_null(int row, int column) const;
    std::string_view text(int row, int column) const;  // Lives as long as this object. "" for NULL.
    std::string string(int row, int column) const { return std::string(text(row, column)); }
    bool failed() const;
    bool completed() const;  // A statement without rows is done.
    ServerMessage message() const;
    bool truth(int row, int column) const { return text(row, column) == "t"; }

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

class PostgresConnection {
public:
    // Connects and switches off every timeout of the session that could kill it while it waits.
    // kPostgresUnreachable, kPostgresAuthentication, kNoFreeSender, kServerShuttingDown, ...
    static Result<PostgresConnection> open(const ConnectOptions& options);

    PostgresConnection(PostgresConnection&&) = default;
    PostgresConnection& operator=(PostgresConnection&&) = default;

    // Runs one statement and waits for it. With parameters ($1, ...) only on an ordinary
    // connection: a replication connection knows no extended protocol.
    Result<PostgresRows> query(const std::string& sql, const std::vector<std::string>& parameters,
                               const PostgresContext& context);
    Result<PostgresRows> query(const std::string& sql) { return query(sql, {}, {}); }

    // Runs START_REPLICATION or COPY ... TO STDOUT: good when the server has begun to copy; from
    // then on the connection does not block.
    Status start_copy(const std::string& sql, const PostgresContext& context);

    // The next CopyData. kMessage: `bytes` views it until the next call. kDrained: nothing there
    // yet. kEnded: the server has ended the copy; after COPY ... TO STDOUT the connection takes the
    // next statement.
    enum class CopyRead : std::uint8_t { kMessage, kDrained, kEnded };
    Result<CopyRead> read_copy(std::string_view& bytes, const PostgresContext& context);

    // Queues one CopyData and sends what the socket takes at once; wants_write() tells of a rest,
    // which flush() and every read go on with.
    Status write_copy(std::string_view bytes, const PostgresContext& context);
    Status flush(const PostgresContext& context);
    bool wants_write() const { return wants_write_; }

    // Sends CopyDone and drops what still arrives until the server has done so too, or for
    // `patience` at most.
    void end_copy(Duration patience);

    // Asks the server to end the statement that runs; waits for it briefly or not at all.
    void cancel();

    // Whether the server has closed this connection, as far as can be seen without asking it.
    bool closed();

    int fd() const;
    int server_version() const;  // 150020
    int backend_pid() const;     // Of the server's process at the other end.
    std::string user() const;
    std::string database() const;
    std::string host() const;  // A path for a Unix socket.
    bool encrypted() const;

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    struct Free {
        void operator()(char* bytes) const;
    };

    using Deadline = std::chrono::steady_clock::time_point;

    explicit PostgresConnection(pg_conn* connection, const ConnectOptions& options);
    Deadline deadline(const PostgresContext& context) const;
    Result<PostgresRows> finish_statement(const PostgresContext& context);
    Status await_result(const PostgresContext& context, Deadline deadline);
    Status reset_timeouts(bool replication);
    Error last_error(const PostgresContext& context) const;

    std::unique_ptr<pg_conn, Finish> connection_;
    std::unique_ptr<char, Free> copy_;
    Duration statement_timeout_{};
    int interrupt_fd_ = -1;
    bool wants_write_ = false;
};

}  // namespace penstock
