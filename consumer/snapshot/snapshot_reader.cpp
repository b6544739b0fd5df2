#include "snapshot/snapshot_reader.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "snapshot/answer_text.hpp"
#include "snapshot/copy_row.hpp"
#include "snapshot/predicate.hpp"
#include "source/description_decoder.hpp"
#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// A lock may have to be waited for, and a whole table be looked through for a row.
constexpr Duration kStatementPatience = std::chrono::hours(6);

Failure table_changed(const SnapshotTable& table) {
    return fail(ErrorName::kSnapshotTableChanged,
                "table \"" + printable(table.schema + "." + table.name) +
                    "\" was changed before it could be locked",
                "It was rewritten, truncated, renamed or dropped after the slot was made, so that "
                "its rows of that moment cannot be read any more.");
}

}  // namespace

struct SnapshotReader::Connection {
    explicit Connection(PostgresConnection opened)
        : postgres(std::move(opened)), role(postgres.user()) {}

    PostgresContext context(const std::string& table_name = {}) {
        table = table_name;
        return {Doing::kReadingTable, {}, {}, role, table};
    }

    PostgresConnection postgres;
    std::string role;
    std::string table;  // Of the statement that runs.
    CopyParser parser;
    bool retired = false;               // Could not lock a table without waiting.
    std::optional<std::size_t> locked;  // The table that it locked last.
    std::optional<std::size_t> task;
    std::optional<CopiedRow> row;  // Read and not handed over yet.
    bool ended = false;            // The copy of the task is over, and that was not told yet.
};

SnapshotReader::SnapshotReader(SnapshotSettings settings) : settings_(std::move(settings)) {}
SnapshotReader::~SnapshotReader() = default;

void SnapshotReader::close() {
    connections_.clear();
    tables_.clear();
    tasks_.clear();
    task_done_.clear();
    first_open_ = next_task_ = tasks_left_ = turn_ = 0;
    in_block_ = false;
}

Failure SnapshotReader::give_up(Error error) {
    close();
    return Failure(std::move(error));
}

Result<SnapshotOpened> SnapshotReader::adopt(const std::string& exported) {
    auto opened = open(exported, nullptr);
    if (!opened) return give_up(opened.error());
    return opened;
}

Result<SnapshotOpened> SnapshotReader::resume(const std::vector<ResumedTable>& tables) {
    auto opened = open({}, &tables);
    if (!opened) return give_up(opened.error());
    return opened;
}

// The first connection selects and locks, and exports its snapshot where it has one of its own; the
// others adopt the same one or fail: a reader without it would read another moment.
Result<SnapshotOpened> SnapshotReader::open(const std::string& exported,
                                            const std::vector<ResumedTable>* resumed) {
    close();
    const ConnectOptions options{.url = settings_.url,
                                 .password = settings_.password,
                                 .timeout = settings_.connect_timeout,
                                 .statement_timeout = kStatementPatience,
                                 .interrupt_fd = settings_.interrupt_fd};
    std::string shared = exported;
    for (std::size_t i = 0; i < std::max<std::size_t>(settings_.readers, 1); ++i) {
        auto postgres = PostgresConnection::open(options);
        if (!postgres) return Failure(postgres.error());
        connections_.push_back(std::make_unique<Connection>(std::move(*postgres)));
        Connection& connection = *connections_.back();
        if (Status begun = begin(connection, shared); !begun) return Failure(begun.error());
        if (!shared.empty()) continue;
        auto own =
            connection.postgres.query("SELECT pg_export_snapshot()", {}, connection.context());
        if (!own) return Failure(own.error());
        shared = own->string(0, 0);
    }
    Connection& first = *connections_.front();
    SnapshotOpened opened;
    opened.resumed = resumed != nullptr;
    if (Status done = describe_snapshot(first, opened); !done) return Failure(done.error());
    if (resumed == nullptr) {
        auto tables = selected_tables(first);
        if (!tables) return Failure(tables.error());
        opened.tables = std::move(*tables);
    } else {
        if (Status whole = sees_all_of(first, *resumed); !whole) return Failure(whole.error());
        for (const ResumedTable& table : *resumed) {
            SnapshotTable& found = opened.tables.emplace_back();
            found.oid = table.oid;
            found.schema = table.state.schema;
            found.name = table.state.table;
            if (table.state.progress == SnapshotProgress::kDone) continue;
            if (Status done = look_at_resumed(first, found, table.state); !done) {
                return Failure(done.error());
            }
        }
    }
    std::uint32_t id = 0;
    for (SnapshotTable& table : opened.tables) {
        ++id;
        if (!table.relation) continue;
        auto relation = std::make_shared<Relation>(*table.relation);
        relation->id = id;
        table.relation = std::move(relation);
    }
    tables_ = opened.tables;
    return opened;
}

