// The engine: every decision of the pipeline, no I/O, no clock. It is driven by events and frames
// and answers with commands (command.hpp). One thread calls it. The real driver is run/pipeline;
// the simulator drives the very same class.
//
//   take() frames only while wants_frames(): it turns false when the window is full, while a topic
//   is being made, during recovery and while stopping. The driver keeps the undecoded rest of the
//   batch and goes on serving events.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/command.hpp"
#include "engine/frame.hpp"
#include "engine/record_encoder.hpp"
#include "engine/topic_owner.hpp"

namespace penstock {

struct TableProgress;

enum class SnapshotMode : std::uint8_t {
    kNever,
    kInitial,
    kOnly,        // The pipe ends with the snapshot and leaves no slot.
    kWhenNeeded,  // As kInitial, and anew when the slot is lost or gone.
};
enum class TransactionsMode : std::uint8_t { kPieces, kAtomic };
enum class TakeoverMode : std::uint8_t { kWait, kTerminate };
enum class PublicationMissing : std::uint8_t { kStop, kEmpty };
enum class OptionIgnored : std::uint8_t { kStop, kGoOn };
enum class TopicLost : std::uint8_t { kStop, kGoOn };

// Every limit of the engine: name, default, unit. Filled from the configuration.
struct EngineOptions {
    std::string slot;
    std::string plugin = "penstock";
    std::uint64_t instance = 0;  // Random, per process.
    std::uint64_t configuration_hash = 0;
    std::uint64_t selection_hash = 0;
    TransactionsMode transactions = TransactionsMode::kPieces;
    Duration transaction_timeout{60'000'000};  // After it the brokers abort a Kafka transaction.
    TakeoverMode takeover = TakeoverMode::kWait;
    PublicationMissing publication_missing = PublicationMissing::kStop;
    OptionIgnored option_ignored = OptionIgnored::kStop;
    TopicLost topic_lost = TopicLost::kStop;
    OnRename on_rename = OnRename::kFollow;
    std::size_t row_topics_max = 1000;  // Topics that the values of rows may have made.
    std::string registry;               // Addresses of the schema registry; empty is none.
    SnapshotMode snapshot_mode = SnapshotMode::kNever;
    std::uint64_t snapshot_range_blocks = 8192;      // A table is read in ranges of so many blocks.
    std::uint64_t snapshot_rows_per_second_max = 0;  // 0 is no limit.
    Duration snapshot_transaction_age_max{3'600'000'000};  // Then the log warns of it.
    // Of a snapshot on demand: what one chunk of a table holds, what may be noted of the stream
    // while chunks are read, and what a table without a key may hold: it is read as one chunk,
    // whose rows and records are in memory at once, while the stream is held for so long at most.
    std::size_t snapshot_chunk_rows = 8192;
    std::size_t snapshot_chunk_bytes = 4U << 20;
    std::size_t snapshot_note_bytes = 32U << 20;
    std::size_t snapshot_keyless_bytes = 16U << 20;
    Duration snapshot_hold_max{60'000'000};
    std::size_t window_bytes_max = 32U << 20;
    std::size_t chunk_bytes = 256U << 10;   // A chunk is handed over at this size.
    std::size_t batches_in_flight_max = 4;  // Closed and not yet answered.
    std::size_t batch_rows_max = 30'000;
    std::size_t batch_bytes_max = 32U << 20;
    Duration batch_age_max{200'000};
    Duration commit_interval{10'000};  // Plus per_partition for each partition touched,
    Duration commit_interval_per_partition{1'000};
    Duration commit_interval_max{100'000};         // never more than this.
    std::size_t large_transaction_rows = 100'000;  // Over any of these three a transaction is cut
    std::size_t large_transaction_bytes = 64U << 20;
    Duration large_transaction_age{5'000'000};  // (begun so long ago, commit not yet received).
    std::size_t piece_items = 30'000;
    std::size_t piece_bytes = 32U << 20;
    Duration confirm_interval{1'000'000};
    std::uint64_t confirm_bytes = 16U << 20;  // Of WAL.
    Duration read_back_patience{30'000'000};  // A clean commit is visible by then, or we recover.
    Duration idle_interval{1'000'000};
    Duration heartbeat_interval{0};        // Of records that only time makes; 0 is none.
    Duration status_interval{10'000'000};  // A status goes out at least this often.
    Duration receive_timeout{60'000'000};  // A server that is silent for longer is lost.
    Duration shutdown_patience{5'000'000};
    Duration stop_patience{5'000'000};
    Duration backoff_min{100'000};
    Duration backoff_max{5'000'000};
};

// Numbers of the running pipeline, for status and metrics. All counters since start.
struct EngineStatistics {
    std::string phase;               // "connecting", "fencing", "streaming", ...
    std::uint64_t transactions = 0;  // Source transactions published.
    std::uint64_t items = 0;
    std::uint64_t records = 0;
    std::uint64_t record_bytes = 0;
    std::uint64_t batches = 0;  // Kafka transactions committed.
    std::uint64_t recoveries = 0;
    Lsn received_lsn;
    Lsn published_lsn;        // state.lsn of the last clean commit.
    Lsn confirmed_flush_lsn;  // Last sent to PostgreSQL.
    Lsn server_lsn;
    std::size_t window_bytes = 0;
    std::optional<Error> last_error;
    SnapshotReport snapshots;  // On demand.
};

class Engine {
public:
    Engine(EngineOptions options, RecordEncoder& encoder);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts at step 1. Exactly once.
    void start(Instant now);

    void handle(Event event, Instant now);

    // One frame of the stream. `wall` goes into records. Only while wants_frames().
    void take(const Frame& frame, Instant now, WallTime wall);

    bool wants_frames() const;

    // One row of a snapshot, after ReadSnapshot. Only while wants_rows().
    void take_row(const SnapshotRow& row, Instant now, WallTime wall);
    bool wants_rows() const;
    // How far each table is while a snapshot is being read; none at other times.
    std::vector<TableProgress> snapshot_progress(WallTime wall) const;

    // A buffer that the sink has emptied comes back for reuse.
    void recycle(std::unique_ptr<RecordBuffer> buffer);

    // Commands since the last call, in order.
    std::vector<Command> drain_outbox();

    // When the next Tick is due; nothing when no timer runs.
    std::optional<Instant> next_deadline() const;

    const EngineStatistics& statistics() const;
    bool finished() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
