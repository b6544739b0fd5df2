// Modes of a snapshot other than the first start's, its pace, its marks.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/snapshot_pace.hpp"
#include "engine/snapshot_progress.hpp"
#include "unit/engine/snapshot_world.hpp"

namespace penstock::test {
namespace {

using History = std::vector<std::string>;

EngineOptions in_mode(SnapshotMode mode) {
    EngineOptions options = initial();
    options.snapshot_mode = mode;
    return options;
}

bool logged(const ScriptedWorld& world, const std::string& event) {
    return std::find(world.log.begin(), world.log.end(), event) != world.log.end();
}

// A table of the world whose topic holds rows of before.
void has_topic(SnapshotWorld& world, const std::string& table, std::uint32_t oid) {
    Relation relation;
    relation.schema = "public";
    relation.name = table;
    TopicState topic;
    topic.partitions = 1;
    topic.relation_oid = oid;
    world.state.topics[*world.encoder.topic_of(relation)] = topic;
    world.state.position->topic_keys = static_cast<std::uint32_t>(world.state.topics.size());
}

TEST(EngineSnapshotModes, only_ends_without_an_error_and_without_a_slot) {
    SnapshotWorld world(in_mode(SnapshotMode::kOnly));
    world.has_table("a", 1);
    world.start();
    world.row(0, 0, "x");
    world.end(0);
    EXPECT_EQ(world.records, (History{"x"}));
    EXPECT_EQ(world.state.position->phase, Phase::kSnapshot) << "which says why there is no slot";
    EXPECT_EQ(world.count("drop slot"), 1U);
    EXPECT_FALSE(world.facts.slot);
    ASSERT_TRUE(world.finished);
    EXPECT_FALSE(world.finished->error);
}

TEST(EngineSnapshotModes, only_that_is_done_does_nothing_at_another_start) {
    SnapshotWorld world(in_mode(SnapshotMode::kOnly));
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    world.state.position->phase = Phase::kSnapshot;
    world.state.snapshots[17001].progress = SnapshotProgress::kDone;
    world.state.snapshot_keys = world.state.position->snapshot_keys = 1;
    world.start();
    ASSERT_TRUE(world.finished);
    EXPECT_FALSE(world.finished->error);
    EXPECT_EQ(world.count("create slot"), 0U);
}

TEST(EngineSnapshotModes, only_that_was_interrupted_begins_again_under_a_new_slot) {
    SnapshotWorld world(in_mode(SnapshotMode::kOnly));
    world.has_table("a", 1);
    world.start();
    for (const char* value : {"1", "2"}) world.row(0, 0, value);
    world.row(0, 1, "3");
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.pass(5000_ms);
    EXPECT_TRUE(logged(world, "snapshot_anew"));
    EXPECT_EQ(world.count("drop slot"), 1U);
    EXPECT_EQ(world.count("create slot"), 2U);
    EXPECT_EQ(world.tasks, (std::vector<SnapshotTask>{{0, 0, kBlockEnd}})) << "unfiltered";
    world.end(0);
    EXPECT_EQ(world.records, (History{"1", "2", "truncate 1"}));
    EXPECT_TRUE(world.finished);
}

TEST(EngineSnapshotModes, only_refuses_a_pipe_that_streams) {
    SnapshotWorld world(in_mode(SnapshotMode::kOnly));
    world.has_streamed_to(100_lsn);
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kSnapshotModeUnavailable));
    EXPECT_TRUE(world.facts.slot);
}

TEST(EngineSnapshotModes, a_lost_slot_is_made_anew_only_for_who_agreed_to_it) {
    for (const SnapshotMode mode : {SnapshotMode::kNever, SnapshotMode::kInitial}) {
        SnapshotWorld world(in_mode(mode));
        world.has_streamed_to(100_lsn);
        world.facts.slot->wal_status = "lost";
        world.start();
        EXPECT_TRUE(world.finished_with(ErrorName::kSlotLost));
        EXPECT_TRUE(world.facts.slot);
    }
    SnapshotWorld world(in_mode(SnapshotMode::kWhenNeeded));
    world.has_streamed_to(100_lsn);
    world.facts.slot->wal_status = "lost";
    world.has_table("a", 1);
    has_topic(world, "a", 17001);
    world.start();
    EXPECT_EQ(world.count("drop slot"), 1U);
    EXPECT_EQ(world.count("create slot"), 1U);
    EXPECT_EQ(world.state.position->phase, Phase::kSnapshot);
    EXPECT_EQ(world.records, (History{"truncate 1"})) << "before the first row";
    world.row(0, 0, "x");
    world.end(0);
    EXPECT_EQ(world.records, (History{"truncate 1", "x"}));
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(EngineSnapshotModes, a_slot_that_is_gone_is_made_anew_under_when_needed) {
    SnapshotWorld world(in_mode(SnapshotMode::kWhenNeeded));
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    world.has_table("a", 1);
    world.start();
    EXPECT_EQ(world.count("drop slot"), 0U);
    EXPECT_EQ(world.state.position->phase, Phase::kSnapshot);
    EXPECT_TRUE(world.records.empty()) << "no topic holds rows of before";
}

TEST(EngineSnapshotModes, when_needed_streams_on_where_nothing_is_lost) {
    SnapshotWorld world(in_mode(SnapshotMode::kWhenNeeded));
    world.has_streamed_to(100_lsn);
    world.start();
    EXPECT_EQ(world.count("open snapshot"), 0U);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineSnapshotModes, a_new_slot_after_a_lost_one_is_not_made_with_half_of_the_state) {
    SnapshotWorld world(in_mode(SnapshotMode::kWhenNeeded));
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    world.state.position->topic_keys = 3;
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kStateIncomplete));
}

