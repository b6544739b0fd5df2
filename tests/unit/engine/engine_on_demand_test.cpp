// Where in the stream a chunk enters, and what of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/engine/on_demand_world.hpp"

namespace penstock::test {
namespace {

using Kind = SnapshotRequest::Kind;
using Rows = std::vector<std::string>;

ChangeFrame update(const std::string& after, const std::string& before = {}) {
    ChangeFrame change;
    change.relation_id = 1;
    change.lsn_delta = 1;
    change.operation = Operation::kUpdate;
    change.has_after = true;
    change.after = after;
    change.has_before = !before.empty();
    change.before = before;
    return change;
}

// A transaction of one change.
void write(OnDemandWorld& world, std::uint32_t xid, Lsn commit_lsn, const ChangeFrame& change) {
    const Lsn end{commit_lsn.value + 8};
    world.begin(xid, commit_lsn, end);
    world.take(change);
    world.commit(end, 1);
}

TEST(OnDemand, request_is_answered_and_read_only_when_it_is_published) {
    OnDemandWorld world;
    world.stream();
    world.holds_commits = true;
    world.ask(Kind::kStart);
    ASSERT_EQ(world.finds.size(), 1U);
    EXPECT_EQ(world.finds[0].names, (Rows{"public.t"}));
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    EXPECT_TRUE(world.answers.empty());
    EXPECT_TRUE(world.looks.empty());
    world.close_batch();
    ASSERT_EQ(world.answers.size(), 1U);
    EXPECT_EQ(world.answers[0].client, 1U);
    ASSERT_TRUE(world.answers[0].report);
    EXPECT_EQ(world.answers[0].report->tables.front().progress, "queued");
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kQueued);
    EXPECT_EQ(world.looks.size(), 1U);
    EXPECT_EQ(world.published.back().snapshot_keys, 1U);
}

TEST(OnDemand, request_that_the_reader_refuses_is_answered_with_its_error) {
    OnDemandWorld world;
    world.stream();
    world.ask(Kind::kStart);
    world.handle(TablesNotFound{world.finds.back().ticket,
                                {ErrorName::kSnapshotTableRefused, "it is a view", {}, {}}});
    ASSERT_EQ(world.answers.size(), 1U);
    ASSERT_FALSE(world.answers[0].report);
    EXPECT_EQ(world.answers[0].report.error().name, ErrorName::kSnapshotTableRefused);
    EXPECT_TRUE(world.published.empty());
}

TEST(OnDemand, nothing_is_read_before_what_runs_at_the_beginning_is_over) {
    OnDemandWorld world;
    world.stream();
    world.ask(Kind::kStart);
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    world.look({77, 90, {77, 80}});
    EXPECT_TRUE(world.reads.empty());
    EXPECT_EQ(world.engine.statistics().snapshots.tables.front().waits_for,
              "transaction 77, which was running when the snapshot was taken up");
    world.pass(100_ms);
    ASSERT_EQ(world.looks.size(), 2U);
    world.look({80, 90, {80, 89}});  // 89 is no suspect: it began later.
    EXPECT_TRUE(world.reads.empty());
    world.pass(200_ms);
    world.look({89, 90, {89}});
    EXPECT_EQ(world.reads.size(), 1U);
}

TEST(OnDemand, transaction_whose_commit_comes_by_the_stream_is_waited_for_no_longer) {
    OnDemandWorld world;
    world.stream();
    world.ask(Kind::kStart);
    world.found(OnDemandWorld::table());
    world.pass(2000_ms);
    world.look({77, 90, {77}});
    write(world, 77, 2000_lsn, update(row(1)));
    world.pass(100_ms);
    EXPECT_EQ(world.looks.size(), 1U);
    EXPECT_EQ(world.reads.size(), 1U);
}

TEST(OnDemand, chunk_enters_with_its_cursor_where_its_commits_are_streamed) {
    OnDemandWorld world;
    world.stream();
    world.start();
    ASSERT_EQ(world.reads.size(), 1U);
    EXPECT_EQ(world.reads[0].after, "");
    EXPECT_EQ(world.reads[0].until, "");
    world.read(world.chunk({row(1), row(2)}, 3000_lsn, OnDemandWorld::all_below(600)));
    write(world, 500, 2000_lsn, update(row(9)));
    world.keepalive(2999_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Rows{row(9)}));
    world.keepalive(3000_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Rows{row(9), row(1), row(2)}));
    const Rows entered{row(1), row(2)};
    EXPECT_EQ(std::count(world.batches.begin(), world.batches.end(), entered), 1);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kReading);
    EXPECT_EQ(world.progress().cursor, "c2");
    EXPECT_EQ(world.progress().until, "until");
    EXPECT_EQ(world.progress().rows, 2U);
    ASSERT_EQ(world.reads.size(), 2U);
    EXPECT_EQ(world.reads[1].after, "c2");
    EXPECT_EQ(world.reads[1].until, "until");
    EXPECT_EQ(world.encoder.contexts.back().snapshot, SnapshotMarker::kIncremental);
    ChunkRead last = world.chunk({}, 3000_lsn, OnDemandWorld::all_below(600));
    last.last = true;
    world.read(std::move(last));
    world.keepalive(3000_lsn);
    world.pass(2000_ms);
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kDone);
    EXPECT_EQ(world.progress().cursor, "c2");
    EXPECT_EQ(world.reads.size(), 2U);
}

