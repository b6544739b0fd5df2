// What the engine tells to PostgreSQL: I1, I4, I5, I7, I9, and the times at which it does.
#include <gtest/gtest.h>

#include "engine/read_back_watch.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

TEST(EngineConfirm, I1_nothing_is_confirmed_before_its_commit) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.handle(Keepalive{208_lsn, true});
    world.pass(30'000_ms);
    ASSERT_FALSE(world.statuses.empty());
    for (const Lsn lsn : world.statuses) EXPECT_EQ(lsn, 100_lsn);
    world.close_batch();
    world.pass(1000_ms);
    EXPECT_EQ(world.statuses.back(), 208_lsn);
}

TEST(EngineConfirm, I4_a_clean_commit_that_was_not_read_back_is_not_confirmed) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.shows_positions = false;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.pass(20'000_ms);
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.statuses.back(), 100_lsn);
    world.show(world.published[0]);
    EXPECT_EQ(world.statuses.back(), 208_lsn);
}

TEST(EngineConfirm, I4_what_stays_invisible_for_long_is_read_anew) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.shows_positions = false;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.pass(29'000_ms);
    EXPECT_EQ(world.count("fence"), 0U);
    world.shows_positions = true;
    world.pass(2'000_ms);
    EXPECT_EQ(world.count("fence"), 1U) << "all is made anew, once";
    world.pass(120'000_ms);
    EXPECT_EQ(world.count("fence"), 1U);
    EXPECT_FALSE(world.finished);
}

TEST(ReadBackWatch, knows_only_what_is_published_and_not_visible) {
    ReadBackWatch watch(Duration{30'000'000});
    EXPECT_FALSE(watch.deadline());
    watch.visible(1, Instant{1'000'000});
    watch.published(1, Instant{2'000'000});
    EXPECT_FALSE(watch.deadline()) << "the reader may be quicker than the commit's answer";
    watch.published(2, Instant{3'000'000});
    watch.published(3, Instant{4'000'000});
    EXPECT_EQ(watch.deadline(), Instant{33'000'000});
    watch.visible(2, Instant{9'000'000});
    EXPECT_EQ(watch.deadline(), Instant{39'000'000}) << "it moves";
    watch.visible(3, Instant{10'000'000});
    EXPECT_FALSE(watch.deadline());
}

TEST(EngineConfirm, I4_new_slot_is_not_confirmed_before_its_position_is_read_back) {
    ScriptedWorld world;
    world.shows_positions = false;
    world.start();
    world.pass(20'000_ms);
    ASSERT_FALSE(world.statuses.empty());
    for (const Lsn lsn : world.statuses) EXPECT_EQ(lsn, Lsn{});
    world.show(world.published[0]);
    world.pass(20'000_ms);
    EXPECT_EQ(world.statuses.back(), Lsn{}) << "{creating} lies before the slot's own position";
    world.facts.slot->confirmed_flush_lsn = world.published[1].lsn;
    world.show(world.published[1]);
    EXPECT_EQ(world.statuses.back(), 1'000'000_lsn);
}

TEST(EngineConfirm, I4_position_of_our_predecessor_is_not_confirmed_as_news) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.show(ScriptedWorld::position(90_lsn, 5));
    world.pass(20'000_ms);
    EXPECT_EQ(world.statuses.back(), 100_lsn);
    EXPECT_FALSE(world.finished);
}

TEST(EngineConfirm, I5_keepalive_inside_a_transaction_does_not_count) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.handle(Keepalive{500_lsn, true});
    world.change("a");
    world.pass(1000_ms);
    world.commit(208_lsn, 1);
    world.drained();
    world.pass(20'000_ms);
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.statuses.back(), 208_lsn);
}

TEST(EngineConfirm, I5_keepalive_counts_only_after_the_batch_before_it_is_published) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.handle(Keepalive{500_lsn, true});
    world.pass(5000_ms);
    EXPECT_EQ(world.count("close batch"), 1U);
    world.close_batch();
    EXPECT_EQ(world.count("close batch"), 2U);
    world.close_batch();
    EXPECT_EQ(world.published.back().lsn, 500_lsn);
}

TEST(EngineConfirm, I5_keepalive_behind_unread_frames_does_not_count) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.holds_topics = true;
    world.relation(1, "t");
    ASSERT_FALSE(world.engine.wants_frames());
    world.handle(Keepalive{500_lsn, true});
    world.pass(1000_ms);
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    world.pass(5000_ms);
    EXPECT_TRUE(world.published.empty());
}

TEST(EngineConfirm, I5_no_idle_advance_while_a_large_transaction_is_expected_again) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 3};
    world.start();
    world.handle(Keepalive{500_lsn, true});
    world.pass(20'000_ms);
    EXPECT_EQ(world.published.size(), 1U) << "only the signature";
}

