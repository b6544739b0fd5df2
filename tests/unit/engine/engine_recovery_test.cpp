// Steps 1 to 6 of the engine, in a world that answers at once.
#include <gtest/gtest.h>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

using History = std::vector<std::string>;

Error slot_active() {
    return {ErrorName::kSlotActive, "slot is active", {}, {}};
}

TEST(EngineRecovery, takes_slot_then_fences_then_reads_truth_then_signs_then_streams) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.start();
    EXPECT_EQ(world.history, (History{"inspect", "hint", "start", "fence", "true read", "inspect",
                                      "state topic", "open", "close batch"}));
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, signature_carries_our_instance_and_the_next_sequence_and_the_same_lsn) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.start();
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.published[0].instance, 42U);
    EXPECT_EQ(world.published[0].sequence, 8U);
    EXPECT_EQ(world.published[0].lsn, 100_lsn);
}

TEST(EngineRecovery, new_pipe_writes_creating_before_the_slot_and_streaming_after) {
    ScriptedWorld world;
    world.start();
    EXPECT_EQ(world.history, (History{"inspect", "hint", "fence", "true read", "inspect",
                                      "state topic", "open", "close batch", "create slot",
                                      "inspect", "open", "close batch", "start", "inspect"}));
    ASSERT_EQ(world.published.size(), 2U);
    EXPECT_EQ(world.published[0].phase, Phase::kCreating);
    EXPECT_EQ(world.published[0].lsn, 1'000'000_lsn);
    EXPECT_EQ(world.published[0].sequence, 1U);
    EXPECT_EQ(world.published[1].phase, Phase::kStreaming);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, first_position_names_the_timeline_on_which_the_slot_was_made) {
    ScriptedWorld world;
    world.holds_commits = true;
    world.start();
    world.facts.timeline = 2;
    world.facts.timeline_history = {{1, 900'000_lsn}};
    world.close_batch();
    world.close_batch();
    EXPECT_EQ(world.state.position->timeline, 2U);
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(EngineRecovery, slot_that_is_gone_at_once_leaves_creating_and_is_made_again) {
    ScriptedWorld world;
    world.loses_new_slot = true;
    world.start();
    EXPECT_EQ(world.engine.statistics().phase, "waiting");
    EXPECT_EQ(world.state.position->phase, Phase::kCreating);
    world.loses_new_slot = false;
    world.pass(10'000_ms);
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(EngineRecovery, slot_is_not_created_before_creating_is_committed) {
    ScriptedWorld world;
    world.holds_commits = true;
    world.start();
    EXPECT_EQ(world.count("create slot"), 0U);
    world.close_batch();
    EXPECT_EQ(world.count("create slot"), 1U);
}

TEST(EngineRecovery, half_made_slot_is_let_go_and_dropped_and_created_again) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->phase = Phase::kCreating;
    world.start();
    EXPECT_EQ(world.history,
              (History{"inspect", "hint", "start", "fence", "true read", "inspect", "copy done",
                       "inspect", "drop slot", "state topic", "open", "close batch", "create slot",
                       "inspect", "open", "close batch", "start", "inspect"}));
    ASSERT_FALSE(world.started_at.empty());
    EXPECT_EQ(world.started_at[0], world.facts.wal_insert_lsn) << "nothing is decoded for it";
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, slot_missing_is_seen_before_anything_is_fenced) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kSlotMissing));
    EXPECT_EQ(world.count("fence"), 0U);
}

TEST(EngineRecovery, other_server_is_seen_before_anything_is_fenced) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.facts.system_identifier = 901;
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kOtherServer));
    EXPECT_EQ(world.count("fence"), 0U);
}

TEST(EngineRecovery, foreign_slot_is_neither_started_nor_dropped) {
    ScriptedWorld world;
    world.facts.slot = ScriptedWorld::slot(100_lsn);
    world.facts.slot->plugin = "pgoutput";
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kSlotNotOurs));
    EXPECT_EQ(world.count("start") + world.count("drop slot") + world.count("fence"), 0U);
}

TEST(EngineRecovery, slot_without_state_stops_after_the_true_read) {
    ScriptedWorld world;
    world.facts.slot = ScriptedWorld::slot(100_lsn);
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kStateMissing));
    EXPECT_EQ(world.count("true read"), 1U);
    EXPECT_EQ(world.count("state topic"), 0U);
}

TEST(EngineRecovery, lost_slot_stops_with_the_servers_reason) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.facts.slot->wal_status = "lost";
    world.facts.slot->invalidation_reason = "wal_removed";
    world.start();
    ASSERT_TRUE(world.finished_with(ErrorName::kSlotLost));
    EXPECT_NE(world.finished->error->detail.find("wal_removed"), std::string::npos);
}

TEST(EngineRecovery, newer_state_stops_before_anything_is_fenced) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.too_new = true;
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kStateTooNew));
    EXPECT_EQ(world.count("fence"), 0U);
}

