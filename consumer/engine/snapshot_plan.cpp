#include "engine/snapshot_plan.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace penstock {

void add_range(std::vector<BlockRange>& ranges, BlockRange added) {
    if (added.from >= added.to) return;
    std::vector<BlockRange> merged;
    for (const BlockRange& range : ranges) {
        if (range.to < added.from || range.from > added.to) {
            merged.push_back(range);
        } else {
            added.from = std::min(added.from, range.from);
            added.to = std::max(added.to, range.to);
        }
    }
    const auto place = std::find_if(merged.begin(), merged.end(), [&](const BlockRange& range) {
        return range.from > added.from;
    });
    merged.insert(place, added);
    ranges = std::move(merged);
}

std::vector<BlockRange> remaining_ranges(const std::vector<BlockRange>& finished) {
    std::vector<BlockRange> open;
    std::uint64_t from = 0;
    for (const BlockRange& range : finished) {
        if (range.from > from) open.push_back({from, range.from});
        from = std::max(from, range.to);
    }
    if (from < kBlockEnd) open.push_back({from, kBlockEnd});
    return open;
}

SnapshotResume resume_of(const SnapshotTable& table, const SnapshotState& state) {
    if (!table.exists) return SnapshotResume::kGone;
    const bool moved = table.relfilenode != state.relfilenode;
    if (moved && !table.holds_old_rows) return SnapshotResume::kRewrite;
    if (moved || table.relation->fingerprint != state.fingerprint) return SnapshotResume::kRestart;
    return SnapshotResume::kGoOn;
}

std::vector<std::size_t> reading_order(std::span<const SnapshotTable> tables) {
    std::vector<std::size_t> order(tables.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        const SnapshotTable& a = tables[left];
        const SnapshotTable& b = tables[right];
        return std::tie(a.place, b.blocks, a.schema, a.name) <
               std::tie(b.place, a.blocks, b.schema, b.name);
    });
    return order;
}

std::vector<SnapshotTask> plan_table(std::size_t index, const SnapshotTable& table,
                                     const SnapshotState& state, std::uint64_t range_blocks,
                                     const std::string& visible_in) {
    std::vector<SnapshotTask> tasks;
    for (const BlockRange& open : remaining_ranges(state.finished)) {
        std::uint64_t from = open.from;
        // Blocks past the end are no work: they go with the last piece.
        while (open.to - from > range_blocks && from + range_blocks < table.blocks) {
            tasks.push_back({index, from, from + range_blocks, visible_in, state.predicate});
            from += range_blocks;
        }
        tasks.push_back({index, from, open.to, visible_in, state.predicate});
    }
    return tasks;
}

}  // namespace penstock
