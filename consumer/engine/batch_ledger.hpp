// The Kafka transactions of one generation of producers: which is open, which are being committed,
// which are published; the sequence of positions; the bytes on their way to the sink. The only part
// of the engine that opens and closes batches, so a position is always the last record of one (I2)
// and its sequence counts up by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "engine/outbox.hpp"
#include "engine/record_buffer.hpp"
#include "engine/state.hpp"

namespace penstock {

class BatchLedger {
public:
    explicit BatchLedger(Outbox& outbox) : outbox_(outbox) {}

    // Has both producers made anew; everything of the generation before is forgotten.
    void fence();
    std::uint32_t generation() const { return generation_; }
    bool of_this_generation(std::uint32_t generation) const { return generation == generation_; }

    // Positions go on from what the true read found.
    void resume(const std::optional<Position>& truth);

    // Hands a chunk of the open batch to the sink, opening the batch first.
    void produce(std::unique_ptr<RecordBuffer> records);

    // Closes the open batch, or a new empty one, with this position; fills in its sequence.
    void close(Position position, std::vector<std::pair<std::string, TopicState>> topics,
               std::vector<std::pair<std::uint32_t, SnapshotState>> snapshots = {});

    // Aborts the Kafka transaction that is open, if one is; both producers are given up then. What
    // is being committed goes on.
    void abort_open();
    // Waits for no more answers of this generation.
    void forget();

    // Whether the event is of this generation; the window shrinks by the oldest chunk.
    bool chunk_done(const ChunkDone& done);

    // Whether this answers the oldest batch in flight; an answer of an older generation does not.
    bool answers_oldest(const BatchClosed& closed) const;
    // It is published: its commit was clean.
    void published(const BatchClosed& closed);

    bool open() const { return open_; }
    std::size_t in_flight() const { return in_flight_.size(); }
    bool idle() const { return !open_ && in_flight_.empty(); }
    std::size_t window_bytes() const { return window_bytes_; }
    // Of the last position that was handed to the sink.
    std::uint64_t sequence() const { return sequence_; }
    const Position& last_published() const { return published_; }

    // What a chunk weighs in memory: its bytes and the list of its records.
    static std::size_t weight(const RecordBuffer& records) {
        return records.size_bytes() + records.records().size() * sizeof(Record);
    }

private:
    struct InFlight {
        BatchId batch = 0;
        Position position;
    };
    void open_batch();

    Outbox& outbox_;
    std::uint32_t generation_ = 0;
    BatchId batch_ = 0;
    bool open_ = false;
    std::uint64_t sequence_ = 0;
    Position published_;
    std::deque<InFlight> in_flight_;
    std::deque<std::size_t> chunks_;  // Weights of the chunks that are not done, oldest first.
    std::size_t window_bytes_ = 0;
};

}  // namespace penstock
