// The recovery table, enumerated: every combination of slot and state, and how each is recognised.
#include <gtest/gtest.h>

#include <set>

#include "engine/recovery_table.hpp"

namespace penstock {
namespace {

using enum RecoveryAction;
using Slot = SlotCondition;
using State = StateCondition;

constexpr Slot kSlots[] = {Slot::kNone, Slot::kOurs, Slot::kOursOlder, Slot::kForeign, Slot::kLost};
constexpr State kStates[] = {State::kNothing,  State::kCreating,  State::kAdopting,
                             State::kSnapshot, State::kStreaming, State::kTooNew};

SlotFacts our_slot() {
    SlotFacts slot;
    slot.plugin = "penstock";
    slot.database = "shop";
    slot.restart_lsn = Lsn{100};
    slot.wal_status = "reserved";
    return slot;
}

ServerFacts with(std::optional<SlotFacts> slot) {
    ServerFacts facts;
    facts.database = "shop";
    facts.slot = std::move(slot);
    return facts;
}

Position in_phase(Phase phase, Lsn lsn) {
    Position position;
    position.phase = phase;
    position.lsn = lsn;
    return position;
}

TEST(RecoveryTable, answers_every_combination_that_can_occur_once) {
    std::set<std::pair<Slot, State>> seen;
    for (const RecoveryRow& row : recovery_table()) {
        EXPECT_TRUE(seen.insert({row.slot, row.state}).second);
    }
    for (const Slot slot : kSlots) {
        for (const State state : kStates) {
            const bool can_occur = slot != Slot::kOursOlder || state == State::kCreating;
            EXPECT_EQ(recovery_action(slot, state).has_value(), can_occur);
        }
    }
}

TEST(RecoveryTable, creates_a_slot_only_where_nothing_was_ever_published) {
    for (const RecoveryRow& row : recovery_table()) {
        if (row.action != kCreate && row.action != kDropAndCreate) continue;
        EXPECT_TRUE(row.state == State::kNothing || row.state == State::kCreating);
        EXPECT_TRUE(row.slot == Slot::kNone || row.slot == Slot::kOurs);
    }
}

TEST(RecoveryTable, drops_a_slot_only_under_creating) {
    for (const RecoveryRow& row : recovery_table()) {
        EXPECT_EQ(row.action == kDropAndCreate,
                  row.slot == Slot::kOurs && row.state == State::kCreating);
    }
}

TEST(RecoveryTable, streams_only_from_our_slot_and_a_streaming_state) {
    for (const RecoveryRow& row : recovery_table()) {
        EXPECT_EQ(row.action == kStream, row.slot == Slot::kOurs && row.state == State::kStreaming);
    }
}

TEST(RecoveryTable, slot_without_state_and_state_without_slot_stop_by_name) {
    EXPECT_EQ(recovery_action(Slot::kOurs, State::kNothing), kStopStateMissing);
    EXPECT_EQ(recovery_action(Slot::kNone, State::kStreaming), kStopSlotMissing);
    EXPECT_EQ(recovery_action(Slot::kNone, State::kSnapshot), kStopSlotMissing);
    EXPECT_EQ(recovery_action(Slot::kOursOlder, State::kCreating), kStopSlotNotOurs);
}

TEST(RecoveryTable, state_of_a_newer_release_stops_with_any_slot) {
    for (const Slot slot : kSlots) {
        if (slot == Slot::kOursOlder) continue;
        EXPECT_EQ(recovery_action(slot, State::kTooNew), kStopStateTooNew);
    }
}

TEST(SlotCondition, ours_is_logical_and_of_our_plugin_and_database_and_lasting) {
    const auto condition = [](auto change) {
        SlotFacts slot = our_slot();
        change(slot);
        return slot_condition(with(slot), "penstock", std::nullopt);
    };
    EXPECT_EQ(condition([](SlotFacts&) {}), Slot::kOurs);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.plugin = "pgoutput"; }), Slot::kForeign);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.database = "other"; }), Slot::kForeign);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.logical = false; }), Slot::kForeign);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.temporary = true; }), Slot::kForeign);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.synced = true; }), Slot::kForeign);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.wal_status = "lost"; }), Slot::kLost);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.invalidation_reason = "idle_timeout"; }),
              Slot::kLost);
    EXPECT_EQ(condition([](SlotFacts& slot) { slot.wal_status = "unreserved"; }), Slot::kOurs);
    EXPECT_EQ(slot_condition(with(std::nullopt), "penstock", std::nullopt), Slot::kNone);
}

TEST(SlotCondition, slot_older_than_creating_is_not_the_one_we_made) {
    const ServerFacts facts = with(our_slot());
    EXPECT_EQ(slot_condition(facts, "penstock", in_phase(Phase::kCreating, Lsn{100})), Slot::kOurs);
    EXPECT_EQ(slot_condition(facts, "penstock", in_phase(Phase::kCreating, Lsn{101})),
              Slot::kOursOlder);
    EXPECT_EQ(slot_condition(facts, "penstock", in_phase(Phase::kStreaming, Lsn{101})),
              Slot::kOurs);
}

TEST(StateCondition, follows_topic_version_and_phase) {
    StateView state;
    EXPECT_EQ(state_condition(state), State::kNothing);
    state.topic_exists = true;
    EXPECT_EQ(state_condition(state), State::kNothing);
    state.position = in_phase(Phase::kCreating, Lsn{1});
    EXPECT_EQ(state_condition(state), State::kCreating);
    state.position->phase = Phase::kAdopting;
    EXPECT_EQ(state_condition(state), State::kAdopting);
    state.position->phase = Phase::kSnapshot;
    EXPECT_EQ(state_condition(state), State::kSnapshot);
    state.position->phase = Phase::kStreaming;
    EXPECT_EQ(state_condition(state), State::kStreaming);
    state.position->phase = Phase::kUnspecified;
    EXPECT_EQ(state_condition(state), State::kTooNew);
    state.position->phase = Phase::kStreaming;
    state.too_new = true;
    EXPECT_EQ(state_condition(state), State::kTooNew);
}

}  // namespace
}  // namespace penstock