TEST(OnDemand, chunk_enters_behind_the_commit_that_reaches_it_and_before_a_begin_past_it) {
    OnDemandWorld world;
    world.stream();
    world.start();
    world.read(world.chunk({row(1)}, 2008_lsn, OnDemandWorld::all_below(600)));
    write(world, 500, 2000_lsn, update(row(8)));
    world.read(world.chunk({row(2)}, 2100_lsn, OnDemandWorld::all_below(600)));
    write(world, 700, 2200_lsn, update(row(2, "new")));
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Rows{row(8), row(1), row(2), row(2, "new")}));
}

TEST(OnDemand, quiet_server_is_asked_where_it_is_while_a_chunk_waits) {
    OnDemandWorld world;
    world.stream();
    world.start();
    const std::size_t before = world.statuses.size();
    world.read(world.chunk({row(1)}, 3000_lsn, OnDemandWorld::all_below(600)));
    EXPECT_EQ(world.statuses.size(), before + 1);
    world.pass(100_ms);
    EXPECT_GE(world.statuses.size(), before + 3);
    EXPECT_LE(world.statuses.size(), before + 5);
    world.keepalive(3000_lsn);
    world.pass(200_ms);
    const std::size_t entered = world.statuses.size();
    world.pass(500_ms);
    EXPECT_LE(world.statuses.size(), entered + 1);
}

TEST(OnDemand, row_that_an_invisible_transaction_touched_does_not_enter) {
    OnDemandWorld world;
    world.stream();
    world.start();
    write(world, 550, 2000_lsn, update(row(1, "seen")));
    write(world, 610, 2100_lsn, update(row(2, "not seen")));
    write(world, 560, 2200_lsn, update(row(3, "late")));
    VisibleTransactions visible{560, 600, {560}};
    world.read(world.chunk({row(1), row(2), row(3), row(4)}, 2300_lsn, visible));
    world.records.clear();
    world.keepalive(2300_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.records,
              (Rows{row(1, "seen"), row(2, "not seen"), row(3, "late"), row(1), row(4)}));
    EXPECT_EQ(world.progress().cursor, "c4");
    EXPECT_EQ(world.progress().rows, 2U);
}

TEST(OnDemand, key_update_touches_the_old_key_and_the_new_one) {
    OnDemandWorld world;
    world.stream();
    world.start();
    write(world, 610, 2000_lsn, update(row(5), row(1)));
    world.read(world.chunk({row(1), row(2), row(5)}, 2100_lsn, OnDemandWorld::all_below(600)));
    world.records.clear();
    world.keepalive(2100_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Rows{row(5), row(2)}));
}

