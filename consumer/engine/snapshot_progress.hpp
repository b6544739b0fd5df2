// How far the snapshot of a table is, for people: the running pipe shows it, and so does whoever
// reads the state topic. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/state.hpp"

namespace penstock {

struct TableProgress {
    std::string schema;
    std::string name;
    SnapshotProgress progress = SnapshotProgress::kQueued;
    std::uint64_t rows = 0;
    std::uint64_t blocks = 0;  // 0 where nobody has counted them.
    std::uint64_t blocks_done = 0;
    std::uint64_t rows_per_second = 0;
    std::optional<std::uint64_t> seconds_left;  // Guessed from the blocks that are read.
};

// As of `now_us`, since 1970-01-01 UTC.
TableProgress progress_of(const SnapshotState& state, std::int64_t now_us);

// Of the table's blocks those that are read.
std::uint64_t blocks_read(const SnapshotState& state, std::uint64_t blocks);

}  // namespace penstock