// The first snapshot was made by the order of the WAL, this one by what backends have announced. A
// transaction between the two states is in the first and its rows are not streamed, so without them
// this one would lose rows.
Status SnapshotReader::sees_all_of(Connection& connection,
                                   const std::vector<ResumedTable>& resumed) {
    std::set<std::string> snapshots;
    for (const ResumedTable& table : resumed) {
        if (table.state.progress != SnapshotProgress::kDone) snapshots.insert(table.state.snapshot);
    }
    for (const std::string& snapshot : snapshots) {
        auto rows =
            connection.postgres.query(not_visible_statement(snapshot), {}, connection.context());
        if (!rows) return Failure(rows.error());
        if (rows->is_null(0, 0)) continue;
        return fail(ErrorName::kSnapshotNotVisible,
                    "could not go on with the snapshot: transactions that it saw are not visible "
                    "yet",
                    "Their numbers are " + rows->string(0, 0) + ".");
    }
    return {};
}

Status SnapshotReader::begin(Connection& connection, const std::string& exported) {
    const auto run = [&](const std::string& sql) -> Status {
        auto done = connection.postgres.query(sql, {}, connection.context());
        if (!done) return Failure(done.error());
        return {};
    };
    auto there = connection.postgres.query(
        "SELECT to_regprocedure('penstock.encode_row(record,regclass)') IS NOT NULL, "
        "pg_is_in_recovery()");
    if (!there) return Failure(there.error());
    if (there->truth(0, 1)) {
        return fail(ErrorName::kSnapshotOnStandby,
                    "could not take a snapshot: the server is a standby");
    }
    if (!there->truth(0, 0)) {
        return fail(ErrorName::kExtensionMissing, "could not take a snapshot: database \"" +
                                                      printable(connection.postgres.database()) +
                                                      "\" does not have the extension penstock");
    }
    if (Status done = run(pin_settings_statement(settings_.plugin_options)); !done) return done;
    if (Status done = run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !done) return done;
    if (!exported.empty()) {
        if (Status done = run("SET TRANSACTION SNAPSHOT " + quote_literal(exported)); !done) {
            return done;
        }
    }
    return run(std::string(kReadingSettings));
}

Status SnapshotReader::describe_snapshot(Connection& connection, SnapshotOpened& opened) {
    auto rows = connection.postgres.query(
        "SELECT pg_current_snapshot(), pg_snapshot_xmax(pg_current_snapshot())::text::numeric % "
        "4294967296, (extract(epoch FROM now()) * 1000000)::bigint",
        {}, connection.context());
    if (!rows) return Failure(rows.error());
    opened.snapshot = rows->string(0, 0);
    opened.next_xid = Xid{number<std::uint32_t>(rows->text(0, 1))};
    opened.time_us = number<std::int64_t>(rows->text(0, 2));
    return {};
}

// R1: what the adopted snapshot says of a table is compared with what it is now, under a lock that
// keeps it so. A table rewritten in between would read as empty, without an error.
Result<std::vector<SnapshotTable>> SnapshotReader::selected_tables(Connection& connection) {
    const auto statement = selected_tables_statement(settings_.choice);
    if (!statement) return Failure(statement.error());
    auto rows = connection.postgres.query(*statement, {}, connection.context());
    if (!rows) return Failure(rows.error());
    std::vector<SnapshotTable> tables;
    for (int i = 0; i < rows->count(); ++i) {
        SnapshotTable& table = tables.emplace_back();
        table.oid = number<std::uint32_t>(rows->text(i, 0));
        table.published_as = number<std::uint32_t>(rows->text(i, 1));
        table.schema = rows->string(i, 2);
        table.name = rows->string(i, 3);
        table.place = number<std::uint32_t>(rows->text(i, 4));
        if (rows->is_null(i, 5)) continue;
        table.predicate = settings_.choice.where[number<std::size_t>(rows->text(i, 5))].predicate;
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
        std::uint32_t file_of_snapshot = 0;
        if (Status locked = lock(connection, tables[i]); !locked) return Failure(locked.error());
        if (Status seen = look(connection, tables[i], file_of_snapshot); !seen) {
            return Failure(seen.error());
        }
        if (!tables[i].exists || file_of_snapshot != tables[i].relfilenode) {
            return table_changed(tables[i]);
        }
        if (Status taken = check_predicate(connection, tables[i]); !taken) {
            return Failure(taken.error());
        }
    }
    return tables;
}

