// The phase between a slot's making and the stream: what is written when, what is read again.
#include <gtest/gtest.h>

#include "unit/engine/snapshot_world.hpp"

namespace penstock::test {
namespace {

using History = std::vector<std::string>;
using Markers = std::vector<SnapshotMarker>;

TEST(EngineSnapshot,
     state_is_snapshot_before_the_stream_is_started_and_streaming_after_the_last_row) {
    SnapshotWorld world;
    world.has_table("a", 1);
    world.start();
    EXPECT_EQ(world.history,
              (History{"inspect", "hint", "fence", "true read", "inspect", "state topic", "open",
                       "close batch", "create slot", "inspect", "open snapshot", "open",
                       "close batch", "start", "inspect"}));
    EXPECT_EQ(world.state.position->phase, Phase::kSnapshot);
    EXPECT_EQ(world.state.position->snapshot_keys, 1U);
    EXPECT_EQ(world.state_of(17001).snapshot, "90:95:91");
    EXPECT_EQ(world.engine.statistics().phase, "snapshot");
    EXPECT_FALSE(world.engine.wants_frames());
    world.row(0, 0, "x");
    world.end(0);
    EXPECT_EQ(world.records, (History{"x"}));
    EXPECT_EQ(world.state.position->phase, Phase::kStreaming);
    EXPECT_EQ(world.state.position->snapshot_keys, 0U);
    EXPECT_EQ(world.state_of(17001).progress, SnapshotProgress::kDone);
    EXPECT_EQ(world.count("close snapshot"), 1U);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineSnapshot, nothing_to_read_ends_at_once) {
    SnapshotWorld world;
    world.start();
    EXPECT_EQ(world.state.position->phase, Phase::kStreaming);
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineSnapshot, mode_never_reads_nothing) {
    ScriptedWorld world;
    world.start();
    EXPECT_EQ(world.count("open snapshot"), 0U);
}

TEST(EngineSnapshot, each_row_is_told_by_its_place) {
    SnapshotWorld world;
    world.has_table("a", 1);
    world.has_table("b", 1);
    world.has_table("c", 1);
    world.start();
    world.row(0, 0, "a1");
    world.row(0, 0, "a2");
    world.row(0, 1, "a3");
    world.end(0);
    world.row(1, 0, "b1");
    world.end(1);
    world.row(2, 0, "c1");
    world.row(2, 0, "c2");
    world.end(2);
    EXPECT_EQ(world.markers(), (Markers{SnapshotMarker::kFirst, SnapshotMarker::kTrue,
                                        SnapshotMarker::kLastInTable, SnapshotMarker::kLastInTable,
                                        SnapshotMarker::kFirstInTable, SnapshotMarker::kLast}));
    EXPECT_EQ(world.records, (History{"a1", "a2", "a3", "b1", "c1", "c2"}));
}

TEST(EngineSnapshot, a_batch_is_closed_between_two_blocks_and_records_what_is_in_it) {
    SnapshotWorld world;
    world.has_table("a", 25);
    world.start();
    EXPECT_EQ(world.tasks,
              (std::vector<SnapshotTask>{{0, 0, 10, {}}, {0, 10, 20, {}}, {0, 20, kBlockEnd, {}}}));
    for (const char* value : {"1", "2", "3"}) world.row(0, 4, value);
    EXPECT_TRUE(world.records.empty()) << "the block may go on";
    world.row(1, 12, "4");
    EXPECT_EQ(world.batches.back(), (History{"1", "2", "3"}));
    EXPECT_EQ(world.state_of(17001).finished, (std::vector<BlockRange>{{0, 5}}));
    EXPECT_EQ(world.state_of(17001).rows, 3U);
    EXPECT_EQ(world.state_of(17001).progress, SnapshotProgress::kReading);
}

TEST(EngineSnapshot, an_unfinished_snapshot_goes_on_filtered_where_its_state_ends) {
    SnapshotWorld world;
    world.has_table("a", 25);
    world.start();
    for (const char* value : {"1", "2"}) world.row(0, 4, value);
    world.row(0, 6, "3");
    world.end(0);
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.opened.tables[0].blocks = 40;
    world.pass(5000_ms);
    EXPECT_EQ(world.count("reopen snapshot"), 1U);
    EXPECT_EQ(world.tasks, (std::vector<SnapshotTask>{{0, 5, 15, "90:95:91"},
                                                      {0, 15, 25, "90:95:91"},
                                                      {0, 25, 35, "90:95:91"},
                                                      {0, 35, kBlockEnd, "90:95:91"}}));
    world.row(0, 6, "3");
    for (std::size_t task = 0; task < 4; ++task) world.end(task);
    EXPECT_EQ(world.records, (History{"1", "2", "3"}));
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineSnapshot, a_table_whose_rows_moved_is_read_again_and_named) {
    SnapshotWorld world;
    world.has_table("a", 1);
    world.start();
    world.row(0, 0, "1");
    world.row(0, 0, "2");
    world.row(0, 1, "3");
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.opened.tables[0].relfilenode = 5;
    world.pass(5000_ms);
    EXPECT_EQ(world.tasks, (std::vector<SnapshotTask>{{0, 0, kBlockEnd, "90:95:91"}}));
    EXPECT_NE(std::find(world.log.begin(), world.log.end(), "snapshot_restarted"), world.log.end());
    world.opened.tables[0].relfilenode = 6;
    world.opened.tables[0].holds_old_rows = false;
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.pass(5000_ms);
    EXPECT_EQ(world.tasks, (std::vector<SnapshotTask>{{0, 0, kBlockEnd, {}}}));
}

TEST(EngineSnapshot, a_table_that_changed_before_its_lock_makes_a_new_slot) {
    SnapshotWorld world;
    world.has_table("a", 1);
    world.open_fails = Error{ErrorName::kSnapshotTableChanged, "changed", {}, {}};
    world.start();
    EXPECT_EQ(world.state.position->phase, Phase::kCreating);
    world.open_fails.reset();
    world.pass(5000_ms);
    EXPECT_EQ(world.count("drop slot"), 1U);
    EXPECT_EQ(world.count("create slot"), 2U);
    EXPECT_EQ(world.state.position->phase, Phase::kSnapshot);
}

TEST(EngineSnapshot, an_unfinished_snapshot_is_not_given_up_by_a_changed_mode) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->phase = Phase::kSnapshot;
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kSnapshotModeUnavailable));
}

TEST(EngineSnapshot, rows_wait_for_their_topic) {
    SnapshotWorld world;
    world.has_table("a", 1);
    world.holds_topics = true;
    world.start();
    world.row(0, 0, "1");
    EXPECT_FALSE(world.engine.wants_rows());
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000, {}});
    EXPECT_TRUE(world.engine.wants_rows());
    world.end(0);
    EXPECT_EQ(world.records, (History{"1"}));
}

}  // namespace
}  // namespace penstock::test
