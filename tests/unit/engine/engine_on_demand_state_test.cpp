// Requests, states and sessions of snapshots on demand.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/engine/on_demand_world.hpp"

namespace penstock::test {
namespace {

using Kind = SnapshotRequest::Kind;
using Rows = std::vector<std::string>;

// A chunk has entered, up to key 2.
void begin_reading(OnDemandWorld& world) {
    world.stream();
    world.start();
    world.read(world.chunk({row(1), row(2)}, 1500_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(1500_lsn);
    world.pass(1000_ms);
    ASSERT_EQ(world.progress().cursor, "c2");
}

TEST(OnDemandState, crash_goes_on_behind_the_cursor_and_looks_at_what_runs_again) {
    OnDemandWorld world;
    begin_reading(world);
    world.finds.clear();
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.facts.slot = ScriptedWorld::slot(world.state.position->lsn);
    world.pass(5000_ms);
    ASSERT_EQ(world.engine.statistics().phase, "streaming");
    ASSERT_EQ(world.finds.size(), 1U);
    EXPECT_EQ(world.finds[0].names, (Rows{"\"public\".\"t\""}));
    world.looks.clear();
    world.reads.clear();
    world.found(OnDemandWorld::table());
    world.pass(1_ms);
    ASSERT_EQ(world.looks.size(), 1U);
    world.look(OnDemandWorld::all_below(700));
    ASSERT_EQ(world.reads.size(), 1U);
    EXPECT_EQ(world.reads[0].after, "c2");
    EXPECT_EQ(world.reads[0].until, "until");
}

TEST(OnDemandState, table_that_was_made_anew_is_read_from_its_start) {
    OnDemandWorld world;
    begin_reading(world);
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.facts.slot = ScriptedWorld::slot(world.state.position->lsn);
    world.pass(5000_ms);
    ChunkTable anew = OnDemandWorld::table();
    anew.oid = anew.published_as = 17777;
    world.found(anew);
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    EXPECT_EQ(world.state.snapshots.at(17777).progress, SnapshotProgress::kQueued);
    EXPECT_EQ(world.state.snapshots.at(17777).cursor, "");
}

TEST(OnDemandState, table_that_is_no_longer_captured_is_cancelled_and_the_stream_goes_on) {
    OnDemandWorld world;
    begin_reading(world);
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.facts.slot = ScriptedWorld::slot(world.state.position->lsn);
    world.pass(5000_ms);
    world.handle(TablesNotFound{world.finds.back().ticket,
                                {ErrorName::kSnapshotTableRefused, "not captured", {}, {}}});
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
    EXPECT_EQ(world.engine.statistics().snapshots.tables.front().waits_for,
              "snapshot_table_refused: not captured");
}

TEST(OnDemandState, request_whose_answer_was_lost_is_carried_out_once) {
    OnDemandWorld world;
    world.stream();
    world.holds_commits = true;
    world.ask(Kind::kStart);
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    world.state.snapshots[OnDemandWorld::kTable].initial = false;  // It was committed after all.
    world.state.snapshots[OnDemandWorld::kTable].schema = "public";
    world.state.snapshots[OnDemandWorld::kTable].table = "t";
    world.state.snapshot_keys = 1;
    world.holds_commits = false;
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.pass(5000_ms);
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    ASSERT_EQ(world.answers.size(), 1U);
    EXPECT_TRUE(world.answers[0].report);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kQueued);
}

TEST(OnDemandState, table_in_work_is_not_started_twice) {
    OnDemandWorld world;
    begin_reading(world);
    world.ask(Kind::kStart);
    world.found(OnDemandWorld::table());
    ASSERT_EQ(world.answers.size(), 2U);
    ASSERT_FALSE(world.answers[1].report);
    EXPECT_EQ(world.answers[1].report.error().name, ErrorName::kSnapshotRequestRefused);
}

TEST(OnDemandState, pause_keeps_the_cursor_and_resume_goes_on_behind_it) {
    OnDemandWorld world;
    begin_reading(world);
    world.ask(Kind::kPause);
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kPaused);
    EXPECT_EQ(world.progress().cursor, "c2");
    // The chunk that was on its way is nobody's.
    world.read(world.chunk({row(3)}, 1500_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(1600_lsn);
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().cursor, "c2");
    world.looks.clear();
    world.ask(Kind::kResume, {});
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kReading);
    ASSERT_EQ(world.looks.size(), 1U);
    world.look(OnDemandWorld::all_below(600));
    EXPECT_EQ(world.reads.back().after, "c2");
    EXPECT_TRUE(world.answers.back().report);
}

TEST(OnDemandState, cancel_ends_it_and_it_can_be_asked_for_anew) {
    OnDemandWorld world;
    begin_reading(world);
    world.ask(Kind::kCancel);
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    world.ask(Kind::kCancel);
    ASSERT_FALSE(world.answers.back().report);
    EXPECT_EQ(world.answers.back().report.error().name, ErrorName::kSnapshotRequestRefused);
    world.start();
    EXPECT_EQ(world.reads.back().after, "");
    EXPECT_EQ(world.progress().rows, 0U);
}

TEST(OnDemandState, name_that_no_state_has_is_looked_up_as_it_may_be_of_partitions) {
    OnDemandWorld world;
    begin_reading(world);
    world.ask(Kind::kCancel, {"public.parted"});
    ASSERT_EQ(world.finds.back().names, (Rows{"public.parted"}));
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
}

TEST(OnDemandState, list_is_answered_at_once_in_every_phase) {
    OnDemandWorld world;
    begin_reading(world);
    world.ask(Kind::kList, {});
    ASSERT_TRUE(world.answers.back().report);
    const SnapshotReport::Table& line = world.answers.back().report->tables.front();
    EXPECT_EQ(line.name, "t");
    EXPECT_EQ(line.progress, "reading");
    EXPECT_EQ(line.rows, 2U);
    EXPECT_EQ(line.rows_estimated, 100U);
    world.inspect_fails = Error{ErrorName::kPostgresUnreachable, "away", {}, {}};
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.ask(Kind::kList, {});
    EXPECT_EQ(world.answers.back().report->tables.size(), 1U);
}

TEST(OnDemandState, reader_that_fails_is_asked_again_or_ends_the_table_by_name) {
    OnDemandWorld world;
    begin_reading(world);
    const std::size_t before = world.reads.size();
    world.handle(
        ChunkFailed{world.reads.back().ticket,
                    {ErrorName::kPostgresConnectionLost, "the reader's connection", {}, {}}});
    world.pass(100_ms);
    ASSERT_EQ(world.reads.size(), before + 1);
    EXPECT_EQ(world.reads.back().after, "c2");
    world.handle(ChunkFailed{world.reads.back().ticket,
                             {ErrorName::kSnapshotPrivilege, "no SELECT", {}, {}}});
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(OnDemandState, rewritten_table_is_read_again_and_a_dropped_one_ends) {
    OnDemandWorld world;
    begin_reading(world);
    ChunkRead rewritten = world.chunk({}, 1500_lsn, OnDemandWorld::all_below(600));
    rewritten.rewritten = true;
    const std::size_t before = world.reads.size();
    world.read(std::move(rewritten));
    world.pass(100_ms);
    ASSERT_EQ(world.reads.size(), before + 1);
    ChunkRead gone = world.chunk({}, 1500_lsn, OnDemandWorld::all_below(600));
    gone.gone = true;
    world.read(std::move(gone));
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
}

TEST(OnDemandState, row_that_cannot_be_published_ends_its_table_and_leaves_no_record) {
    OnDemandWorld world;
    begin_reading(world);
    world.records.clear();
    world.max_message_bytes = 1'000'000;
    world.encoder.refuses = row(4);
    world.read(world.chunk({row(3), row(4)}, 1500_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(1600_lsn);
    world.pass(2000_ms);
    EXPECT_TRUE(world.records.empty());
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    EXPECT_EQ(world.progress().cursor, "c2");
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(OnDemandState, topic_that_a_row_wants_holds_the_chunk_and_nothing_of_it_goes_out_before) {
    OnDemandWorld world;
    world.stream();
    world.start();
    world.holds_topics = true;
    world.topic_asked.reset();
    world.read(world.chunk({row(1), "to elsewhere"}, 1500_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(1500_lsn);
    world.pass(2000_ms);
    ASSERT_TRUE(world.topic_asked);
    EXPECT_EQ(world.topic_asked->name, "elsewhere");
    EXPECT_FALSE(world.engine.wants_frames());
    EXPECT_TRUE(world.records.empty());
    EXPECT_EQ(world.progress().rows, 0U);
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000, {}});
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Rows{row(1), "to elsewhere"}));
    EXPECT_EQ(world.progress().rows, 2U);
}

TEST(OnDemandState, clean_stop_takes_what_has_entered_and_nothing_half) {
    OnDemandWorld world;
    begin_reading(world);
    world.records.clear();
    world.read(world.chunk({row(3)}, 1500_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(1600_lsn);
    world.handle(StopRequested{});
    world.pass(5000_ms);
    ASSERT_TRUE(world.finished);
    EXPECT_EQ(world.records.size(), world.progress().cursor == "c3" ? 1U : 0U);
    EXPECT_EQ(world.progress().cursor, "c3");
}

TEST(OnDemandState, table_without_key_is_read_while_the_stream_is_held) {
    OnDemandWorld world;
    world.stream();
    world.start(OnDemandWorld::table({}));
    ASSERT_EQ(world.reads.size(), 1U);
    EXPECT_FALSE(world.engine.wants_frames());
    EXPECT_EQ(world.reads[0].bytes_max, world.options.snapshot_keyless_bytes);
    ChunkRead chunk = world.chunk({row(1), row(1)}, 2100_lsn, OnDemandWorld::all_below(600));
    chunk.last = true;
    world.read(std::move(chunk));
    EXPECT_TRUE(world.engine.wants_frames());
    world.transaction(510, 2000_lsn, {row(5)});
    world.begin(700, 2200_lsn, 2208_lsn);
    world.change(row(6));
    world.commit(2208_lsn, 1);
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Rows{row(5), row(1), row(1), row(6)}));
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kDone);
}

TEST(OnDemandState, table_without_key_that_changed_unseen_is_read_again) {
    OnDemandWorld world;
    world.stream();
    world.start(OnDemandWorld::table({}));
    ChunkRead chunk = world.chunk({row(1)}, 2100_lsn, {510, 600, {510}});
    chunk.last = true;
    world.read(std::move(chunk));
    world.transaction(510, 2000_lsn, {row(5)});
    world.keepalive(2100_lsn);
    EXPECT_EQ(world.progress().rows, 0U);
    world.pass(200_ms);
    ASSERT_EQ(world.reads.size(), 2U);
    chunk = world.chunk({row(1), row(5)}, 2200_lsn, OnDemandWorld::all_below(600));
    chunk.last = true;
    world.read(std::move(chunk));
    world.keepalive(2200_lsn);
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Rows{row(5), row(1), row(5)}));
}

TEST(OnDemandState, table_without_key_that_is_too_large_ends_by_name) {
    OnDemandWorld world;
    world.stream();
    world.start(OnDemandWorld::table({}));
    world.read(world.chunk({row(1)}, 2100_lsn, OnDemandWorld::all_below(600)));
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kCancelled);
    EXPECT_TRUE(world.engine.statistics().snapshots.tables.front().waits_for.starts_with(
        "snapshot_table_too_large: "));
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(OnDemandState, stream_is_not_held_for_longer_than_the_patience) {
    OnDemandWorld world;
    world.stream();
    world.start(OnDemandWorld::table({}));
    const ChunkRead late = world.chunk({row(1)}, 2100_lsn, OnDemandWorld::all_below(600));
    EXPECT_FALSE(world.engine.wants_frames());
    world.pass(world.options.snapshot_hold_max);
    EXPECT_TRUE(world.engine.wants_frames());
    world.read(late);
    world.keepalive(2200_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.progress().rows, 0U);
}

}  // namespace
}  // namespace penstock::test