TEST(EngineRecovery, I3_active_slot_is_waited_for_without_fencing_its_holder) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.start_fails = slot_active();
    world.start();
    world.pass(3000_ms);
    EXPECT_GE(world.count("start"), 4U);
    EXPECT_EQ(world.count("fence"), 0U);
    world.start_fails.reset();
    world.pass(5000_ms);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, waiting_backs_off_to_five_seconds) {
    ScriptedWorld world;
    world.inspect_fails = Error{ErrorName::kPostgresUnreachable, "refused", {}, {}};
    world.start();
    world.pass(60'000_ms);
    EXPECT_GE(world.count("inspect"), 14U);
    EXPECT_LE(world.count("inspect"), 20U);
}

TEST(EngineRecovery, dead_holder_is_terminated_once_and_only_when_asked_for) {
    EngineOptions options = ScriptedWorld::default_options();
    options.takeover = TakeoverMode::kTerminate;
    ScriptedWorld world(options);
    world.has_streamed_to(100_lsn);
    world.facts.slot->active = true;
    world.facts.slot->holder_reply_age = 61'000_ms;
    world.start_fails = slot_active();
    world.start();
    world.pass(20'000_ms);
    EXPECT_EQ(world.count("terminate holder"), 1U);
}

TEST(EngineRecovery, living_holder_is_not_terminated) {
    EngineOptions options = ScriptedWorld::default_options();
    options.takeover = TakeoverMode::kTerminate;
    ScriptedWorld world(options);
    world.has_streamed_to(100_lsn);
    world.facts.slot->active = true;
    world.facts.slot->holder_reply_age = 59'000_ms;
    world.start_fails = slot_active();
    world.start();
    world.pass(20'000_ms);
    EXPECT_EQ(world.count("terminate holder"), 0U);
}

TEST(EngineRecovery, server_that_changed_between_the_looks_is_looked_at_anew) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.holds_fence = true;
    world.start();
    world.facts.timeline = 2;
    world.facts.timeline_history = {{1, 500_lsn}};
    world.holds_fence = false;
    world.handle(ProducersFenced{1});
    EXPECT_EQ(world.history.back(), "close");
    world.pass(1000_ms);
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.published.back().timeline, 2U);
}

TEST(EngineRecovery, truth_behind_the_hint_takes_the_lock_anew) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.facts.slot = ScriptedWorld::slot(50_lsn);
    world.holds_fence = true;
    world.start();
    world.state.position = ScriptedWorld::position(60_lsn, 6);
    world.holds_fence = false;
    world.handle(ProducersFenced{1});
    EXPECT_EQ(world.count("close batch"), 0U);
    world.pass(1000_ms);
    EXPECT_EQ(world.count("start"), 2U);
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.published.back().lsn, 60_lsn);
}

TEST(EngineRecovery, answers_of_an_older_generation_change_nothing) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.holds_fence = true;
    world.start();
    world.handle(ProducersFenced{0});
    EXPECT_EQ(world.count("true read"), 0U);
    world.handle(ProducersFenced{1});
    EXPECT_EQ(world.count("true read"), 1U);
}

TEST(EngineRecovery, unclean_commit_drops_everything_and_starts_over) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.transaction(8, 300_lsn, {"b"});
    world.holds_commits = false;
    world.close_batch(false);
    EXPECT_FALSE(world.engine.wants_frames());
    EXPECT_EQ(world.count("close"), 1U);
    world.pass(1000_ms);
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.count("fence"), 1U);
    EXPECT_TRUE(world.records.empty());
    EXPECT_EQ(world.published.back().lsn, 100_lsn);
}

TEST(EngineRecovery, I3_fenced_by_another_instance_finishes_without_fencing_back) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.state.position->instance = 77;
    world.state.position->sequence = 20;
    world.handle(KafkaFailed{1, Error{ErrorName::kFenced, "fenced", {}, {}}, true});
    world.pass(1000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kFenced));
    EXPECT_EQ(world.count("fence"), 0U);
}

TEST(EngineRecovery, fenced_by_the_coordinators_timeout_goes_on) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.handle(KafkaFailed{1, Error{ErrorName::kFenced, "fenced", {}, {}}, true});
    world.pass(1000_ms);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, position_of_another_instance_beside_us_is_a_fencing) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    Position other = ScriptedWorld::position(150_lsn, 30);
    other.instance = 77;
    world.state.position = other;
    world.show(other);
    world.pass(1000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kFenced));
    EXPECT_TRUE(world.statuses.empty() || world.statuses.back() <= 100_lsn);
}

TEST(EngineRecovery, failure_that_only_a_person_mends_stops_by_name) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.handle(KafkaFailed{1, Error{ErrorName::kKafkaAuthorization, "denied", {}, {}}, false});
    EXPECT_TRUE(world.finished_with(ErrorName::kKafkaAuthorization));
}

TEST(EngineRecovery, lost_connection_aborts_the_open_kafka_transaction) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change(std::string(300'000, 'x'));
    EXPECT_EQ(world.count("produce"), 1U);
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "closed", {}, {}}});
    EXPECT_EQ(world.count("abort"), 1U);
    world.pass(1000_ms);
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_TRUE(world.records.empty());
}

TEST(EngineRecovery, I3_slot_that_is_not_held_when_both_fences_stand_is_taken_anew) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.holds_fence = true;
    world.start();
    world.facts.slot->held = false;
    world.holds_fence = false;
    world.handle(ProducersFenced{1});
    EXPECT_EQ(world.count("close batch"), 0U) << "what was read may be no truth";
    world.facts.slot->held = true;
    world.pass(1000_ms);
    EXPECT_EQ(world.count("fence"), 2U);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineRecovery, slot_that_a_statement_does_not_find_is_looked_at_again) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.start_fails = Error{ErrorName::kSlotMissing, "does not exist", {}, {}};
    world.start();
    EXPECT_FALSE(world.finished);
    world.facts.slot.reset();
    world.pass(1000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kSlotMissing));
}

TEST(EngineRecovery, state_that_moved_past_a_promotion_names_the_new_timeline) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.facts.timeline = 2;
    world.facts.timeline_history = {{1, 100_lsn}};
    world.start();
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.published.back().timeline, 2U);
}

TEST(EngineRecovery, adoption_in_progress_is_not_turned_into_a_new_slot) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->phase = Phase::kAdopting;
    world.facts.slot.reset();
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kStateIncomplete));
    EXPECT_EQ(world.count("create slot"), 0U);
}

}  // namespace
}  // namespace penstock::test
