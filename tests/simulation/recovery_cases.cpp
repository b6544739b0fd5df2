// The recovery table, enumerated: every condition of the slot with every condition of the state,
// the state settled, in an open Kafka transaction of a dead instance, and committed without markers
// yet. What must come of it is written down here a second time, apart from the engine's table.
#include "cases.hpp"
#include "endings.hpp"
#include "world.hpp"

namespace penstock::simulation {

namespace {

enum class SlotKind : std::uint8_t {
    kNone,
    kOurs,
    kOlder,  // Than the position of the state.
    kOtherPlugin,
    kOtherDatabase,
    kPhysical,
    kTemporary,
    kSynced,
    kLost,
    kInvalidated,
    kCount_
};
enum class StateKind : std::uint8_t {
    kNoTopic,
    kEmptyTopic,
    kCreating,
    kAdopting,
    kSnapshot,
    kStreaming,
    kTooNew,
    kCount_
};
enum class Outcome : std::uint8_t { kSettled, kOpen, kPrepared, kCount_ };

constexpr const char* kSlotNames[] = {"no_slot",     "our_slot",   "older_slot", "of_plugin",
                                      "of_database", "physical",   "temporary",  "synced",
                                      "lost",        "invalidated"};
constexpr const char* kStateNames[] = {"no_topic", "empty_topic", "creating", "adopting",
                                       "snapshot", "streaming",   "too_new"};
constexpr const char* kOutcomeNames[] = {"settled", "open", "prepared"};

// Nothing: it streams.
struct Expected {
    std::optional<ErrorName> stop;
    bool slot_made = false;
    bool fences = true;  // False: it must stop before it fences anybody.
};

Expected expected_of(SlotKind slot, StateKind state) {
    const bool foreign = slot >= SlotKind::kOtherPlugin && slot <= SlotKind::kSynced;
    const bool lost = slot == SlotKind::kLost || slot == SlotKind::kInvalidated;
    if (state == StateKind::kTooNew) return {ErrorName::kStateTooNew, false, false};
    if (foreign) return {ErrorName::kSlotNotOurs, false, false};
    if (lost) return {ErrorName::kSlotLost, false, false};
    const bool none = slot == SlotKind::kNone;
    switch (state) {
        case StateKind::kNoTopic:
        case StateKind::kEmptyTopic:
            if (none) return {std::nullopt, true, true};
            return {ErrorName::kStateMissing, false, true};
        case StateKind::kCreating:
            if (slot == SlotKind::kOlder) return {ErrorName::kSlotNotOurs, false, true};
            return {std::nullopt, true, true};
        case StateKind::kAdopting:
            return {ErrorName::kStateIncomplete, false, true};
        case StateKind::kSnapshot:
            if (none) return {ErrorName::kSlotMissing, false, false};
            return {ErrorName::kSnapshotModeUnavailable, false, true};
        default:
            if (none) return {ErrorName::kSlotMissing, false, false};
            return {std::nullopt, false, true};
    }
}

Phase phase_of(StateKind state) {
    switch (state) {
        case StateKind::kCreating:
            return Phase::kCreating;
        case StateKind::kAdopting:
            return Phase::kAdopting;
        case StateKind::kSnapshot:
            return Phase::kSnapshot;
        default:
            return Phase::kStreaming;
    }
}

Position position_at(const World& world, Phase phase, Lsn lsn) {
    Position position;
    position.system_identifier = world.postgres.system_identifier;
    position.database_oid = world.postgres.database_oid;
    position.timeline = world.postgres.timeline;
    position.phase = phase;
    position.lsn = lsn;
    position.instance = 99;
    position.sequence = 5;
    position.configuration_hash = world.settings.process.engine.configuration_hash;
    position.selection_hash = world.settings.process.engine.selection_hash;
    return position;
}

void put_slot(World& world, SlotKind kind, Lsn lsn) {
    if (kind == SlotKind::kNone) return;
    Slot slot;
    slot.restart_lsn = kind == SlotKind::kOlder ? Lsn{lsn.value - 64} : lsn;
    slot.confirmed_flush_lsn = lsn;
    if (kind == SlotKind::kOtherPlugin) slot.plugin = "pgoutput";
    if (kind == SlotKind::kOtherDatabase) slot.database = "other";
    if (kind == SlotKind::kPhysical) slot.logical = false;
    if (kind == SlotKind::kTemporary) slot.temporary = true;
    if (kind == SlotKind::kSynced) slot.synced = true;
    if (kind == SlotKind::kLost) slot.wal_status = "lost";
    if (kind == SlotKind::kInvalidated) slot.invalidation_reason = "wal_removed";
    world.postgres.slot = slot;
    world.postgres.saved_slot = slot;
    world.postgres.last_consistent_point = lsn;
}

// A position in a Kafka transaction of an instance that is dead.
void leave_transaction(World& world, const Position& position, bool prepared) {
    const ProducerIdentity dead = world.kafka.init_producer_id("a").identity;
    const PartitionId where{KafkaModel::kStateTopic, 0};
    (void)world.kafka.add_partitions(dead, {where});
    LogRecord record;
    record.where = where;
    record.position = std::make_shared<const Position>(position);
    (void)world.kafka.produce(dead, 0, {record});
    if (!prepared) return;
    world.kafka.marker_delay_max = 2 * kSecond;
    (void)world.kafka.end_transaction(dead, true);
}

std::optional<std::string> await(World& world, Process& process, const Expected& expected) {
    (void)world.run_until([&] { return process.finished() || world.oracle.settled(); },
                          120 * kSecond);
    if (world.broken()) return world.breach();
    if (expected.stop) {
        if (!process.finished()) return std::string("does not stop");
        if (!process.outcome() || process.outcome()->name != *expected.stop)
            return "stopped as " + std::string(process.outcome()
                                                   ? error_row(process.outcome()->name).text
                                                   : "clean");
        return std::nullopt;
    }
    if (process.finished())
        return "stopped: " +
               std::string(process.outcome() ? error_row(process.outcome()->name).text : "clean");
    if (!world.oracle.settled()) return world.oracle.why_not_settled();
    return world.judge(true);
}

std::optional<std::string> run_combination(SlotKind slot, StateKind state, Outcome outcome) {
    World world(7, false);
    world.write_transaction(4);
    world.postgres.write_other(256);
    const Lsn lsn = world.postgres.insert_lsn();
    if (state != StateKind::kNoTopic) world.kafka.create_state_topic();
    if (state >= StateKind::kCreating) {
        const Position position = position_at(world, phase_of(state), lsn);
        if (outcome == Outcome::kSettled) {
            world.kafka.plant_position(position);
        } else if (outcome == Outcome::kPrepared) {
            leave_transaction(world, position, true);
        } else {
            // The truth, and above it what a dead instance never committed.
            world.kafka.plant_position(position);
            Position undecided = position;
            undecided.phase = Phase::kStreaming;
            undecided.lsn = Lsn{lsn.value + 4096};
            ++undecided.sequence;
            leave_transaction(world, undecided, false);
        }
        world.kafka.state_too_new = state == StateKind::kTooNew;
    }
    put_slot(world, slot, lsn);
    for (int i = 0; i < 5; ++i) world.write_transaction(3);
    const Expected expected = expected_of(slot, state);
    const std::size_t known = world.kafka.coordinators().size();
    Process& process = world.start_process();
    if (auto failed = await(world, process, expected)) return failed;
    if ((world.postgres.slots_created != 0) != expected.slot_made)
        return std::string("the slot was made, or was not, against the table");
    const bool hint_sees = outcome == Outcome::kSettled;
    if (hint_sees && !expected.fences && world.kafka.coordinators().size() != known)
        return std::string("fenced production before it stopped");
    return std::nullopt;
}

}  // namespace

void add_recovery_cases(std::vector<Case>& cases) {
    for (std::size_t slot = 0; slot < static_cast<std::size_t>(SlotKind::kCount_); ++slot) {
        for (std::size_t state = 0; state < static_cast<std::size_t>(StateKind::kCount_); ++state) {
            for (std::size_t how = 0; how < static_cast<std::size_t>(Outcome::kCount_); ++how) {
                const auto state_kind = static_cast<StateKind>(state);
                const auto outcome = static_cast<Outcome>(how);
                // Without a position there is nothing to be open, and the version of one that is
                // not committed cannot be read.
                if (state_kind < StateKind::kCreating && outcome != Outcome::kSettled) continue;
                if (state_kind == StateKind::kTooNew && outcome != Outcome::kSettled) continue;
                cases.push_back({std::string("recovery_") + kSlotNames[slot] + "_" +
                                     kStateNames[state] + "_" + kOutcomeNames[how],
                                 [slot, state_kind, outcome] {
                                     return run_combination(static_cast<SlotKind>(slot), state_kind,
                                                            outcome);
                                 }});
            }
        }
    }
}

// ---- sanity ------------------------------------------------------------------------------------

namespace {

struct Sanity {
    const char* name;
    std::optional<ErrorName> stop;
    // Bends a world in which slot and state stand at the same LSN and five transactions follow.
    void (*bend)(World& world, Position& position, ProcessOptions& options);
};

const SourceTransaction& following(const World& world, Lsn lsn) {
    for (const auto& transaction : world.postgres.committed()) {
        if (transaction->end_lsn > lsn) return *transaction;
    }
    return *world.postgres.committed().back();
}

constexpr Sanity kSanity[] = {
    {"state_beyond_slot_is_skipped", std::nullopt,
     [](World& world, Position& position, ProcessOptions&) {
         position.lsn = following(world, position.lsn).end_lsn;
         world.postgres.last_consistent_point = position.lsn;
     }},
    {"state_at_the_end_of_wal", std::nullopt,
     [](World& world, Position& position, ProcessOptions&) {
         position.lsn = world.postgres.insert_lsn();
         world.postgres.last_consistent_point = position.lsn;
     }},
    {"state_past_the_end_of_wal", ErrorName::kStateAheadOfServer,
     [](World& world, Position& position, ProcessOptions&) {
         position.lsn = Lsn{world.postgres.insert_lsn().value + 1};
     }},
    {"slot_one_byte_ahead", ErrorName::kSlotAheadOfState,
     [](World& world, Position& position, ProcessOptions&) {
         world.postgres.slot->confirmed_flush_lsn = Lsn{position.lsn.value + 1};
     }},
    {"fork_at_the_state", std::nullopt,
     [](World& world, Position& position, ProcessOptions&) {
         world.postgres.timeline_history.emplace_back(1, position.lsn);
         world.postgres.timeline = 2;
     }},
    {"fork_before_the_state", ErrorName::kStateAheadOfServer,
     [](World& world, Position& position, ProcessOptions&) {
         world.postgres.timeline_history.emplace_back(1, Lsn{position.lsn.value - 1});
         world.postgres.timeline = 2;
     }},
    {"timeline_of_the_future", ErrorName::kTimelineDiverged,
     [](World&, Position& position, ProcessOptions&) { position.timeline = 3; }},
    {"timeline_outside_of_the_history", ErrorName::kTimelineDiverged,
     [](World& world, Position&, ProcessOptions&) { world.postgres.timeline = 2; }},
    {"other_system_identifier", ErrorName::kOtherServer,
     [](World&, Position& position, ProcessOptions&) { ++position.system_identifier; }},
    {"other_database_oid", ErrorName::kOtherServer,
     [](World&, Position& position, ProcessOptions&) { ++position.database_oid; }},
    {"other_configuration", ErrorName::kConfigurationChanged,
     [](World&, Position&, ProcessOptions& options) { ++options.engine.configuration_hash; }},
    {"other_selection_between_transactions", std::nullopt,
     [](World&, Position&, ProcessOptions& options) { ++options.engine.selection_hash; }},
    {"other_selection_inside_of_one", ErrorName::kConfigurationChanged,
     [](World& world, Position& position, ProcessOptions& options) {
         const SourceTransaction& next = following(world, position.lsn);
         position.open = OpenTransaction{next.xid, next.commit_lsn, 0};
         ++options.engine.selection_hash;
     }},
    {"open_of_another_xid", ErrorName::kOpenMissing,
     [](World& world, Position& position, ProcessOptions&) {
         const SourceTransaction& next = following(world, position.lsn);
         position.open = OpenTransaction{Xid{next.xid.value + 1000}, next.commit_lsn, 1};
     }},
    {"open_of_another_commit", ErrorName::kOpenMissing,
     [](World& world, Position& position, ProcessOptions&) {
         const SourceTransaction& next = following(world, position.lsn);
         position.open = OpenTransaction{next.xid, Lsn{next.commit_lsn.value + 8}, 1};
     }},
    {"topic_keys_missing", ErrorName::kStateIncomplete,
     [](World&, Position& position, ProcessOptions&) { position.topic_keys = 1; }},
    {"snapshot_keys_missing", ErrorName::kStateIncomplete,
     [](World&, Position& position, ProcessOptions&) { position.snapshot_keys = 1; }},
};

std::optional<std::string> run_sanity(const Sanity& sanity) {
    World world(7, false);
    world.write_transaction(4);
    const Lsn lsn = world.postgres.insert_lsn();
    put_slot(world, SlotKind::kOurs, lsn);
    for (int i = 0; i < 5; ++i) {
        const std::size_t open = world.postgres.begin_transaction();
        SourceItem row;
        row.table = 1;
        world.postgres.write_item(open, row);
        world.postgres.commit_transaction(open);
    }
    Position position = position_at(world, Phase::kStreaming, lsn);
    ProcessOptions options = world.settings.process;
    sanity.bend(world, position, options);
    world.kafka.plant_position(position);
    Process& process = world.start_process(options);
    return await(world, process, Expected{sanity.stop, false, true});
}

// A standby takes over between the look at the server and the making of the slot: the slot is one
// of the new timeline, and the first position must say so.
std::optional<std::string> run_promotion_before_the_slot() {
    World world(7, false);
    for (int i = 0; i < 5; ++i) world.write_transaction(4);
    world.postgres.before_create_slot = [&world] {
        world.postgres.before_create_slot = nullptr;
        world.postgres.promote(world.postgres.insert_lsn(), std::nullopt);
    };
    Process& process = world.start_process();
    world.run_for(kSecond);
    world.write_transaction(4);
    return await(world, process, Expected{std::nullopt, true, true});
}

}  // namespace

void add_sanity_cases(std::vector<Case>& cases) {
    cases.push_back({"promotion_before_the_slot_is_made", run_promotion_before_the_slot});
    for (const Sanity& sanity : kSanity)
        cases.push_back(
            {std::string("sanity_") + sanity.name, [&sanity] { return run_sanity(sanity); }});
}

}  // namespace penstock::simulation
