// Reads tables in chunks while the stream flows, on a thread and a connection of its own, strictly
// in order. It executes what the engine asks and decides nothing: whether a chunk is used, read
// again or thrown away is engine/chunk_merge.
//
//   engine's thread        reader's thread                    PostgreSQL
//   submit(command) -queue-> READ ONLY transaction per chunk --> snapshot, lock, compare, COPY
//   take_news()     <-queue- answer
#pragma once

#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "engine/command.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace penstock {

using ChunkRequest = std::variant<FindTables, LookAtSnapshot, ReadChunk>;

// All functions are called from one thread, the engine's.
class ChunkReader {
public:
    // Starts the thread; it connects when something is asked and leaves when nothing is for a
    // while. settings.interrupt_fd is not used: shutdown() is what ends a statement.
    explicit ChunkReader(SnapshotSettings settings);
    // As shutdown() with two seconds.
    ~ChunkReader();
    ChunkReader(const ChunkReader&) = delete;
    ChunkReader& operator=(const ChunkReader&) = delete;

    // Never blocks. Each has exactly one answer: TablesFound or TablesNotFound, SnapshotLooked,
    // ChunkRead, ChunkFailed.
    void submit(ChunkRequest request);

    // Answers since the last call, in order; resets event_fd().
    std::vector<Event> take_news();

    // Readable while news wait. Owned by the reader.
    int event_fd() const;

    // Cancels the statement in work and ends the thread. False when it did not end in time: its
    // memory is left behind and the process should end by quick_exit.
    [[nodiscard]] bool shutdown(std::chrono::milliseconds patience);

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
