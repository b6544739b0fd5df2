// The phase between the making of a slot and the stream: rows of tables in, records and batches
// out, and how far each table is in the same Kafka transaction as its rows (I2). Knows nothing of
// connections and recovery; lives for one snapshot transaction of the server at a time.
//
// Every record tells its place: the first and the last of all, the first and the last of a table.
// So one row is always held back until the next one, or the end, says what it was. A batch is
// closed only between two blocks, because that is how finely progress is recorded.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/batch_ledger.hpp"
#include "engine/batch_policy.hpp"
#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "engine/outbox.hpp"
#include "engine/record_encoder.hpp"
#include "engine/router.hpp"
#include "engine/snapshot.hpp"
#include "engine/snapshot_pace.hpp"
#include "engine/snapshot_plan.hpp"
#include "engine/snapshot_progress.hpp"
#include "engine/snapshot_row.hpp"
#include "engine/spare_buffers.hpp"
#include "engine/state.hpp"

namespace penstock {

// What is known of the first snapshot when nothing of it has been read: the state of each table.
std::map<std::uint32_t, SnapshotState> new_snapshot_states(const SnapshotOpened& opened);

class SnapshotPhase {
public:
    SnapshotPhase(const EngineOptions& options, RecordEncoder& encoder, Router& router,
                  Outbox& outbox, BatchLedger& ledger, EngineStatistics& statistics);

    // `state` is the true state in phase snapshot, `opened` the tables as the reading transaction
    // finds them. Puts the command that reads what is left, or ends at once where nothing is.
    // Errors: whatever the encoder refuses.
    Status begin(const StateView& state, const SnapshotOpened& opened, const ServerFacts& facts,
                 Instant now);
    // Drops everything in memory.
    void reset();

    bool wants_rows() const;
    // Errors: marked_value, record_too_large, frame_invalid, whatever the encoder refuses.
    Status take(const SnapshotRow& row, Instant now, WallTime wall);
    // All rows of a task have been taken.
    Status range_read(const SnapshotRangeRead& read, Instant now);
    // What rows wait for: they go on by themselves.
    Status topic_ready(const TopicReady& ready, Instant now);
    Status schemas_ready(const SchemasReady& ready, Instant now);

    // Closes what is old, where no block is in work: rows may come far apart. Logs how far it is.
    void advance(Instant now);
    std::optional<Instant> next_deadline() const;

    // Whether the last batch, which begins the stream, has been closed.
    bool finished() const { return finished_; }
    // The state with which the stream begins, once finished and published.
    const StateView& state() const { return state_; }

    void recycle(std::unique_ptr<RecordBuffer> buffer) { spare_.give_back(std::move(buffer)); }
    std::size_t window_bytes() const;

    // In the order of reading, those that are done included.
    std::vector<TableProgress> progress(WallTime wall) const;

private:
    struct Table {
        const SnapshotTable* found = nullptr;
        std::size_t tasks_left = 0;
        std::uint64_t rows_emitted = 0;  // Those of earlier processes included.
        bool changed = false;            // Its state goes with the next batch.
    };
    struct Row {
        bool present = false;
        std::size_t task = 0;
        std::uint64_t block = 0;
        std::string bytes;
    };

    void plan(const SnapshotOpened& opened);
    void plan_marks();
    Status emit_marks(Instant now);
    void count_emitted(std::size_t bytes_before, Instant now);
    std::string resume_table(std::size_t index, const std::string& snapshot);
    void warn_without_key(const SnapshotTable& table);
    SnapshotState& state_of(std::size_t table);
    std::size_t table_of(std::size_t task) const { return tasks_[task].table; }

    Status proceed(Instant now);
    Status take_up_next();
    bool starts_block() const;
    bool between_blocks() const;
    bool starts_table() const;
    SnapshotMarker marker() const;
    Result<bool> emit_held(Instant now);
    Status check_size(std::size_t records_before) const;
    void finish_block(std::size_t task, std::uint64_t to_block);
    void finish_task(std::size_t task);
    void close_if_due(Instant now);
    void report(Instant now);
    void warn_of_age(Instant now);
    std::uint64_t blocks_done() const;
    void close();
    void hand_over();
    void end();

    const EngineOptions& options_;
    RecordEncoder& encoder_;
    Router& router_;
    Outbox& outbox_;
    BatchLedger& ledger_;
    EngineStatistics& statistics_;

    bool active_ = false;
    bool finished_ = false;
    StateView state_;
    Position position_;
    std::vector<SnapshotTable> found_;
    std::vector<Table> tables_;  // As in found_.
    std::vector<SnapshotTask> tasks_;
    std::vector<std::size_t> ended_;  // Tasks whose last row may still be held.
    std::size_t tasks_left_ = 0;
    std::uint64_t rows_emitted_ = 0;
    Row held_;  // Known, but not yet what comes after it.
    Row next_;  // That; waits until the row before it is out.
    SnapshotPace pace_;
    std::deque<std::size_t> marks_;    // Tables whose topics get a truncate first.
    std::vector<std::size_t> order_;   // Of reading; indexes of tables_.
    std::uint64_t blocks_before_ = 0;  // Finished when this process began.
    std::uint64_t rows_before_ = 0;
    bool block_begun_ = false;  // A row of the held row's block is in the batch.
    BeginFrame begin_;          // The snapshot, told as the transaction that its rows come from.
    RowContext context_;
    SnapshotChange change_;
    std::unique_ptr<RecordBuffer> buffer_;
    SpareBuffers spare_;
    BatchFill fill_;
};

}  // namespace penstock