TEST(EngineConfirm, I7_window_full_stops_reading_until_chunks_are_done) {
    EngineOptions options = ScriptedWorld::default_options();
    options.window_bytes_max = 4000;
    options.chunk_bytes = 1000;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_chunks = true;
    world.begin(7, 200_lsn, 208_lsn);
    int taken = 0;
    for (; world.engine.wants_frames(); ++taken) world.change(std::string(500, 'x'));
    EXPECT_LE(taken, 9);
    EXPECT_LE(world.engine.statistics().window_bytes, 5000U);
    world.handle(ChunkDone{1, 1000});
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineConfirm, I7_records_without_bytes_fill_the_window_too) {
    EngineOptions options = ScriptedWorld::default_options();
    options.window_bytes_max = 4000;
    options.chunk_bytes = 1000;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_chunks = true;
    world.begin(7, 200_lsn, 208_lsn);
    int taken = 0;
    for (; world.engine.wants_frames() && taken < 1000; ++taken) world.change("");
    EXPECT_LT(taken, 1000);
}

TEST(EngineConfirm, I7_batches_in_flight_are_bounded) {
    EngineOptions options = ScriptedWorld::default_options();
    options.batch_rows_max = 1;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    std::uint32_t taken = 0;
    for (; world.engine.wants_frames() && taken < 100; ++taken) {
        world.transaction(taken + 7, Lsn{200 + taken * 10}, {"filtered"});
    }
    EXPECT_EQ(taken, options.batches_in_flight_max);
    world.close_batch();
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST(EngineConfirm, I9_failed_delivery_stops_the_batch_and_confirms_nothing) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.close_batch(false, Error{ErrorName::kKafkaFailed, "delivery failed", {}, {}});
    EXPECT_FALSE(world.engine.wants_frames());
    world.holds_commits = false;
    world.pass(20'000_ms);
    for (const Lsn lsn : world.statuses) EXPECT_LE(lsn, 100_lsn);
}

TEST(EngineConfirm, confirmations_are_at_most_one_a_second) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    for (std::uint32_t n = 0; n < 500; ++n) {
        world.transaction(n + 7, Lsn{200 + n * 10}, {"a"});
        world.drained();
        world.pass(10_ms);
    }
    EXPECT_GE(world.statuses.size(), 5U);
    EXPECT_LE(world.statuses.size(), 6U);
}

TEST(EngineConfirm, sixteen_megabytes_of_wal_are_confirmed_at_once) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.pass(20_ms);
    const std::size_t before = world.statuses.size();
    world.transaction(8, Lsn{200 + (16U << 20)}, {"b"});
    world.drained();
    world.pass(20_ms);
    EXPECT_EQ(world.statuses.size(), before + 1);
}

TEST(EngineConfirm, keepalive_that_asks_is_answered_at_once_and_others_are_not) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.handle(Keepalive{100_lsn, false});
    EXPECT_TRUE(world.statuses.empty());
    world.handle(Keepalive{100_lsn, true});
    EXPECT_EQ(world.statuses, (std::vector<Lsn>{100_lsn}));
}

TEST(EngineConfirm, server_hears_from_us_every_ten_seconds) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.pass(60'000_ms);
    EXPECT_GE(world.statuses.size(), 6U);
}

TEST(EngineConfirm, server_with_a_short_timeout_hears_from_us_in_a_third_of_it) {
    ScriptedWorld world;
    world.facts.wal_sender_timeout = 3000_ms;
    world.stream_from(100_lsn);
    world.pass(10'000_ms);
    EXPECT_GE(world.statuses.size(), 9U);
}

TEST(EngineConfirm, before_sanity_a_status_moves_nothing) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.holds_fence = true;
    world.start();
    world.handle(Keepalive{500_lsn, true});
    world.pass(30'000_ms);
    ASSERT_GE(world.statuses.size(), 3U);
    for (const Lsn lsn : world.statuses) EXPECT_EQ(lsn, Lsn{});
}

}  // namespace
}  // namespace penstock::test
