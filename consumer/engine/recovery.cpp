#include "engine/recovery.hpp"

#include <string>

#include "engine/mutant.hpp"
#include "engine/recovery_table.hpp"
#include "engine/sanity.hpp"

namespace penstock {
namespace {

// A holder whose server never times it out is given what the default would give it.
constexpr Duration kHolderPatience{60'000'000};

Failure stop_slot_not_ours(const EngineOptions& options, const ServerFacts& facts) {
    return fail(ErrorName::kSlotNotOurs,
                "replication slot \"" + options.slot + "\" was not made for this pipe",
                "Its plugin is \"" + facts.slot->plugin + "\", its database \"" +
                    facts.slot->database + "\"" + (facts.slot->temporary ? ", temporary" : "") +
                    (facts.slot->synced ? ", synced from a primary" : "") + ", restart_lsn " +
                    to_string(facts.slot->restart_lsn) + ".");
}

Failure stop_slot_lost(const EngineOptions& options, const ServerFacts& facts) {
    const std::string& reason = facts.slot->invalidation_reason;
    return fail(ErrorName::kSlotLost, "replication slot \"" + options.slot + "\" is invalidated",
                "The server says: " + (reason.empty() ? facts.slot->wal_status : reason) + ".");
}

Failure stop_slot_missing(const EngineOptions& options, const StateView& state) {
    return fail(ErrorName::kSlotMissing, "replication slot \"" + options.slot + "\" does not exist",
                "Kafka holds the changes up to " + to_string(state.position->lsn) + ".");
}

Failure stop_state_too_new() {
    return fail(ErrorName::kStateTooNew, "the state was written by a newer release");
}

bool is_begun(const Position& position) {
    return position.phase == Phase::kSnapshot || position.phase == Phase::kStreaming;
}

// What must not have changed between the two looks at the server; positions may.
bool same_server(const ServerFacts& first, const ServerFacts& second) {
    if (first.system_identifier != second.system_identifier || first.timeline != second.timeline ||
        first.database_oid != second.database_oid ||
        first.slot.has_value() != second.slot.has_value()) {
        return false;
    }
    if (!first.slot) return true;
    return first.slot->plugin == second.slot->plugin &&
           first.slot->database == second.slot->database &&
           first.slot->logical == second.slot->logical &&
           first.slot->temporary == second.slot->temporary &&
           first.slot->synced == second.slot->synced;
}

// The two transactional ids are fenced one after the other. Whoever has lost the slot meanwhile may
// have been fenced on one of them and have fenced its successor on the other, so that both could
// still commit, and what was read between would be no truth. Who still holds the slot when both
// fences stand knows that every successor fences both after it.
bool lost_lock(bool replicating, const ServerFacts& facts) {
    if (mutant(Mutant::kNoSecondLook)) return false;
    return replicating && (!facts.slot || !facts.slot->held);
}

// What counts of two looks: the second, since it was taken after START_REPLICATION was accepted and
// from then on only we move the slot.
ServerFacts second_look(const ServerFacts& first, const ServerFacts& second) {
    ServerFacts facts = second;
    if (mutant(Mutant::kStaleConfirmedFlush)) facts.slot = first.slot;
    return facts;
}

}  // namespace

void Recovery::begin(bool fenced) {
    fenced_ = fenced;
    replicating_ = false;
    proven_ = false;
    looked_after_hint_ = false;
    ends_ = false;
    hint_ = {};
    state_ = {};
    started_at_ = {};
    opened_ = {};
    step_ = Step::kLook;
    outbox_.put(InspectServer{});
}

Recovery::Outcome Recovery::on(const ServerInspected& event) {
    switch (step_) {
        case Step::kLook:
            facts_ = event.facts;
            step_ = Step::kHint;
            outbox_.put(ReadState{ReadDepth::kHint});
            return pending();
        case Step::kLookAfterHint:
            facts_ = event.facts;
            looked_after_hint_ = true;
            return after_hint();
        case Step::kLookAgain:
            if (!same_server(facts_, event.facts) || lost_lock(replicating_, event.facts)) {
                return fail(ErrorName::kPostgresConnectionLost,
                            "the server or the slot changed while it was looked at");
            }
            facts_ = second_look(facts_, event.facts);
            return act();
        case Step::kLookBeforeDrop:
            facts_ = event.facts;
            step_ = Step::kDrop;
            outbox_.put(DropSlot{});
            return pending();
        case Step::kLookAtCreated:
            // A promotion may lie between the look before and the slot: what is written now must
            // name the timeline on which the slot stands.
            facts_ = event.facts;
            if (!facts_.slot) {
                return fail(ErrorName::kPostgresConnectionLost, "the new slot is gone at once");
            }
            if (options_.snapshot_mode != SnapshotMode::kNever) {
                step_ = Step::kAdopt;
                outbox_.put(OpenSnapshot{});
                return pending();
            }
            step_ = Step::kWriteStreaming;
            write(Phase::kStreaming, consistent_point_);
            return pending();
        case Step::kLookAtNew:
            facts_ = event.facts;
            // Nobody held the slot between its making and its start. Whatever another instance did
            // with it, only the full recovery may name.
            if (lost_lock(replicating_, facts_) || !check_sanity(state_, facts_, options_)) {
                return fail(ErrorName::kPostgresConnectionLost,
                            "the new slot changed before it was started");
            }
            return ready();
        default:
            return pending();
    }
}

Recovery::Outcome Recovery::on(const StateRead& event) {
    if (step_ == Step::kHint && event.depth == ReadDepth::kHint) {
        hint_ = event.state;
        return after_hint();
    }
    if (step_ == Step::kTrueRead && event.depth == ReadDepth::kTrue) {
        state_ = event.state;
        return after_true_read();
    }
    return pending();
}

// Everything that must be refused before production could be fenced by a copy of its configuration
// that points elsewhere, or by an older release.
Recovery::Outcome Recovery::after_hint() {
    if (hint_.too_new) return stop_state_too_new();
    if (hint_.position) {
        const Position& position = *hint_.position;
        // What our last true read found was our predecessor's: a late request of its own fences us
        // as well, but it has taken over nothing.
        const bool written_since = position.sequence > truth_sequence_;
        if (fenced_ && written_since && position.instance != options_.instance &&
            !mutant(Mutant::kFencedRestarts)) {
            return fail(ErrorName::kFenced, "another instance has taken over this pipe",
                        "The newest position was written by instance " +
                            std::to_string(position.instance) + ", this is " +
                            std::to_string(options_.instance) + ".");
        }
        if (Status same = check_server(position, facts_); !same) return Failure(same.error());
        const bool begun = is_begun(position);
        if (begun && !facts_.slot && !mutant(Mutant::kRecreateSlot)) {
            if (looked_after_hint_) {
                return may_do_without_slot(position) ? fence() : stop_slot_missing(options_, hint_);
            }
            // The look is older than the hint, and another instance may just have made the slot.
            step_ = Step::kLookAfterHint;
            outbox_.put(InspectServer{});
            return pending();
        }
        if (begun) started_at_ = position.lsn;
    }
    switch (slot_condition(facts_, options_.plugin, std::nullopt)) {
        case SlotCondition::kForeign:
            return stop_slot_not_ours(options_, facts_);
        case SlotCondition::kLost:
            if (hint_.position && may_do_without_slot(*hint_.position)) return fence();
            return stop_slot_lost(options_, facts_);
        case SlotCondition::kNone:
            return fence();
        default:
            break;
    }
    if (!may_terminate_holder()) return lock();
    terminated_ = true;
    step_ = Step::kTerminate;
    outbox_.log(LogLine::Level::kWarning, "terminating_dead_holder", {{"slot", options_.slot}});
    outbox_.put(TerminateHolder{});
    return pending();
}

bool Recovery::may_terminate_holder() const {
    const SlotFacts& slot = *facts_.slot;
    if (options_.takeover != TakeoverMode::kTerminate || terminated_ || !slot.active) return false;
    const Duration timeout =
        facts_.wal_sender_timeout > Duration::zero() ? facts_.wal_sender_timeout : kHolderPatience;
    if (mutant(Mutant::kTakeoverAlive)) return true;
    return slot.holder_reply_age && *slot.holder_reply_age > timeout;
}

Recovery::Outcome Recovery::on(const HolderTerminated&) {
    return step_ == Step::kTerminate ? lock() : pending();
}

// A slot that was only half made is locked to be dropped. Nothing is to be decoded for it: the
// server may not even be able to, when tables were rewritten while it was made ("could not map
// filenode"), and would end the session that holds the lock.
Recovery::Outcome Recovery::lock() {
    step_ = Step::kLock;
    const bool begun = hint_.position && is_begun(*hint_.position);
    if (!begun) started_at_ = facts_.wal_insert_lsn;
    outbox_.put(StartReplication{started_at_});
    return pending();
}

Recovery::Outcome Recovery::on(const ReplicationStarted&) {
    if (step_ == Step::kLock) {
        replicating_ = true;
        return fence();
    }
    if (step_ == Step::kStartNew) {
        replicating_ = true;
        step_ = Step::kLookAtNew;
        outbox_.put(InspectServer{});
    }
    return pending();
}

Recovery::Outcome Recovery::fence() {
    step_ = Step::kFence;
    ledger_.fence();
    return pending();
}

Recovery::Outcome Recovery::on(const ProducersFenced& event) {
    if (step_ != Step::kFence || !ledger_.of_this_generation(event.generation)) return pending();
    step_ = Step::kTrueRead;
    outbox_.put(ReadState{ReadDepth::kTrue});
    return pending();
}

// The server skips in silence to where we asked it to start. Had Kafka lost what the hint saw, the
// changes between the truth and that point would never come, so the lock is taken anew.
Recovery::Outcome Recovery::after_true_read() {
    const std::uint64_t hinted = hint_.position ? hint_.position->sequence : 0;
    const std::uint64_t found = state_.position ? state_.position->sequence : 0;
    const bool passed =
        state_.position && is_begun(*state_.position) && state_.position->lsn < started_at_;
    if (!state_.too_new && (found < hinted || passed)) {
        return fail(ErrorName::kKafkaFailed, "the state in Kafka went back while it was read");
    }
    if (mutant(Mutant::kDecideOnHint)) state_.position = hint_.position;
    truth_sequence_ = found;
    ledger_.resume(state_.position);
    if (mutant(Mutant::kNoSecondLook)) return act();
    step_ = Step::kLookAgain;
    outbox_.put(InspectServer{});
    return pending();
}

Recovery::Outcome Recovery::act() {
    const std::optional<RecoveryAction> action = recovery_action(
        slot_condition(facts_, options_.plugin, state_.position), state_condition(state_));
    if (!action) {
        return fail(ErrorName::kBug, "slot and state are in a combination that cannot occur");
    }
    switch (*action) {
        case RecoveryAction::kCreate:
            return create();
        case RecoveryAction::kDropAndCreate:
            return drop_and_create();
        case RecoveryAction::kStream:
            if (options_.snapshot_mode == SnapshotMode::kOnly) return refuse_only();
            return stream();
        case RecoveryAction::kAdoptAgain:
            return fail(ErrorName::kStateIncomplete, "the adoption of a slot is not finished",
                        "Nothing was published yet.", "Run the adoption again.");
        case RecoveryAction::kResumeSnapshot:
            return resume_snapshot();
        case RecoveryAction::kStopSlotNotOurs:
            return stop_slot_not_ours(options_, facts_);
        case RecoveryAction::kStopSlotLost:
            if (state_.position && may_do_without_slot(*state_.position)) return renew("lost");
            return stop_slot_lost(options_, facts_);
        case RecoveryAction::kStopSlotMissing:
            if (mutant(Mutant::kRecreateSlot)) return create();
            if (may_do_without_slot(*state_.position)) return renew("missing");
            return stop_slot_missing(options_, state_);
        case RecoveryAction::kStopStateMissing:
            return fail(ErrorName::kStateMissing,
                        "replication slot \"" + options_.slot + "\" has no state in Kafka",
                        state_.topic_exists ? "The state topic is empty."
                                            : "The state topic does not exist.");
        case RecoveryAction::kStopStateTooNew:
            return stop_state_too_new();
    }
    return fail(ErrorName::kBug, "the recovery table has an action without code");
}

Recovery::Outcome Recovery::stream() {
    if (Status sane = check_sanity(state_, facts_, options_); !sane) return Failure(sane.error());
    if (mutant(Mutant::kResumeFromSlot)) state_.position->lsn = facts_.slot->confirmed_flush_lsn;
    step_ = Step::kTopicForStream;
    outbox_.put(EnsureStateTopic{});
    return pending();
}

Recovery::Outcome Recovery::on(const StateTopicReady&) {
    if (step_ == Step::kTopicForCreate) {
        if (state_.topics.empty()) return write_creating({});
        look_at_topics(Step::kLookAtTopicsForCreate);
    } else if (step_ == Step::kTopicForStream) {
        if (state_.topics.empty()) return sign({});
        look_at_topics(Step::kLookAtTopics);
    }
    return pending();
}

void Recovery::look_at_topics(Step step) {
    step_ = step;
    LookAtTopics look;
    for (const auto& [name, topic] : state_.topics) look.names.push_back(name);
    outbox_.put(std::move(look));
}

Recovery::Outcome Recovery::on(const TopicsSeen& event) {
    const bool creates = step_ == Step::kLookAtTopicsForCreate;
    if (step_ != Step::kLookAtTopics && !creates) return pending();
    Result<TopicChanges> changes = check_topics(state_.topics, event, options_);
    if (!changes) return Failure(changes.error());
    for (const auto& [name, topic] : *changes) {
        if (!topic.topic_id.empty()) continue;
        outbox_.log(LogLine::Level::kWarning, "topic_lost", {{"topic", name}});
    }
    return creates ? write_creating(std::move(*changes)) : sign(std::move(*changes));
}

Recovery::Outcome Recovery::sign(TopicChanges changes) {
    proven_ = true;
    step_ = Step::kSign;
    write(state_.position->phase, state_.position->lsn, std::move(changes));
    return pending();
}

// A position of our own: what was true stays, the identity is ours.
void Recovery::write(Phase phase, Lsn lsn, TopicChanges changes) {
    Position position = state_.position.value_or(Position{});
    position.version = Position{}.version;
    position.system_identifier = facts_.system_identifier;
    position.database_oid = facts_.database_oid;
    position.timeline = facts_.timeline;
    position.phase = phase;
    position.lsn = lsn;
    position.instance = options_.instance;
    position.configuration_hash = options_.configuration_hash;
    position.selection_hash = options_.selection_hash;
    std::vector<std::pair<std::uint32_t, SnapshotState>> snapshots;
    if (step_ == Step::kWriteSnapshot) {
        position.snapshot_keys = state_.snapshot_keys;
        snapshots.assign(state_.snapshots.begin(), state_.snapshots.end());
    }
    ledger_.close(std::move(position), std::move(changes), std::move(snapshots));
}

Recovery::Outcome Recovery::on_published() {
    state_.topic_exists = true;
    state_.position = ledger_.last_published();
    switch (step_) {
        case Step::kWriteCreating:
            step_ = Step::kCreateSlot;
            // It may take long: the server waits for every transaction that writes now.
            outbox_.log(LogLine::Level::kInfo, "creating_slot", {{"slot", options_.slot}});
            outbox_.put(CreateSlot{});
            return pending();
        case Step::kWriteSnapshot:
        case Step::kWriteStreaming:
            step_ = Step::kStartNew;
            started_at_ = state_.position->lsn;
            outbox_.put(StartReplication{started_at_});
            return pending();
        case Step::kSign:
            return state_.position->phase == Phase::kSnapshot ? reopen() : ready();
        default:
            return fail(ErrorName::kBug, "a batch was published that no step of recovery wrote");
    }
}

Recovery::Outcome Recovery::ready() {
    step_ = Step::kReady;
    terminated_ = false;  // The next holder that is dead may be our own connection of now.
    return Stage::kReady;
}

bool Recovery::waits_for_kafka() const {
    switch (step_) {
        case Step::kHint:
        case Step::kFence:
        case Step::kTrueRead:
        case Step::kTopicForCreate:
        case Step::kWriteCreating:
        case Step::kWriteSnapshot:
        case Step::kWriteStreaming:
        case Step::kTopicForStream:
        case Step::kLookAtTopics:
        case Step::kLookAtTopicsForCreate:
        case Step::kSign:
            return true;
        default:
            return false;
    }
}

const char* Recovery::phase() const {
    switch (step_) {
        case Step::kIdle:
        case Step::kLook:
            return "connecting";
        case Step::kHint:
            return "reading_hint";
        case Step::kTerminate:
        case Step::kLock:
            return "taking_slot";
        case Step::kFence:
            return "fencing";
        case Step::kTrueRead:
        case Step::kLookAgain:
            return "reading_state";
        case Step::kReady:
            return "streaming";
        case Step::kTopicForStream:
        case Step::kLookAtTopics:
        case Step::kSign:
            return "signing_state";
        case Step::kAdopt:
        case Step::kReopen:
            return "opening_snapshot";
        default:
            return "creating_slot";
    }
}

}  // namespace penstock
