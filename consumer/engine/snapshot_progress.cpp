#include "engine/snapshot_progress.hpp"

#include <algorithm>

namespace penstock {

std::uint64_t blocks_read(const SnapshotState& state, std::uint64_t blocks) {
    std::uint64_t done = 0;
    for (const BlockRange& range : state.finished) {
        done += std::min(range.to, blocks) - std::min(range.from, blocks);
    }
    return done;
}

TableProgress progress_of(const SnapshotState& state, std::int64_t now_us) {
    TableProgress told;
    told.schema = state.schema;
    told.name = state.table;
    told.progress = state.progress;
    told.rows = state.rows;
    told.blocks = state.blocks;
    told.blocks_done = blocks_read(state, state.blocks);
    if (state.progress != SnapshotProgress::kReading || state.begun_us == 0) return told;
    const auto passed =
        static_cast<std::uint64_t>(std::max<std::int64_t>(now_us - state.begun_us, 1));
    told.rows_per_second = state.rows * 1'000'000 / passed;
    if (told.blocks_done != 0) {
        const std::uint64_t left = told.blocks - told.blocks_done;
        told.seconds_left = left * (passed / 1000) / told.blocks_done / 1000;
    }
    return told;
}

}  // namespace penstock
