#include "snapshot/chunk_session.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "snapshot/answer_text.hpp"
#include "snapshot/copy_row.hpp"
#include "source/description_decoder.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

// A predicate may have to look through a whole table for one row.
constexpr Duration kStatementPatience = std::chrono::hours(6);
constexpr std::size_t kRowBytesAtFirst = 512;
// A LIMIT in this size is none.
constexpr std::size_t kRowsUnlimited = 1U << 30;
constexpr std::chrono::milliseconds kFlushPoll{20};
constexpr std::chrono::milliseconds kFlushSlack{1000};

// A chunk is a stretch of the key's index: read in its order it costs what it holds, and a plan
// that sorts the whole table for each chunk would cost the square.
constexpr std::string_view kChunkSettings =
    "; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; "
    "SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off; SET LOCAL lock_timeout = '500ms'";

std::string begin_statement(std::string_view more) {
    return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + std::string(kReadingSettings) +
           std::string(more) + "; ";
}

Error on_standby() {
    return {ErrorName::kSnapshotOnStandby,
            "could not read tables while streaming: the server is a standby",
            "A transaction becomes visible there at another time than on the primary.",
            {}};
}

Error key_changed(const ChunkTable& table) {
    return {ErrorName::kSnapshotTableRefused,
            "could not go on with the snapshot of table \"" +
                printable(table.schema + "." + table.name) + "\": its key has changed",
            "The primary key or replica identity is not the one that it was begun with.",
            "Ask for the snapshot again."};
}

}  // namespace

VisibleTransactions visible_transactions(std::string_view text) {
    VisibleTransactions visible;
    const std::size_t first = text.find(':');
    const std::size_t second = text.find(':', first + 1);
    visible.xmin = number<std::uint64_t>(text.substr(0, first));
    visible.xmax = number<std::uint64_t>(text.substr(first + 1, second - first - 1));
    for (std::size_t at = second + 1; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        visible.running.push_back(number<std::uint64_t>(text.substr(at, comma - at)));
        at = comma + 1;
    }
    std::sort(visible.running.begin(), visible.running.end());
    return visible;
}

void add_running(VisibleTransactions& visible, std::string_view xids) {
    for (std::size_t at = 0; at < xids.size();) {
        const std::size_t comma = std::min(xids.find(',', at), xids.size());
        const auto xid = number<std::uint32_t>(xids.substr(at, comma - at));
        // Of the numbers that end like it the one nearest to xmax.
        const auto near = static_cast<std::uint32_t>(visible.xmax);
        const auto ahead = static_cast<std::int32_t>(xid - near);
        if (ahead >= 0) visible.running.push_back(visible.xmax + static_cast<std::uint32_t>(ahead));
        at = comma + 1;
    }
    std::sort(visible.running.begin(), visible.running.end());
}

std::vector<std::uint32_t> merge_key_of(const Relation& relation) {
    std::vector<std::uint32_t> attnums;
    if (relation.replica_identity == ReplicaIdentity::kNothing) return attnums;
    const bool full = relation.replica_identity == ReplicaIdentity::kFull;
    for (const Column& column : relation.columns) {
        const bool in = full ? column.primary_key_position != 0 : column.replica_key_position != 0;
        if (in) attnums.push_back(column.attnum);
    }
    return attnums;
}

ChunkSession::ChunkSession(SnapshotSettings settings) : settings_(std::move(settings)) {}

// ---- the connection --------------------------------------------------------------------------

PostgresContext ChunkSession::context() const {
    return {Doing::kReadingTable, {}, {}, role_, table_};
}

Result<PostgresRows> ChunkSession::ask(const std::string& sql,
                                       const std::vector<std::string>& parameters) {
    return connection_->query(sql, parameters, context());
}

Status ChunkSession::run(const std::string& sql) {
    auto done = ask(sql, {});
    if (!done) return Failure(done.error());
    return {};
}

