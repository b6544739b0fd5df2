// Steps 7 to 11: frames in, records and batches out. Knows what is complete, what is in the open
// batch and what may be closed; knows nothing of connections, recovery and stopping. Lives for one
// session of the stream at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/batch_ledger.hpp"
#include "engine/batch_policy.hpp"
#include "engine/chunk_stage.hpp"
#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "engine/frame.hpp"
#include "engine/held_change.hpp"
#include "engine/on_demand.hpp"
#include "engine/outbox.hpp"
#include "engine/record_encoder.hpp"
#include "engine/router.hpp"
#include "engine/spare_buffers.hpp"
#include "engine/state.hpp"
#include "engine/transaction_tracker.hpp"

namespace penstock {

class Streaming {
public:
    Streaming(const EngineOptions& options, RecordEncoder& encoder, Outbox& outbox,
              BatchLedger& ledger, EngineStatistics& statistics);

    // A new session that begins at or before state.position->lsn.
    void resume(const StateView& state, const ServerFacts& facts, Instant now);
    // Drops everything in memory.
    void reset();

    // One frame. An error leaves everything before the frame's transaction as it was.
    Status take(const Frame& frame, Instant now, WallTime wall);
    Status topic_ready(const TopicReady& ready, Instant now);
    Status schemas_ready(const SchemasReady& ready, Instant now);
    bool waits_for_schemas(std::uint64_t ticket) const { return router_.waits_for_schemas(ticket); }

    bool wants_frames() const;
    // Frames are (not) wanted from here on: the age of a transaction stands still while we do not
    // read, so that a slow broker does not make a small transaction a large one.
    void reading(bool wanted, Instant now);

    void socket_drained() { drained_ = true; }
    // Whether the server has nothing more for us: it says so by a keepalive after the last frame.
    // An empty socket alone says nothing, the server may only be slow.
    bool caught_up() const { return caught_up_; }
    // I5: the position counts only when no transaction is being received.
    void keepalive(const Keepalive& keepalive, Instant now);
    // The server has sent everything up to here; a chunk may enter.
    Status server_at(Lsn wal_end, Instant now);
    // Whether the server is to be asked where it is.
    bool asks_server(Instant now) { return active_ && on_demand_.merge().asks_server(now); }
    // Where the transaction in hand commits, when the open batch has held it for longer than `age`.
    std::optional<Lsn> in_hand_longer_than(Duration age, Instant now) const;
    // The server waits for us to leave: everything complete goes out at once.
    void hurry() { hurry_ = true; }

    // Closes, cuts or advances whatever is due.
    void advance(Instant now);
    // The encoder's sign of life, when it is due.
    Status heartbeat(Instant now, WallTime wall);
    std::optional<Instant> next_deadline() const;

    // Clean stop: closes the open batch up to the last complete transaction, drops the rest.
    void close_complete(Instant now);

    void recycle(std::unique_ptr<RecordBuffer> buffer) { spare_.give_back(std::move(buffer)); }
    // The topics of this process; the phase before the stream fills the same ones.
    Router& router() { return router_; }
    OnDemand& on_demand() { return on_demand_; }
    std::size_t window_bytes() const;

private:
    // The Kafka transaction being filled.
    struct Batch {
        bool filled = false;  // Has rows, or moves the position.
        BatchFill fill;
        std::size_t bytes_handed_over = 0;
        std::size_t counted_records = 0;   // Of the buffer, in `partitions`.
        std::size_t complete_records = 0;  // Of the buffer, of complete transactions.
        bool torn_in_sink = false;         // Records of the transaction in hand were handed over.
    };

