// A chunk on its way from rows to records, apart from the open batch: one that cannot be encoded to
// its end, or waits for a topic of its own, has left nothing behind in it. Bounded by the size of a
// chunk. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/chunk_merge.hpp"
#include "engine/frame.hpp"
#include "engine/record_buffer.hpp"
#include "engine/record_encoder.hpp"
#include "engine/snapshot_row.hpp"

namespace penstock {

// The relation of the rows: no relation of a stream has this id.
inline constexpr std::uint32_t kChunkRelation = 0;

struct ChunkStage {
    std::uint64_t ticket = 0;  // Of the chunk.
    ChunkVerdict verdict;
    std::size_t next = 0;    // Index into verdict.rows.
    std::uint64_t rows = 0;  // That made records.
    BeginFrame begin;        // The reading transaction, told as the one that the rows come from.
    RowContext context;
    SnapshotChange change;
    std::vector<std::unique_ptr<RecordBuffer>> buffers;
};

}  // namespace penstock