Status ChunkSession::connect() {
    if (connection_ && !connection_->closed()) return {};
    connection_.reset();
    auto opened = PostgresConnection::open({.url = settings_.url,
                                            .password = settings_.password,
                                            .timeout = settings_.connect_timeout,
                                            .statement_timeout = kStatementPatience,
                                            .interrupt_fd = settings_.interrupt_fd});
    if (!opened) return Failure(opened.error());
    connection_ = std::move(*opened);
    role_ = connection_->user();
    seen_ = {};
    auto there = connection_->query(
        "SELECT to_regprocedure('penstock.encode_row(record,regclass)') IS NOT NULL");
    if (!there) return Failure(there.error());
    if (!there->truth(0, 0)) {
        return fail(ErrorName::kExtensionMissing, "could not take a snapshot: database \"" +
                                                      printable(connection_->database()) +
                                                      "\" does not have the extension penstock");
    }
    return run(pin_settings_statement(settings_.plugin_options));
}

// ---- a look ----------------------------------------------------------------------------------

Result<VisibleTransactions> ChunkSession::look() {
    return settled(look_once());
}

Result<VisibleTransactions> ChunkSession::look_once() {
    if (Status ready = connect(); !ready) return Failure(ready.error());
    auto rows =
        ask("SELECT pg_is_in_recovery(), pg_current_snapshot(), (SELECT "
            "string_agg(transactionid::text, "
            "',') FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' "
            "AND granted)",
            {});
    if (!rows) return Failure(rows.error());
    if (rows->truth(0, 0)) return Failure(on_standby());
    VisibleTransactions visible = visible_transactions(rows->text(0, 1));
    add_running(visible, rows->text(0, 2));
    return visible;
}

// ---- a chunk ---------------------------------------------------------------------------------

Result<ChunkRead> ChunkSession::read(const ReadChunk& wanted) {
    return settled(read_chunk(wanted));
}

Result<ChunkRead> ChunkSession::read_chunk(const ReadChunk& wanted) {
    ChunkRead chunk;
    chunk.ticket = wanted.ticket;
    chunk.until = wanted.until;
    table_ = quoted_table(wanted.table.schema, wanted.table.name);
    Status done = connect().and_then([&] { return see(chunk); });
    if (done) done = lock(wanted, chunk);
    if (!done) return Failure(done.error());
    if (chunk.gone) {
        close();  // The transaction is broken where the lock failed.
        return chunk;
    }
    if (done = look_at_file(wanted, chunk); !done) return Failure(done.error());
    if (!chunk.gone && !chunk.rewritten) {
        auto key = key_columns(*chunk.relation, wanted.table, wanted.table.key);
        if (!key) return Failure(key.error());
        const bool other = merge_key_of(*chunk.relation) != wanted.table.key;
        if (key->size() != wanted.table.key.size() || (!key->empty() && other)) {
            return Failure(key_changed(wanted.table));
        }
        if (done = find_until(*key, chunk); !done) return Failure(done.error());
        if (!chunk.last) done = copy(wanted, *key, chunk);
        if (!done) return Failure(done.error());
    }
    // Where the reading was cut short the transaction went with the connection.
    done = connection_ ? run("COMMIT") : connect();
    if (done) done = end_of_visible(chunk);
    if (!done) return Failure(done.error());
    return chunk;
}

// The transaction's snapshot is taken by the SELECT, before it looks where the WAL ends: whatever
// it sees was written by then.
Status ChunkSession::see(ChunkRead& chunk) {
    auto rows = ask(begin_statement(kChunkSettings) +
                        "SELECT pg_is_in_recovery(), pg_current_snapshot(), CASE WHEN "
                        "pg_is_in_recovery() THEN NULL ELSE pg_current_wal_insert_lsn() END, "
                        "(extract(epoch FROM now()) * 1000000)::bigint",
                    {});
    if (!rows) return Failure(rows.error());
    if (rows->truth(0, 0)) return Failure(on_standby());
    chunk.visible = visible_transactions(rows->text(0, 1));
    chunk.lsn = parse_lsn(rows->text(0, 2)).value_or(Lsn{});
    chunk.time_us = number<std::int64_t>(rows->text(0, 3));
    return {};
}

