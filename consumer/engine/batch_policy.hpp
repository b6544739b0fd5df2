// When a Kafka transaction is closed, and when a large source transaction is cut into pieces. Pure:
// a function of what is in the batch and of the time. Bigger is cheaper for the broker, smaller is
// sooner visible; every limit is an option.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/clock.hpp"
#include "engine/engine.hpp"
#include "engine/record_buffer.hpp"

namespace penstock {

// What is in the open batch.
struct BatchFill {
    Instant opened_at{};
    std::size_t rows = 0;  // Items with or without records.
    std::size_t records = 0;
    std::size_t bytes = 0;
    std::size_t partitions = 0;  // Distinct ones touched.
};

// What is known of the source transaction that is being received.
struct TransactionFill {
    std::uint64_t items = 0;
    std::uint64_t items_cut = 0;       // Of them, in pieces that are closed.
    std::uint64_t items_filtered = 0;  // Of them, without any record.
    std::size_t bytes = 0;
    std::size_t bytes_cut = 0;
    Instant begun_at{};
};

// Facts of the pipeline around the batch.
struct BatchSurroundings {
    Instant last_close{};  // When the previous batch was closed.
    bool socket_drained = false;
    bool commit_in_flight = false;
    bool hurry = false;  // The server waits for us to leave: pacing is off.
};

class BatchPolicy {
public:
    explicit BatchPolicy(const EngineOptions& options) : options_(options) {}

    // Whether to close at this source commit. Rules a to d; a and d wait for the commit in flight,
    // so that a slow broker gets larger batches and not more of them.
    bool close_due(const BatchFill& fill, const BatchSurroundings& around, Instant now) const;

    // When close_due turns true if nothing but time passes; nothing when it waits for an event.
    std::optional<Instant> close_at(const BatchFill& fill, const BatchSurroundings& around) const;

    // Time from one close to the next. A batch without records only moves the position and is
    // paced like an idle advance.
    Duration pace(const BatchFill& fill) const;

    // Whether the batch is closed here, inside of the transaction. Never in atomic mode.
    bool cut_due(const TransactionFill& transaction, Instant now) const;
    // When cut_due turns true by time alone.
    std::optional<Instant> cut_at(const TransactionFill& transaction) const;

private:
    bool atomic() const;
    bool full(const BatchFill& fill) const;

    const EngineOptions& options_;
};

// Counts the distinct partitions that a batch touches, in a pass over its records.
class PartitionCount {
public:
    void clear();
    void add(const RecordBuffer& buffer, std::size_t from_record);
    std::size_t count() const { return count_; }

private:
    std::vector<std::vector<std::uint64_t>> seen_;  // [topic][partition] = batch_.
    std::uint64_t batch_ = 1;
    std::size_t count_ = 0;
};

}  // namespace penstock
