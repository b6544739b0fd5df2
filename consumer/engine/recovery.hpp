// Steps 1 to 6, the same at the first start and after every fault: look, take the slot as the lock,
// fence both producers, read the truth, act by the recovery table, check sanity, sign the state. It
// is driven by the answers to its own commands and decides nothing on the hint but where to start
// and when not to fence.
//
//   look -> hint -> [lock] -> fence -> true read -> look again -> table
//     create:  topic -> {creating} -> slot -> look -> {streaming} -> start -> look -> sanity
//              -> ready
//     stream:  sanity -> topic policy -> {streaming} with our instance id -> ready
// With an initial snapshot `create` goes by slot -> adopt -> {snapshot} -> start, and an unfinished
// one is signed as {snapshot} and opened again before it is ready.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/batch_ledger.hpp"
#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "engine/error.hpp"
#include "engine/outbox.hpp"
#include "engine/state.hpp"
#include "engine/topic_check.hpp"

namespace penstock {

class Recovery {
public:
    // What a failure of class retry means is the caller's business: begin() again, later.
    enum class Stage {
        kPending,
        kReady,
        kOver,  // There is nothing left to do: the snapshot that was all of it is taken.
    };
    using Outcome = Result<Stage>;

    Recovery(const EngineOptions& options, Outbox& outbox, BatchLedger& ledger)
        : options_(options), outbox_(outbox), ledger_(ledger) {}

    // Step 1. fenced: the newest position must be of our own instance, or recovery ends as fenced.
    void begin(bool fenced);

    // Answers that no step waits for are kPending and change nothing.
    Outcome on(const ServerInspected& event);
    Outcome on(const StateRead& event);
    Outcome on(const HolderTerminated& event);
    Outcome on(const ReplicationStarted& event);
    Outcome on(const ProducersFenced& event);
    Outcome on(const StateTopicReady& event);
    Outcome on(const TopicsSeen& event);
    Outcome on(const SlotDropped& event);
    Outcome on(const SlotCreated& event);
    Outcome on(const SnapshotOpened& event);
    // A batch of ours is published.
    Outcome on_published();

    // Whether Kafka owes this recovery an answer; a failure told at another time is an old one.
    bool waits_for_kafka() const;
    // Whether the slot is held: statuses are due.
    bool replicating() const { return replicating_; }

    // When kReady: S, and what was found with it. `proven` when S was read back, not only written.
    const StateView& state() const { return state_; }
    const ServerFacts& facts() const { return facts_; }
    bool proven() const { return proven_; }
    // When kReady in phase snapshot: the tables that are to be read.
    const SnapshotOpened& opened() const { return opened_; }

    const char* phase() const;

private:
    enum class Step : std::uint8_t {
        kIdle,
        kLook,
        kHint,
        kLookAfterHint,
        kTerminate,
        kLock,
        kFence,
        kTrueRead,
        kLookAgain,
        kLookBeforeDrop,
        kDrop,
        kTopicForCreate,
        kWriteCreating,
        kCreateSlot,
        kLookAtCreated,
        kAdopt,
        kWriteSnapshot,
        kWriteStreaming,
        kStartNew,
        kLookAtNew,
        kTopicForStream,
        kLookAtTopics,
        kLookAtTopicsForCreate,
        kSign,
        kReopen,
        kReady,
    };

    Outcome pending() const { return Stage::kPending; }
    Outcome ready();
    Outcome after_hint();
    Outcome lock();
    Outcome fence();
    Outcome after_true_read();
    Outcome act();
    Outcome drop_and_create();
    Outcome drop_slot();
    Outcome create();
    Outcome write_creating(TopicChanges changes);
    Outcome renew(const char* reason);
    Outcome refuse_only() const;
    bool may_do_without_slot(const Position& position) const;
    bool only_is_done() const;
    void adopt(std::map<std::uint32_t, SnapshotState> fresh);
    void look_at_topics(Step step);
    Outcome stream();
    Outcome sign(TopicChanges changes);
    bool may_terminate_holder() const;
    Outcome resume_snapshot();
    Outcome reopen();
    void write(Phase phase, Lsn lsn, TopicChanges changes = {});

    const EngineOptions& options_;
    Outbox& outbox_;
    BatchLedger& ledger_;
    Step step_ = Step::kIdle;
    bool fenced_ = false;
    bool replicating_ = false;
    bool proven_ = false;
    bool looked_after_hint_ = false;
    bool ends_ = false;                 // Once the slot is dropped.
    std::uint64_t truth_sequence_ = 0;  // Of the position that the last true read found.
    bool terminated_ = false;           // A holder, since we last streamed: once.
    ServerFacts facts_;
    StateView hint_;
    StateView state_;
    Lsn started_at_;
    Lsn consistent_point_;  // Of the slot that was just made.
    SnapshotOpened opened_;
};

}  // namespace penstock
