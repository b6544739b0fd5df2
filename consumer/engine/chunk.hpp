// The words of a snapshot on demand, between the engine and whoever reads chunks of tables for it
// while the stream flows: what is asked, what a chunk holds, what the reading transaction saw.
// Plain data.
//
// A chunk is the rows of one table in the order of its merge key, after a cursor, as one READ ONLY
// REPEATABLE READ transaction sees them. The merge key is what streamed changes of the table always
// carry: the columns of the replica identity, or the primary key where that is FULL. A cursor is
// the key of one row as text that only the reader understands; the engine stores it and hands it
// back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.hpp"
#include "engine/lsn.hpp"
#include "engine/relation.hpp"

namespace penstock {

// pg_current_snapshot() as numbers: transaction ids with their epoch (xid8).
struct VisibleTransactions {
    std::uint64_t xmin = 0;              // Every transaction below it is over.
    std::uint64_t xmax = 0;              // None at or above it is visible.
    std::vector<std::uint64_t> running;  // Of those between: not visible. Sorted.
    bool operator==(const VisibleTransactions&) const = default;
};

// A table that can be read in chunks. One of the leaves where the requested table is partitioned.
struct ChunkTable {
    std::uint32_t oid = 0;
    std::uint32_t published_as = 0;  // Itself, or the ancestor that it is published as.
    std::string schema;
    std::string name;
    // The merge key's columns, in ascending attnum; empty: the table is read as one chunk, and the
    // stream is held meanwhile.
    std::vector<std::uint32_t> key;
    // Pages and rows as the server estimates them, for people.
    std::uint64_t blocks = 0;
    std::uint64_t rows = 0;
};

// ---- commands --------------------------------------------------------------------------------

// Which tables these names mean and whether each can be read: it is a table, captured by the
// stream, may be selected from, the server is no standby, the predicate is SQL. Answer: TablesFound
// or TablesNotFound. Names are "schema.table", quoted where SQL would quote them.
struct FindTables {
    std::uint64_t ticket = 0;  // Counts up over the process.
    std::vector<std::string> names;
    std::string predicate;  // An expression for WHERE; empty is every row.
};

// What a transaction begun now would see. Answer: SnapshotLooked or ChunkFailed.
struct LookAtSnapshot {
    std::uint64_t ticket = 0;
};

// Reads one chunk. Answer: ChunkRead or ChunkFailed. Never blocks the engine. A chunk that is no
// longer wanted is read to its end; its answer carries an old ticket and is ignored.
struct ReadChunk {
    std::uint64_t ticket = 0;
    ChunkTable table;
    std::string predicate;
    std::string after;  // Cursor of the last row that is in already; empty: from the first row on.
    std::string until;  // Cursor of the last row to read; empty: the reader finds the largest key
                        // of now, and tells it.
    std::size_t rows_max = 0;
    std::size_t bytes_max = 0;  // At least one row is read.
};

// ---- events ----------------------------------------------------------------------------------

struct TablesFound {
    std::uint64_t ticket = 0;
    std::vector<ChunkTable> tables;
};
struct TablesNotFound {
    std::uint64_t ticket = 0;
    Error error;
};

struct SnapshotLooked {
    std::uint64_t ticket = 0;
    VisibleTransactions visible;
};

// One row of a chunk: places in ChunkRead::bytes and ChunkRead::cursors.
struct ChunkRow {
    std::size_t begin = 0;  // As penstock.encode_row gives it.
    std::size_t size = 0;
    std::size_t cursor_begin = 0;
    std::size_t cursor_size = 0;
};

struct ChunkRead {
    std::uint64_t ticket = 0;
    VisibleTransactions visible;  // Of the reading transaction.
    // Every commit that the transaction sees ends at or below it.
    Lsn lsn;
    std::int64_t time_us = 0;  // When the transaction began, since 1970-01-01 UTC.
    // The table in the shape that the rows have; its id is 0, which no relation of a stream has.
    std::shared_ptr<const Relation> relation;
    // R1: the table's file is not the one that the transaction sees (a rewriting ALTER TABLE, a
    // TRUNCATE), so its rows read as none. There are no rows then; the chunk is to be read again.
    bool rewritten = false;
    bool gone = false;  // The table was dropped or is no longer captured.
    std::string bytes;
    std::string cursors;
    std::vector<ChunkRow> rows;
    std::string until;
    bool last = false;  // Nothing up to `until` is left behind the last row.

    std::string_view row(std::size_t index) const {
        return std::string_view(bytes).substr(rows[index].begin, rows[index].size);
    }
    std::string_view cursor(std::size_t index) const {
        return std::string_view(cursors).substr(rows[index].cursor_begin, rows[index].cursor_size);
    }
};

// Of class retry: to be asked again after a while (the connection was lost, a lock was not to be
// had in time). Of class operator: this table ends, by name.
struct ChunkFailed {
    std::uint64_t ticket = 0;
    Error error;
};

// ---- what people ask -------------------------------------------------------------------------

// One request to the running pipe, by its socket or by a row of the signal table.
struct SnapshotRequest {
    enum class Kind : std::uint8_t { kStart, kCancel, kPause, kResume, kList } kind = Kind::kStart;
    std::uint64_t client = 0;         // Whom to answer; 0: nobody waits.
    std::vector<std::string> tables;  // For all but kStart empty means every one there is.
    std::string predicate;            // kStart only.
    std::string requested_by;         // "socket", "signal", "configuration".
};

// How far each table is, for `status` and for --list; also what answers every request.
struct SnapshotReport {
    struct Table {
        std::string schema;
        std::string name;
        std::string progress;  // "queued", "reading", "paused", "done", "cancelled".
        std::uint64_t rows = 0;
        std::uint64_t rows_estimated = 0;  // 0 is unknown.
        std::string waits_for;             // Why it stands still, in words; empty when it does not.
    };
    std::vector<Table> tables;
};
struct AnswerRequest {  // A command: to the client of a SnapshotRequest.
    std::uint64_t client = 0;
    Result<SnapshotReport> report;
};

}  // namespace penstock
