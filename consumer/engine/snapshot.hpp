// The words of a snapshot, between the parts of the engine and to whoever reads tables for it:
// tables as they were found, ranges of their blocks, rows on their way. Plain data.
//
// A range is a half-open interval of heap blocks, [from, to). The last range of a table ends at
// kBlockEnd, past every block: what the table grows by meanwhile is in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/relation.hpp"
#include "engine/state.hpp"

namespace penstock {

// Past every block of a table (InvalidBlockNumber, storage/block.h).
inline constexpr std::uint64_t kBlockEnd = 0xFFFFFFFFU;

// SnapshotState::requested_by of a table whose topic holds rows from before: a truncate goes first.
inline constexpr std::string_view kMarkDue = "truncate mark due";

// A table as the transaction that will read it finds it; it holds ACCESS SHARE on it.
struct SnapshotTable {
    std::uint32_t oid = 0;
    std::uint32_t published_as = 0;  // The table itself, or the ancestor it is published as.
    std::string schema;
    std::string name;
    bool exists = true;  // Only a resumed snapshot can find it gone.
    std::uint32_t relfilenode = 0;
    std::uint64_t blocks = 0;
    // Whether a row of it was visible in the first snapshot. Asked only where the file has changed:
    // a table that was rewritten as a whole has none.
    bool holds_old_rows = true;
    std::string predicate;                     // Which rows are wanted, as SQL; empty is every one.
    std::uint32_t place = 0;                   // Tables of a lower one are read first.
    std::shared_ptr<const Relation> relation;  // Its id is the table's place in the list, plus 1.
};

// One COPY. `visible_in`: the first snapshot, when rows that are newer must be left out.
struct SnapshotTask {
    std::size_t table = 0;  // Index into the list of tables.
    std::uint64_t from_block = 0;
    std::uint64_t to_block = kBlockEnd;
    std::string visible_in{};
    std::string predicate{};
    bool operator==(const SnapshotTask&) const = default;
};

// One row of a task. The rows of one block come one after the other, with no row of another block
// or task between them, and the blocks of a task in ascending order; all tasks of one table come
// before those of the next.
struct SnapshotRow {
    std::size_t task = 0;
    std::uint64_t block = 0;
    std::string_view bytes;  // As penstock.encode_row gives it; good until the next row.
};

}  // namespace penstock
