// One table in work of a snapshot on demand: what the stream touches of it is noted, chunks of it
// are asked for, and each is judged at the place of the stream where it may enter. Decides when to
// note, look, read, wait and read again; knows nothing of requests, states and records.
//
//   begin -> look -> (suspects) -> read -> wait -> enter -> read ...
//              ^                     ^       |
//              |  too many notes     +-pause-+ what was read is not to be used
//
// Why a chunk that was read under a snapshot S may enter at a place of the stream (ADR 0010):
//   a. Whatever was streamed before the noting began is visible in S: a transaction that was still
//      running after that instant (a suspect) is waited for first.
//   b. Every commit that S sees is streamed: the place lies at or past the chunk's LSN.
//   c. A row that a transaction invisible in S has touched does not enter; so what enters is never
//      older than what the stream has published of the same key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/clock.hpp"
#include "engine/engine.hpp"
#include "engine/frame.hpp"
#include "engine/key_notes.hpp"
#include "engine/merge_key.hpp"
#include "engine/outbox.hpp"

namespace penstock {

// What enters of a chunk.
struct ChunkVerdict {
    std::vector<std::size_t> rows;  // In order.
    std::size_t read = 0;           // The rows before it are dealt with, whether they enter or not.
    bool last = false;              // Nothing of the table is left behind them.
};

class ChunkMerge {
public:
    ChunkMerge(const EngineOptions& options, Outbox& outbox);

    // Takes up a table, behind `after`. Ends what was in work.
    void begin(const ChunkTable& table, const SnapshotState& state);
    void end();
    bool idle() const { return step_ == Step::kIdle; }
    std::uint32_t table() const { return table_.oid; }

    // ---- the stream ----------------------------------------------------------------------------
    // Whether changes are to be noted: asked for every row, so it is a plain member.
    bool noting() const { return noting_; }
    // No frame may be taken: a table without a key is being read.
    bool holds() const { return holding_; }
    void note(const ChangeFrame& change, const Relation& relation, Xid xid);
    void note_truncate(const Relation& relation, Xid xid);
    void committed(Xid xid);
    // No transaction is in hand: the noting or the holding may begin here.
    void between_transactions(Instant now);

    // ---- the reader's answers -------------------------------------------------------------------
    void looked(const SnapshotLooked& look, Instant now);
    bool expects(std::uint64_t ticket) const { return ticket == ticket_ && asked(); }
    // A chunk that is to enter.
    void take(ChunkRead chunk, Instant now);
    // What was asked for is asked again, after a while.
    void read_again(std::string why, Instant now);

    // ---- the chunk ------------------------------------------------------------------------------
    // The chunk that waits for its place; null when none does.
    const ChunkRead* chunk() const { return chunk_ ? &*chunk_ : nullptr; }
    bool without_key() const { return key_.empty(); }
    // Whether all commits up to its LSN are received when the stream has come to `reached`.
    bool reached_by(Lsn reached) const;
    // What enters here; nothing: it was thrown away and is read again, after a while.
    std::optional<ChunkVerdict> judge(Instant now);
    // Whether changes came whose key cannot be told although the table has one: it may be another
    // by now.
    bool key_lost() const { return key_lost_; }
    // It has entered; the next one is read, or the work has ended.
    void entered(const ChunkVerdict& verdict);

    // ---- time -----------------------------------------------------------------------------------
    void advance(Instant now);
    std::optional<Instant> next_deadline() const;
    // Whether the server is to be asked where it is: only that tells a quiet stream's place.
    bool asks_server(Instant now);

    // Why it stands still, in words; empty when it does not.
    const std::string& waits_for() const { return waits_for_; }

private:
    enum class Step : std::uint8_t {
        kIdle,
        kBegin,     // The noting begins between two transactions.
        kLook,      // What is running was asked.
        kSuspects,  // It is to be asked again, until none of them runs.
        kHold,      // The stream is held between two transactions, then the table is read.
        kRead,      // A chunk was asked for.
        kPause,     // It is to be asked for again.
        kWait,      // It is here; the stream is not yet at its place.
    };

    bool asked() const { return step_ == Step::kLook || step_ == Step::kRead; }
    void note_anew(const char* why);
    void look();
    void want_chunk();
    void ask_for_chunk();
    void judge_rows(const KeyNotes::Hidden& hidden, ChunkVerdict& verdict) const;
    void drop_suspect(std::uint32_t over);
    void give_up_holding(Instant now);
    Duration wait_longer();

    const EngineOptions& options_;
    Outbox& outbox_;
    Step step_ = Step::kIdle;
    bool noting_ = false;
    bool holding_ = false;
    ChunkTable table_;
    std::string predicate_;
    std::string after_;
    std::string until_;
    MergeKey key_;
    KeyNotes notes_;
    MergeKey::Touched touched_;  // Memory that is used from change to change.
    std::vector<std::uint64_t> suspects_;
    std::vector<std::uint32_t> committed_;  // Since the noting began, while a look is on its way.
    bool looked_ = false;                   // Since the noting began.
    bool suspect_named_ = false;
    std::optional<ChunkRead> chunk_;
    bool key_lost_ = false;
    std::uint64_t ticket_ = 0;
    std::size_t rows_max_ = 0;
    Duration backoff_{};
    Instant again_at_{};
    Instant hold_until_{};
    std::optional<Instant> ask_server_at_;
    Duration ask_server_pause_{};
    std::string waits_for_;
};

}  // namespace penstock