TEST(EngineSnapshotModes, a_renewal_that_was_interrupted_is_not_ended_without_a_snapshot) {
    SnapshotWorld world(in_mode(SnapshotMode::kNever));
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    has_topic(world, "a", 17001);
    world.state.position->phase = Phase::kCreating;
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kSnapshotModeUnavailable));
}

TEST(EngineSnapshotModes, marks_are_sent_again_when_they_were_not_published) {
    SnapshotWorld world(in_mode(SnapshotMode::kWhenNeeded));
    world.has_streamed_to(100_lsn);
    world.facts.slot.reset();
    world.has_table("a", 1);
    has_topic(world, "a", 17001);
    world.holds_topics = true;
    world.start();
    EXPECT_FALSE(world.engine.wants_rows());
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.holds_topics = false;
    world.pass(5000_ms);
    EXPECT_EQ(world.records, (History{"truncate 1"}));
}

TEST(EngineSnapshotModes, a_condition_goes_with_the_state_and_with_every_piece) {
    SnapshotWorld world;
    world.has_table("a", 15);
    world.opened.tables[0].predicate = "id > 3";
    world.start();
    EXPECT_EQ(world.state_of(17001).predicate, "id > 3");
    EXPECT_EQ(world.tasks, (std::vector<SnapshotTask>{{0, 0, 10, {}, "id > 3"},
                                                      {0, 10, kBlockEnd, {}, "id > 3"}}));
}

TEST(EngineSnapshotModes, a_table_named_first_is_read_before_a_larger_one) {
    SnapshotWorld world;
    world.has_table("large", 9);
    world.has_table("small", 1);
    world.opened.tables[0].place = 1;
    world.start();
    ASSERT_EQ(world.tasks.size(), 2U);
    EXPECT_EQ(world.tasks[0].table, 1U);
}

TEST(EngineSnapshotModes, rows_are_not_wanted_faster_than_the_pace) {
    EngineOptions options = initial();
    options.snapshot_rows_per_second_max = 20;
    SnapshotWorld world(options);
    world.has_table("a", 1);
    world.start();
    world.row(0, 0, "1");
    world.row(0, 0, "2");
    EXPECT_FALSE(world.engine.wants_rows());
    world.pass(90_ms);
    EXPECT_FALSE(world.engine.wants_rows());
    world.pass(10_ms);
    EXPECT_TRUE(world.engine.wants_rows());
}

TEST(SnapshotPace, a_row_a_second_is_a_row_a_second) {
    EngineOptions options;
    options.snapshot_rows_per_second_max = 1;
    SnapshotPace pace(options);
    pace.begin(Instant{0});
    pace.took_row(Instant{0});
    pace.advance(Instant{999'999});
    EXPECT_TRUE(pace.rests());
    EXPECT_EQ(pace.next(), Instant{1'000'000});
    pace.advance(Instant{1'000'000});
    EXPECT_FALSE(pace.rests());
}

TEST(EngineSnapshotModes, an_old_transaction_is_told_of) {
    EngineOptions options = initial();
    options.snapshot_transaction_age_max = Duration{2'000'000};
    SnapshotWorld world(options);
    world.has_table("a", 1);
    world.start();
    world.pass(1900_ms);
    EXPECT_FALSE(logged(world, "snapshot_transaction_old"));
    world.pass(200_ms);
    EXPECT_TRUE(logged(world, "snapshot_transaction_old"));
}

TEST(SnapshotProgress, is_guessed_from_the_blocks_that_are_read) {
    SnapshotState state;
    state.progress = SnapshotProgress::kReading;
    state.rows = 5000;
    state.blocks = 400;
    state.finished = {{0, 50}, {100, 150}};
    state.begun_us = 1'000'000;
    const TableProgress told = progress_of(state, 11'000'000);
    EXPECT_EQ(told.blocks_done, 100U);
    EXPECT_EQ(told.rows_per_second, 500U);
    EXPECT_EQ(told.seconds_left, 30U);
    EXPECT_EQ(blocks_read(state, 120), 70U) << "the table may have shrunk";
}

TEST(SnapshotProgress, is_told_by_the_engine_while_it_reads) {
    SnapshotWorld world;
    world.has_table("a", 9);
    EXPECT_TRUE(world.engine.snapshot_progress(WallTime{0}).empty());
    world.start();
    world.row(0, 0, "1");
    world.row(0, 1, "2");
    const auto told = world.engine.snapshot_progress(WallTime{0});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].rows, 1U);
    EXPECT_EQ(told[0].blocks, 9U);
    EXPECT_EQ(told[0].blocks_done, 1U);
}

}  // namespace
}  // namespace penstock::test