TEST(OnDemand, chunk_is_cut_in_front_of_a_row_that_the_stream_has_only_in_part) {
    OnDemandWorld world;
    world.stream();
    world.start();
    const std::string partly = row(2);
    ChangeFrame partial = update(partly);
    const std::uint32_t unchanged[] = {2};
    partial.unchanged = unchanged;
    write(world, 610, 2000_lsn, partial);
    ChunkRead chunk =
        world.chunk({row(1), row(2), row(3)}, 2100_lsn, OnDemandWorld::all_below(600));
    chunk.last = true;
    world.read(std::move(chunk));
    world.records.clear();
    world.keepalive(2100_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Rows{row(2), row(1)}));
    EXPECT_EQ(world.progress().cursor, "c1");
    EXPECT_EQ(world.progress().progress, SnapshotProgress::kReading);
    ASSERT_EQ(world.reads.size(), 2U);
    EXPECT_EQ(world.reads[1].after, "c1");
    // It comes first, and the transaction is still invisible: read again, after a while.
    world.read(world.chunk({row(2)}, 2100_lsn, {600, 700, {610}}));
    world.keepalive(2100_lsn);
    EXPECT_EQ(world.reads.size(), 2U);
    world.pass(200_ms);
    ASSERT_EQ(world.reads.size(), 3U);
    world.read(world.chunk({row(2)}, 2100_lsn, OnDemandWorld::all_below(700)));
    world.keepalive(2100_lsn);
    world.pass(1000_ms);
    EXPECT_EQ(world.progress().cursor, "c2");
}

TEST(OnDemand, chunk_behind_a_truncate_counts_as_read) {
    OnDemandWorld world;
    world.stream();
    world.start();
    world.begin(610, 2000_lsn, 2008_lsn);
    const std::uint32_t truncated[] = {1};
    TruncateFrame truncate;
    truncate.lsn_delta = 1;
    truncate.relation_ids = truncated;
    world.take(truncate);
    world.commit(2008_lsn, 1);
    world.read(world.chunk({row(1), row(2)}, 2100_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(2100_lsn);
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Rows{"truncate 1"}));
    EXPECT_EQ(world.progress().cursor, "c2");
    EXPECT_EQ(world.progress().rows, 0U);
}

TEST(OnDemand, change_whose_key_cannot_be_told_has_the_table_looked_at_again) {
    OnDemandWorld world;
    world.stream();
    world.start();
    write(world, 610, 2000_lsn, update("\x12\x01y"));
    world.read(world.chunk({row(1)}, 2100_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(2100_lsn);
    world.pass(1500_ms);
    EXPECT_EQ(world.progress().rows, 0U);
    ASSERT_EQ(world.finds.size(), 2U);
    world.found(OnDemandWorld::table({2}));
    world.pass(2000_ms);
    EXPECT_EQ(std::count(world.log.begin(), world.log.end(), "snapshot_restarted"), 1);
    world.look(OnDemandWorld::all_below(700));
    ASSERT_EQ(world.reads.size(), 2U);
    EXPECT_EQ(world.reads[1].table.key, (std::vector<std::uint32_t>{2}));
}

TEST(OnDemand, items_published_before_are_noted_all_the_same) {
    OnDemandWorld world;
    world.has_streamed_to(1000_lsn);
    world.state.position->open = OpenTransaction{Xid{610}, 2000_lsn, 1};
    world.start_engine_and_queue();
    world.relation(1, "t", OnDemandWorld::kTable);
    world.begin(610, 2000_lsn, 2008_lsn);
    world.take(update(row(1)));  // Published before.
    world.take(update(row(2)));
    world.commit(2008_lsn, 2);
    world.read(world.chunk({row(1), row(2), row(3)}, 2100_lsn, OnDemandWorld::all_below(600)));
    world.keepalive(2100_lsn);
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Rows{row(2), row(3)}));
}

TEST(OnDemand, too_many_notes_throw_the_chunk_away_and_halve_the_next) {
    EngineOptions options = ScriptedWorld::default_options();
    options.snapshot_note_bytes = 400;
    options.snapshot_chunk_rows = 100;
    OnDemandWorld world(options);
    world.stream();
    world.start();
    EXPECT_EQ(world.reads.back().rows_max, 100U);
    const ChunkRead late = world.chunk({row(1)}, 2100_lsn, OnDemandWorld::all_below(600));
    world.begin(610, 2000_lsn, 2008_lsn);
    for (int key = 0; key < 10; ++key) world.take(update(row(key)));
    world.commit(2008_lsn, 10);
    world.read(late);  // Of before: nobody waits for it.
    ASSERT_EQ(world.looks.size(), 2U);
    world.look(OnDemandWorld::all_below(700));
    ASSERT_EQ(world.reads.size(), 2U);
    EXPECT_EQ(world.reads[1].rows_max, 50U);
    EXPECT_EQ(world.reads[1].after, "");
}

}  // namespace
}  // namespace penstock::test
