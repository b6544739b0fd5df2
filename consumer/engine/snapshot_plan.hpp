// What of which table is still to be read, in which order and in which pieces. Pure: a function of
// the tables as they are found and of what the state records of them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/snapshot.hpp"
#include "engine/state.hpp"

namespace penstock {

// Adds a range to a list that is sorted and without overlaps, and keeps it so; ranges that touch
// become one, so the list stays as short as what is finished has gaps.
void add_range(std::vector<BlockRange>& ranges, BlockRange added);

// What of [0, kBlockEnd) the sorted list leaves open.
std::vector<BlockRange> remaining_ranges(const std::vector<BlockRange>& finished);

// What a resumed snapshot makes of a table.
enum class SnapshotResume : std::uint8_t {
    kGoOn,     // The same file: what is finished stays so, the rest is read filtered.
    kGone,     // Dropped since: there is nothing to read, and nobody can read it.
    kRestart,  // Rows have moved to a new file (VACUUM FULL, CLUSTER), or their shape is another:
               // the whole of it again, filtered.
    kRewrite,  // No row of the first snapshot is left: the whole of it again, unfiltered. A filter
               // would find nothing, and a rewriting ALTER TABLE sends nothing by the stream.
};
SnapshotResume resume_of(const SnapshotTable& table, const SnapshotState& state);

// The order in which tables are read: by their place, in it the largest first, equal ones by name.
// Indexes into `tables`.
std::vector<std::size_t> reading_order(std::span<const SnapshotTable> tables);

// The pieces of one table that its state leaves open, each of at most `range_blocks` blocks.
// `visible_in` is empty for the first snapshot itself.
std::vector<SnapshotTask> plan_table(std::size_t index, const SnapshotTable& table,
                                     const SnapshotState& state, std::uint64_t range_blocks,
                                     const std::string& visible_in);

}  // namespace penstock
