// One connection that reads tables in chunks, one statement after the other: opens itself when it
// is needed, and is thrown away after every failure, because nobody knows then what its transaction
// holds. Executes and decides nothing. Internal to this room. One thread, which it blocks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/error.hpp"
#include "snapshot/chunk_sql.hpp"
#include "snapshot/snapshot_reader.hpp"
#include "source/postgres_connection.hpp"

namespace penstock {

class ChunkSession {
public:
    // settings.interrupt_fd: readable, everything is cut short for good.
    explicit ChunkSession(SnapshotSettings settings);

    Result<std::vector<ChunkTable>> find(const FindTables& wanted);
    Result<VisibleTransactions> look();
    Result<ChunkRead> read(const ReadChunk& wanted);

    // Nobody asks for anything.
    void close() { connection_.reset(); }
    bool connected() const { return connection_.has_value(); }

private:
    struct Found;

    Status connect();
    Status run(const std::string& sql);
    Result<PostgresRows> ask(const std::string& sql, const std::vector<std::string>& parameters);
    PostgresContext context() const;
    template <class T>
    Result<T> settled(Result<T> result) {
        table_.clear();
        if (!result) close();
        return result;
    }

    Result<std::vector<ChunkTable>> find_all(const FindTables& wanted);
    Result<std::vector<ChunkTable>> leaves_of(const std::string& name);
    Status check_leaf(const Found& found, const std::string& role) const;
    Status check_filters(const Found& found);
    Status check_predicate(const ChunkTable& table, const std::string& predicate);
    Status find_key(ChunkTable& table);

    Result<VisibleTransactions> look_once();
    Result<ChunkRead> read_chunk(const ReadChunk& wanted);
    Status see(ChunkRead& chunk);
    Status lock(const ReadChunk& wanted, ChunkRead& chunk);
    Status look_at_file(const ReadChunk& wanted, ChunkRead& chunk);
    Status find_until(const std::vector<KeyColumn>& key, ChunkRead& chunk);
    Status copy(const ReadChunk& wanted, const std::vector<KeyColumn>& key, ChunkRead& chunk);
    Result<bool> take_rows(std::size_t bytes_max, ChunkRead& chunk);
    Status wait_for_rows();
    Status end_of_visible(ChunkRead& chunk);
    std::size_t rows_to_ask(const ReadChunk& wanted) const;

    Result<std::shared_ptr<const Relation>> describe(std::uint32_t oid, std::uint32_t published_as);
    Result<std::vector<KeyColumn>> key_columns(const Relation& relation, const ChunkTable& table,
                                               const std::vector<std::uint32_t>& attnums);

    SnapshotSettings settings_;
    std::optional<PostgresConnection> connection_;
    std::string role_;
    std::string table_;  // Of the statement that runs, as SQL takes it.
    std::map<std::uint32_t, std::size_t> row_bytes_;  // By oid: of the last chunk, on average.
    // What the last chunk saw, and where the last of that ends.
    VisibleTransactions seen_;
    Lsn seen_end_;
};

// "1000:1005:1001,1003" as pg_current_snapshot() prints it.
VisibleTransactions visible_transactions(std::string_view text);

// A snapshot names no transaction at or above its xmax, the first one that had not ended when it
// was taken; one that has written its commit and waits for a standby may be there all the same.
// Whoever runs holds a lock on its own number: these, "1003,1004", as pg_locks shows them.
void add_running(VisibleTransactions& visible, std::string_view xids);

// Attnums of the columns that changes of the table always carry and that make a row one of a kind,
// in ascending order; none when there are no such columns.
std::vector<std::uint32_t> merge_key_of(const Relation& relation);

}  // namespace penstock