Status SnapshotReader::check_predicate(Connection& connection, const SnapshotTable& table) {
    if (table.predicate.empty()) return {};
    const std::string name = quoted_table(table.schema, table.name);
    if (const char* const wrong = complaint_about_predicate(table.predicate)) {
        return fail(ErrorName::kSnapshotPredicate,
                    "could not read table " + printable(name) +
                        ": its condition is no expression: " + wrong);
    }
    auto planned =
        connection.postgres.query(explain_statement(table), {"true"}, connection.context(name));
    if (planned) return {};
    Error error = std::move(planned.error());
    if (error.name == ErrorName::kPostgresQueryFailed) error.name = ErrorName::kSnapshotPredicate;
    return Failure(std::move(error));
}

// What else a statement of ours could fail with than by the predicate in it (100/x > 5) has a name.
Error SnapshotReader::judged(Error error, std::size_t task) const {
    const bool ours = tasks_[task].predicate.empty();
    if (error.name == ErrorName::kPostgresQueryFailed && !ours) {
        error.name = ErrorName::kSnapshotPredicate;
    }
    return error;
}

Status SnapshotReader::lock(Connection& connection, const SnapshotTable& table) {
    auto locked =
        connection.postgres.query(lock_statement(table.schema, table.name), {},
                                  connection.context(quoted_table(table.schema, table.name)));
    if (!locked) return Failure(locked.error());
    return {};
}

Status SnapshotReader::look(Connection& connection, SnapshotTable& table,
                            std::uint32_t& file_of_snapshot) {
    const std::string name = quoted_table(table.schema, table.name);
    auto rows = connection.postgres.query(
        look_statement(), {std::to_string(table.oid), std::to_string(table.published_as), name},
        connection.context(name));
    if (!rows) return Failure(rows.error());
    table.exists = rows->truth(0, 0);
    file_of_snapshot = number<std::uint32_t>(rows->text(0, 1));
    table.relfilenode = number<std::uint32_t>(rows->text(0, 2));
    table.blocks = number<std::uint64_t>(rows->text(0, 3));
    RelationFrame frame;
    if (const char* wrong = read_relation(bytes_of_hex(rows->text(0, 4)), frame)) {
        return fail(ErrorName::kFrameInvalid, std::string("invalid description: ") + wrong);
    }
    table.relation = std::move(frame.relation);
    return {};
}

// A table that was dropped or renamed away since the first snapshot is gone for it.
Status SnapshotReader::look_at_resumed(Connection& connection, SnapshotTable& table,
                                       const SnapshotState& state) {
    const std::string name = quoted_table(table.schema, table.name);
    auto rows = connection.postgres.query(
        "SELECT coalesce(to_regclass($1)::oid = $2::oid, false), "
        "penstock.published_as($2::oid)::oid "
        "FROM pg_class WHERE oid = $2::oid",
        {name, std::to_string(table.oid)}, connection.context(name));
    if (!rows) return Failure(rows.error());
    table.exists = rows->count() == 1 && rows->truth(0, 0) && !rows->is_null(0, 1);
    if (!table.exists) return {};
    table.published_as = number<std::uint32_t>(rows->text(0, 1));
    std::uint32_t file_of_snapshot = 0;
    if (Status locked = lock(connection, table); !locked) return locked;
    if (Status seen = look(connection, table, file_of_snapshot); !seen) return seen;
    if (!table.exists || file_of_snapshot != table.relfilenode) return table_changed(table);
    if (table.relfilenode == state.relfilenode) return {};
    auto old = connection.postgres.query(holds_old_rows_statement(table, state.snapshot), {},
                                         connection.context(name));
    if (!old) return Failure(old.error());
    table.holds_old_rows = old->truth(0, 0);
    return {};
}

void SnapshotReader::read(std::vector<SnapshotTask> tasks) {
    tasks_ = std::move(tasks);
    task_done_.assign(tasks_.size(), false);
    first_open_ = next_task_ = turn_ = 0;
    tasks_left_ = tasks_.size();
    in_block_ = false;
}