Status ChunkSession::lock(const ReadChunk& wanted, ChunkRead& chunk) {
    const Status locked = run(lock_statement(wanted.table.schema, wanted.table.name) +
                              "; SET LOCAL lock_timeout = 0");
    if (locked || locked.error().name != ErrorName::kSnapshotTableChanged) return locked;
    chunk.gone = true;
    return {};
}

// R1: a table with another file than the one that the snapshot knows reads as empty, without an
// error.
Status ChunkSession::look_at_file(const ReadChunk& wanted, ChunkRead& chunk) {
    const std::string oid = std::to_string(wanted.table.oid);
    auto rows =
        ask("SELECT coalesce(to_regclass($2)::oid = $1::oid, false), "
            "coalesce((SELECT relfilenode FROM pg_class WHERE oid = $1::oid), 0) = "
            "coalesce(pg_relation_filenode($1::oid), 0)",
            {oid, table_});
    if (!rows) return Failure(rows.error());
    chunk.gone = !rows->truth(0, 0);
    chunk.rewritten = !chunk.gone && !rows->truth(0, 1);
    if (chunk.gone || chunk.rewritten) return {};
    auto published = ask("SELECT penstock.published_as($1::oid)::oid", {oid});
    if (!published) return Failure(published.error());
    chunk.gone = number<std::uint32_t>(published->text(0, 0)) != wanted.table.published_as;
    if (chunk.gone) return {};
    auto relation = describe(wanted.table.oid, wanted.table.published_as);
    if (!relation) return Failure(relation.error());
    chunk.relation = std::move(*relation);
    return {};
}

Result<std::shared_ptr<const Relation>> ChunkSession::describe(std::uint32_t oid,
                                                               std::uint32_t published_as) {
    auto rows = ask("SELECT encode(penstock.relation($1::oid, $2::oid), 'hex')",
                    {std::to_string(oid), std::to_string(published_as)});
    if (!rows) return Failure(rows.error());
    RelationFrame frame;
    if (const char* wrong = read_relation(bytes_of_hex(rows->text(0, 0)), frame)) {
        return fail(ErrorName::kFrameInvalid, std::string("invalid description: ") + wrong);
    }
    return std::move(frame.relation);
}

// In the order of the index that makes them unique; none when none does.
Result<std::vector<KeyColumn>> ChunkSession::key_columns(
    const Relation& relation, const ChunkTable& table, const std::vector<std::uint32_t>& attnums) {
    std::vector<KeyColumn> key;
    std::vector<std::string> names;
    for (const Column& column : relation.columns) {
        const bool in = std::find(attnums.begin(), attnums.end(), column.attnum) != attnums.end();
        if (in) names.push_back(column.name);
    }
    if (names.empty()) return key;
    auto rows = ask(key_index_statement(), {std::to_string(table.oid), text_array(names),
                                            std::to_string(table.published_as)});
    if (!rows) return Failure(rows.error());
    for (int i = 0; i < rows->count(); ++i) {
        key.push_back({rows->string(i, 0), rows->string(i, 1), rows->string(i, 2),
                       rows->string(i, 3), rows->string(i, 4), rows->string(i, 5),
                       rows->string(i, 6), rows->string(i, 7), rows->truth(i, 8)});
    }
    return key;
}

Status ChunkSession::find_until(const std::vector<KeyColumn>& key, ChunkRead& chunk) {
    if (key.empty() || !chunk.until.empty()) return {};
    auto rows = ask(largest_key_statement(table_, key), {});
    if (!rows) return Failure(rows.error());
    chunk.last = rows->count() == 0;
    if (!chunk.last) chunk.until = rows->string(0, 0);
    return {};
}

// So many that the bytes are used and little is read in vain.
std::size_t ChunkSession::rows_to_ask(const ReadChunk& wanted) const {
    if (wanted.table.key.empty() || wanted.rows_max >= kRowsUnlimited) return 0;
    const auto known = row_bytes_.find(wanted.table.oid);
    const std::size_t row = known == row_bytes_.end() ? kRowBytesAtFirst : known->second;
    return std::clamp<std::size_t>(wanted.bytes_max / std::max<std::size_t>(row, 1), 1,
                                   std::max<std::size_t>(wanted.rows_max, 1));
}

