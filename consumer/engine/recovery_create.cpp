// The part of recovery that makes slots: the first one, the one that a crash left half made, the
// one that takes the place of a lost one; and the snapshot that is taken with a new slot.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/mutant.hpp"
#include "engine/recovery.hpp"
#include "engine/sanity.hpp"
#include "engine/snapshot.hpp"
#include "engine/snapshot_phase.hpp"

namespace penstock {

// We hold the slot as the lock; a slot in use cannot be dropped.
Recovery::Outcome Recovery::drop_and_create() {
    outbox_.log(LogLine::Level::kInfo, "dropping_half_made_slot", {{"slot", options_.slot}});
    return drop_slot();
}

Recovery::Outcome Recovery::drop_slot() {
    replicating_ = false;
    step_ = Step::kLookBeforeDrop;
    outbox_.put(ClosePostgres{true});
    outbox_.put(InspectServer{});
    return pending();
}

Recovery::Outcome Recovery::on(const SlotDropped&) {
    if (step_ != Step::kDrop) return pending();
    if (!ends_) return create();
    step_ = Step::kReady;
    return Stage::kOver;
}

// Where something was published before, its topics go on, and so has the whole state of them to be.
// What came between two slots is in the tables alone.
Recovery::Outcome Recovery::create() {
    if (state_.position && state_.position->topic_keys != 0) {
        if (Status whole = check_renewal(state_, options_); !whole) return Failure(whole.error());
        if (options_.snapshot_mode == SnapshotMode::kNever) {
            return fail(ErrorName::kSnapshotModeUnavailable,
                        "the slot is made anew for a snapshot, and snapshot.mode is \"never\"",
                        "Changes between the two slots are in the tables alone.",
                        "Set snapshot.mode = \"when_needed\".");
        }
    }
    step_ = Step::kTopicForCreate;
    outbox_.put(EnsureStateTopic{});
    return pending();
}

Recovery::Outcome Recovery::write_creating(TopicChanges changes) {
    step_ = Step::kWriteCreating;
    if (state_.position) {
        state_.position->open.reset();
        state_.position->snapshot_keys = 0;
    }
    write(Phase::kCreating, facts_.wal_insert_lsn, std::move(changes));
    return pending();
}

// Whoever chose when_needed has agreed to read the tables again. A snapshot that is all there is to
// be needs no stream, and so no slot either.
bool Recovery::may_do_without_slot(const Position& position) const {
    if (options_.snapshot_mode == SnapshotMode::kWhenNeeded) return true;
    return options_.snapshot_mode == SnapshotMode::kOnly && position.phase == Phase::kSnapshot;
}

bool Recovery::only_is_done() const {
    if (options_.snapshot_mode != SnapshotMode::kOnly) return false;
    const auto open = [](const auto& table) {
        return table.second.initial && table.second.progress != SnapshotProgress::kDone &&
               table.second.progress != SnapshotProgress::kCancelled;
    };
    return state_.snapshot_keys >= state_.position->snapshot_keys &&
           std::none_of(state_.snapshots.begin(), state_.snapshots.end(), open);
}

// A snapshot in place of a stream that has a gap, or of a snapshot that cannot be gone on with.
Recovery::Outcome Recovery::renew(const char* reason) {
    if (Status whole = check_renewal(state_, options_); !whole) return Failure(whole.error());
    ends_ = only_is_done();
    if (ends_ && !facts_.slot) {
        step_ = Step::kReady;
        return Stage::kOver;
    }
    if (!ends_) {
        outbox_.log(LogLine::Level::kWarning, "snapshot_anew",
                    {{"slot", options_.slot}, {"reason", reason}});
    }
    return facts_.slot ? drop_slot() : create();
}

Recovery::Outcome Recovery::refuse_only() const {
    return fail(ErrorName::kSnapshotModeUnavailable,
                "the pipe streams already, and snapshot.mode is \"only\"", {},
                "Set snapshot.mode to what it was, or choose another slot.name and topics.prefix.");
}

Recovery::Outcome Recovery::resume_snapshot() {
    if (options_.snapshot_mode == SnapshotMode::kNever) {
        return fail(ErrorName::kSnapshotModeUnavailable,
                    "a snapshot is not finished, and snapshot.mode is \"never\"", {},
                    "Set snapshot.mode = \"initial\" to finish it.");
    }
    // Rows that changed since it began would come by the stream, which is not read then.
    if (options_.snapshot_mode == SnapshotMode::kOnly) return renew("interrupted");
    return stream();
}

// What is finished stays so; the rest is read by a new transaction.
Recovery::Outcome Recovery::reopen() {
    OpenSnapshot command{std::vector<ResumedTable>{}};
    for (const auto& [oid, table] : state_.snapshots) {
        if (!table.initial || table.progress == SnapshotProgress::kCancelled) continue;
        command.resumed->push_back({oid, table});
    }
    step_ = Step::kReopen;
    outbox_.put(std::move(command));
    return pending();
}

Recovery::Outcome Recovery::on(const SlotCreated& event) {
    if (step_ != Step::kCreateSlot) return pending();
    outbox_.log(LogLine::Level::kInfo, "slot_created",
                {{"slot", options_.slot}, {"consistent_point", to_string(event.consistent_point)}});
    consistent_point_ = event.consistent_point;
    if (mutant(Mutant::kNoLookAtCreated)) {
        step_ = Step::kWriteStreaming;
        write(Phase::kStreaming, consistent_point_);
        return pending();
    }
    step_ = Step::kLookAtCreated;
    outbox_.put(InspectServer{});
    return pending();
}

Recovery::Outcome Recovery::on(const SnapshotOpened& event) {
    opened_ = event;
    if (step_ == Step::kReopen) return ready();
    if (step_ != Step::kAdopt) return pending();
    adopt(new_snapshot_states(event));
    state_.snapshot_keys = static_cast<std::uint32_t>(state_.snapshots.size());
    step_ = Step::kWriteSnapshot;
    write(Phase::kSnapshot, consistent_point_);
    return pending();
}

// What an earlier slot's snapshots left unread is in none of the new ones. Rows that a topic holds
// already are older than the new ones, of which a reader is told by a truncate.
void Recovery::adopt(std::map<std::uint32_t, SnapshotState> fresh) {
    for (auto& [oid, table] : fresh) {
        if (!state_.topics.empty()) table.requested_by = kMarkDue;
    }
    for (auto& [oid, table] : state_.snapshots) {
        if (fresh.contains(oid)) continue;
        if (table.progress != SnapshotProgress::kDone) {
            table.progress = SnapshotProgress::kCancelled;
        }
        fresh.emplace(oid, std::move(table));
    }
    state_.snapshots = std::move(fresh);
}

}  // namespace penstock