std::size_t SnapshotReader::current_table() const {
    return tasks_[first_open_].table;
}

// The first connection holds the locks of all tables. Another one must not wait for its own: behind
// a waiting ALTER TABLE, which waits for the first, it would do so for ever. It retires then.
bool SnapshotReader::may_read(Connection& connection, std::size_t table) {
    if (connection.retired) return false;
    if (&connection == connections_.front().get() || connection.locked == table) return true;
    const std::string name = quoted_table(tables_[table].schema, tables_[table].name);
    const auto locked = connection.postgres.query(
        lock_statement(tables_[table].schema, tables_[table].name) + " NOWAIT", {},
        connection.context(name));
    connection.retired = !locked;
    connection.locked = table;
    return !connection.retired;
}

Status SnapshotReader::start_next(Connection& connection) {
    if (connection.task || next_task_ == tasks_.size()) return {};
    const SnapshotTask& task = tasks_[next_task_];
    if (!may_read(connection, task.table)) return {};
    const SnapshotTable& table = tables_[task.table];
    connection.parser.reset();
    const Status started = connection.postgres.start_copy(
        copy_statement(table, task), connection.context(quoted_table(table.schema, table.name)));
    if (!started) return Failure(judged(started.error(), next_task_));
    connection.task = next_task_++;
    return {};
}

// Reads one row ahead, or the end of the range, as far as the socket has it.
Status SnapshotReader::fill(Connection& connection) {
    using CopyRead = PostgresConnection::CopyRead;
    while (!connection.row && !connection.ended) {
        std::string_view message;
        const std::string table = connection.table;
        auto read = connection.postgres.read_copy(message, connection.context(table));
        if (!read) return Failure(judged(std::move(read.error()), *connection.task));
        if (*read == CopyRead::kDrained) return {};
        if (*read == CopyRead::kEnded) {
            connection.ended = true;
            return {};
        }
        auto row = connection.parser.parse(message);
        if (!row) return Failure(row.error());
        connection.row = *row;
    }
    return {};
}

// The connection to read from: the one whose block is begun, else the next in turn that has
// something of the table in work.
SnapshotReader::Connection* SnapshotReader::pick() {
    const std::size_t count = connections_.size();
    for (std::size_t i = 0; i < (in_block_ ? 1 : count); ++i) {
        Connection& candidate = *connections_[(turn_ + i) % count];
        if (!candidate.task || tasks_[*candidate.task].table != current_table()) continue;
        if (!candidate.row && !candidate.ended) continue;
        turn_ = (turn_ + i) % count;
        return &candidate;
    }
    return nullptr;
}

Result<SnapshotReader::Item> SnapshotReader::next() {
    if (tasks_left_ == 0) return Item{};
    for (const auto& connection : connections_) {
        if (Status started = start_next(*connection); !started) return give_up(started.error());
    }
    Connection* from = nullptr;
    for (;;) {
        for (const auto& connection : connections_) {
            if (!connection->task || tasks_[*connection->task].table != current_table()) continue;
            if (in_block_ && connection != connections_[turn_]) continue;
            if (Status filled = fill(*connection); !filled) return give_up(filled.error());
        }
        from = pick();
        if (from == nullptr) return Item{};
        // The block is over when the range is, or when its next row lies in another block.
        if (!in_block_ || (from->row && from->row->block == block_)) break;
        in_block_ = false;
    }
    Item item;
    if (from->row) {
        in_block_ = true;
        block_ = from->row->block;
        item.row = SnapshotRow{*from->task, block_, from->row->bytes};
        from->row.reset();
        return item;
    }
    in_block_ = false;
    item.range = SnapshotRangeRead{*from->task};
    task_done_[*from->task] = true;
    from->task.reset();
    from->ended = false;
    --tasks_left_;
    while (first_open_ < tasks_.size() && task_done_[first_open_]) ++first_open_;
    return item;
}

std::vector<int> SnapshotReader::fds() const {
    std::vector<int> sockets;
    if (tasks_left_ == 0) return sockets;
    for (const auto& connection : connections_) {
        if (!connection->task || tasks_[*connection->task].table != current_table()) continue;
        if (in_block_ && connection != connections_[turn_]) continue;
        sockets.push_back(connection->postgres.fd());
    }
    return sockets;
}

}  // namespace penstock
