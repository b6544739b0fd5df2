// Reads tables for a snapshot: several connections that share one snapshot of the server, each
// copying one range of blocks at a time. Executes what the engine commands and decides nothing.
//
// One thread. Opening blocks it, reading never does: the caller polls the connections' sockets. A
// connection that is not read from holds up nothing but its own backend, so memory is bounded by
// the sockets. Every failure closes all connections.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/secret.hpp"
#include "engine/clock.hpp"
#include "engine/command.hpp"
#include "engine/error.hpp"
#include "engine/snapshot.hpp"
#include "snapshot/snapshot_sql.hpp"

namespace penstock {

struct SnapshotSettings {
    Secret url;
    Secret password;
    std::size_t readers = 1;
    PluginOptions plugin_options;  // Those of the stream.
    // Publications whose row filters and column lists nobody may pass by.
    std::vector<std::string> unfiltered_publications;
    SnapshotChoice choice;
    Duration connect_timeout{10'000'000};
    int interrupt_fd = -1;  // As in SourceSettings.
};

class SnapshotReader {
public:
    explicit SnapshotReader(SnapshotSettings settings);
    ~SnapshotReader();
    SnapshotReader(const SnapshotReader&) = delete;
    SnapshotReader& operator=(const SnapshotReader&) = delete;

    // Adopts an exported snapshot and selects the tables in it. Errors: extension_missing,
    // snapshot_privilege, snapshot_table_changed, whatever a connection can fail with.
    Result<SnapshotOpened> adopt(const std::string& exported);
    // A snapshot of its own, and these tables.
    Result<SnapshotOpened> resume(const std::vector<ResumedTable>& tables);

    // After either.
    void read(std::vector<SnapshotTask> tasks);

    // Whether there is anything left to read.
    bool reading() const { return tasks_left_ != 0; }

    // The next thing that was read; both empty: the sockets are drained. The row's bytes live until
    // the next call.
    struct Item {
        std::optional<SnapshotRow> row;
        std::optional<SnapshotRangeRead> range;
    };
    Result<Item> next();

    // The sockets to wait for when next() has nothing.
    std::vector<int> fds() const;

    void close();

private:
    struct Connection;

    Result<SnapshotOpened> open(const std::string& exported,
                                const std::vector<ResumedTable>* resumed);
    Status begin(Connection& connection, const std::string& exported);
    Status sees_all_of(Connection& connection, const std::vector<ResumedTable>& resumed);
    Status describe_snapshot(Connection& connection, SnapshotOpened& opened);
    Result<std::vector<SnapshotTable>> selected_tables(Connection& connection);
    Status look(Connection& connection, SnapshotTable& table, std::uint32_t& file_of_snapshot);
    Status look_at_resumed(Connection& connection, SnapshotTable& table,
                           const SnapshotState& state);
    Status lock(Connection& connection, const SnapshotTable& table);
    Status check_predicate(Connection& connection, const SnapshotTable& table);
    Error judged(Error error, std::size_t task) const;
    Status start_next(Connection& connection);
    bool may_read(Connection& connection, std::size_t table);
    Status fill(Connection& connection);
    Connection* pick();
    std::size_t current_table() const;
    Failure give_up(Error error);

    SnapshotSettings settings_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<SnapshotTable> tables_;
    std::vector<SnapshotTask> tasks_;
    std::vector<bool> task_done_;
    std::size_t first_open_ = 0;  // Every task before it is done.
    std::size_t next_task_ = 0;
    std::size_t tasks_left_ = 0;
    std::size_t turn_ = 0;   // Index of the connection whose block is being handed over.
    bool in_block_ = false;  // A row of it was, and the block may have more.
    std::uint64_t block_ = 0;
};

}  // namespace penstock