Status ChunkSession::copy(const ReadChunk& wanted, const std::vector<KeyColumn>& key,
                          ChunkRead& chunk) {
    ChunkStatement statement;
    statement.table = table_;
    statement.key = key;
    if (wanted.table.published_as != wanted.table.oid) {
        statement.published_as = std::to_string(wanted.table.published_as);
    }
    statement.predicate = wanted.predicate;
    statement.after = wanted.after;
    statement.until = chunk.until;
    statement.rows_max = rows_to_ask(wanted);
    Status started = connection_->start_copy(chunk_statement(statement), context());
    if (!started) return started;
    const auto whole = take_rows(wanted.bytes_max, chunk);
    if (!whole) return Failure(whole.error());
    if (!chunk.rows.empty()) {
        row_bytes_[wanted.table.oid] = chunk.bytes.size() / chunk.rows.size() + 1;
    }
    chunk.last = *whole && (statement.rows_max == 0 || chunk.rows.size() < statement.rows_max);
    if (!*whole) {
        connection_->cancel();
        close();
    }
    return {};
}

// False when there is more than fits.
Result<bool> ChunkSession::take_rows(std::size_t bytes_max, ChunkRead& chunk) {
    using CopyRead = PostgresConnection::CopyRead;
    CopyParser parser;
    parser.reset();
    for (;;) {
        std::string_view message;
        auto read = connection_->read_copy(message, context());
        if (!read) return Failure(read.error());
        if (*read == CopyRead::kEnded) return true;
        if (*read == CopyRead::kDrained) {
            if (Status waited = wait_for_rows(); !waited) return Failure(waited.error());
            continue;
        }
        auto pair = parser.parse_pair(message);
        if (!pair) return Failure(pair.error());
        if (!*pair) continue;
        const auto [row, cursor] = **pair;
        const bool full = chunk.bytes.size() + row.size() > bytes_max;
        if (full && !chunk.rows.empty()) return false;
        chunk.rows.push_back({chunk.bytes.size(), row.size(), chunk.cursors.size(), cursor.size()});
        chunk.bytes += row;
        chunk.cursors += cursor;
    }
}

Status ChunkSession::wait_for_rows() {
    pollfd fds[2] = {{connection_->fd(), POLLIN, 0}, {settings_.interrupt_fd, POLLIN, 0}};
    ::poll(fds, 2, -1);
    if (fds[1].revents == 0) return {};
    connection_->cancel();
    return fail(ErrorName::kPostgresConnectionLost,
                "could not read table " + printable(table_) + ": interrupted by a request to stop");
}

// Where the last commit ends that the chunk sees. The WAL may end further on with what readers
// leave behind (pruned pages, hint bits), and that is flushed, and the stream told of it, only at
// the server's leisure. A commit is flushed within three times wal_writer_delay, even an
// asynchronous one (PostgreSQL manual, "Asynchronous Commit"), so what is not by then is none. A
// chunk that sees what the last one saw ends where that one did.
Status ChunkSession::end_of_visible(ChunkRead& chunk) {
    if (chunk.visible == seen_) {
        chunk.lsn = std::min(chunk.lsn, seen_end_);
        return {};
    }
    const auto begun = Clock::now();
    for (;;) {
        auto rows =
            ask("SELECT pg_current_wal_flush_lsn(), (SELECT setting FROM pg_settings WHERE "
                "name = 'wal_writer_delay')",
                {});
        if (!rows) return Failure(rows.error());
        const Lsn flushed = parse_lsn(rows->text(0, 0)).value_or(Lsn{});
        const std::chrono::milliseconds delay(number<std::int64_t>(rows->text(0, 1)));
        const bool late = Clock::now() - begun >= 3 * delay + kFlushSlack;
        if (flushed >= chunk.lsn || late) {
            chunk.lsn = std::min(chunk.lsn, flushed);
            break;
        }
        pollfd stop{settings_.interrupt_fd, POLLIN, 0};
        ::poll(&stop, 1, static_cast<int>(kFlushPoll.count()));
        if (stop.revents != 0) break;  // The next statement is cut short.
    }
    seen_ = chunk.visible;
    seen_end_ = chunk.lsn;
    return {};
}

}  // namespace penstock