    Status take_change(const ChangeFrame& change, Instant now, WallTime wall);
    Status take_cold(const Frame& frame, Instant now, WallTime wall);
    Status take_unpublished(const ChangeFrame& change, TransactionTracker::Verdict verdict,
                            WallTime wall);
    Status take_begin(const BeginFrame& begin, Instant now, WallTime wall);
    Status take_commit(const CommitFrame& commit, Instant now, WallTime wall);
    Status take_truncated(std::uint32_t relation_id, const TruncateFrame& truncate, Instant now);
    Status take_truncate(const TruncateFrame& truncate, Instant now, WallTime wall);
    Status take_message(const MessageFrame& message, Instant now, WallTime wall);
    Status take_notice(const NoticeFrame& notice);
    Status take_session(const SessionFrame& session) const;
    Status take_relation(const RelationFrame& frame);

    void note(const ChangeFrame& change, TransactionTracker::Verdict verdict);
    void note_truncate(std::uint32_t relation_id);
    Status enter_chunk(Lsn reached, Instant now);
    bool chunk_described();
    Status stage_chunk(Instant now);
    Result<bool> stage_row(std::string_view row);
    void finish_chunk(Instant now);
    void give_up_chunk(const Error& error);
    Status released(Status done, Instant now);

    Status encode(const ChangeFrame& change, Instant now);
    Status encode_again(const ChangeFrame& change);
    Status encode_held(Instant now);
    Status encoded_nothing(const ChangeFrame& change, std::size_t size, std::size_t records,
                           Instant now);
    bool counts_again() const;
    Result<bool> held_for_topic(const ChangeFrame& change);
    Status end_transaction(const CommitFrame& commit, WallTime wall);
    template <class Encode>
    Status append(Encode encode);

    Failure located(Error error) const;
    Failure relation_unknown(const char* what, std::uint32_t relation_id) const;
    Failure marked_value(const ChangeFrame& change) const;
    Status check_size(std::size_t size_before, std::size_t records_before) const;
    void fill_batch(Instant now);
    Status encoded(std::size_t size_before, std::size_t records_before, Instant now);
    Status complete(Instant now);
    void hand_over();
    void count_partitions();
    void close(std::optional<OpenTransaction> open, Instant now);
    void cut(Instant now);
    void advance_idle(Instant now);
    BatchSurroundings surroundings() const;
    std::optional<Instant> heartbeat_at() const;
    std::optional<Instant> next_close() const;
    bool between_transactions() const;
    bool nothing_outstanding() const;
    std::optional<Instant> idle_at() const;
    RecordBuffer& buffer() { return *buffer_; }

    const EngineOptions& options_;
    RecordEncoder& encoder_;
    Outbox& outbox_;
    BatchLedger& ledger_;
    EngineStatistics& statistics_;
    BatchPolicy policy_;
    Router router_;
    TransactionTracker tracker_;
    OnDemand on_demand_;
    PartitionCount partitions_;
    bool follows_ = false;  // The encoder counts the items of transactions.

    bool active_ = false;
    ServerFacts facts_;
    Position position_;  // Template of every position; lsn and open are as of the last close.
    Lsn complete_lsn_;   // End of the last transaction or message that is in a batch as a whole.
    Batch batch_;
    TransactionFill transaction_;
    RowContext context_;
    std::optional<HeldChange> held_;     // Counted, and not encoded before its topic is there.
    std::unique_ptr<ChunkStage> stage_;  // The chunk that enters where the stream stands.
    bool describing_chunk_ = false;      // The router is held for its table alone.
    std::unique_ptr<RecordBuffer> buffer_;
    RecordBuffer scratch_;  // Records of items that were published before.
    SpareBuffers spare_;
    Instant last_close_{};
    bool drained_ = false;
    bool caught_up_ = true;
    bool hurry_ = false;
    std::optional<Instant> blocked_since_;
    // The furthest keepalive received between transactions, and since when it is news.
    Lsn idle_lsn_;
    std::optional<Instant> idle_since_;
    bool idle_asked_ = false;
    std::optional<Instant> idle_closed_at_;
    std::optional<Instant> heartbeat_due_;
};

}  // namespace penstock
