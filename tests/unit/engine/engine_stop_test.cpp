// Steps 12 and 13 of the engine: a server that leaves, and a clean stop (I10).
#include <gtest/gtest.h>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

using Values = std::vector<std::string>;

TEST(EngineStop, I10_clean_stop_commits_what_is_complete_confirms_and_says_copy_done) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.begin(8, 300_lsn, 308_lsn);
    world.change("b");
    world.handle(StopRequested{});
    EXPECT_FALSE(world.engine.wants_frames());
    EXPECT_FALSE(world.finished);
    world.close_batch();
    EXPECT_TRUE(world.finished && !world.finished->error);
    EXPECT_EQ(world.records, (Values{"a"}));
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.statuses.back(), 208_lsn);
    EXPECT_EQ(world.count("copy done"), 1U);
}

TEST(EngineStop, I10_clean_stop_waits_for_the_read_back_before_it_confirms) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.shows_positions = false;
    world.transaction(7, 200_lsn, {"a"});
    world.handle(StopRequested{});
    EXPECT_FALSE(world.finished);
    world.show(world.published.back());
    EXPECT_TRUE(world.finished.has_value());
    EXPECT_EQ(world.statuses.back(), 208_lsn);
}

TEST(EngineStop, I10_with_kafka_down_a_stop_leaves_within_five_seconds_without_confirm) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.handle(StopRequested{});
    world.pass(5000_ms);
    EXPECT_TRUE(world.finished && !world.finished->error);
    EXPECT_EQ(world.count("copy done"), 1U);
    for (const Lsn lsn : world.statuses) EXPECT_EQ(lsn, 100_lsn);
}

TEST(EngineStop, stop_aborts_a_batch_that_holds_a_part_of_a_transaction) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.begin(8, 300_lsn, 308_lsn);
    world.change(std::string(300'000, 'x'));
    world.handle(StopRequested{});
    EXPECT_GE(world.count("abort"), 1U);
    EXPECT_TRUE(world.published.empty());
    EXPECT_TRUE(world.finished.has_value());
}

TEST(EngineStop, stop_leaves_an_unfinished_piece_to_abort_and_keeps_open) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 2;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (const char* value : {"a", "b", "c", "d"}) world.change(value);
    world.handle(StopRequested{});
    EXPECT_TRUE(world.finished.has_value());
    EXPECT_EQ(world.records, (Values{"a", "b", "c"}));
    EXPECT_EQ(world.state.position->open, (OpenTransaction{Xid{7}, 200_lsn, 3}));
}

TEST(EngineStop, stop_while_waiting_is_immediate) {
    ScriptedWorld world;
    world.inspect_fails = Error{ErrorName::kPostgresUnreachable, "refused", {}, {}};
    world.start();
    world.handle(StopRequested{});
    EXPECT_TRUE(world.finished && !world.finished->error);
    EXPECT_TRUE(world.engine.finished());
    EXPECT_FALSE(world.engine.next_deadline());
}

TEST(EngineStop, second_request_does_not_wait) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.handle(StopRequested{});
    EXPECT_FALSE(world.finished);
    world.handle(StopRequested{});
    EXPECT_TRUE(world.finished.has_value());
}

TEST(EngineStop, connection_lost_during_a_stop_still_lets_the_commit_end) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.handle(StopRequested{});
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "closed", {}, {}}});
    EXPECT_FALSE(world.finished);
    world.close_batch();
    EXPECT_TRUE(world.finished.has_value());
    EXPECT_EQ(world.count("copy done"), 0U);
}

// The server asks, we answer at once, it asks again: the sign of a shutdown.
void ask_three_times(ScriptedWorld& world, Lsn at) {
    for (int n = 0; n < 3; ++n) world.handle(Keepalive{at, true});
}

TEST(EngineShutdown, leaving_server_gets_its_last_position_confirmed_without_pacing) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    ask_three_times(world, 300_lsn);
    world.close_batch();
    world.close_batch();
    EXPECT_EQ(world.published.back().lsn, 300_lsn);
    EXPECT_EQ(world.statuses.back(), 300_lsn);
}

TEST(EngineShutdown, connection_is_closed_after_five_seconds_confirmed_or_not) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    ask_three_times(world, 300_lsn);
    world.pass(4900_ms);
    EXPECT_EQ(world.count("close"), 0U);
    world.pass(200_ms);
    EXPECT_EQ(world.count("close"), 1U);
    EXPECT_EQ(world.engine.statistics().last_error->name, ErrorName::kServerShuttingDown);
    EXPECT_FALSE(world.finished);
}

TEST(EngineShutdown, routine_questions_are_not_taken_for_a_shutdown) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    for (int n = 0; n < 20; ++n) {
        world.handle(Keepalive{100_lsn, true});
        world.pass(1000_ms);
    }
    EXPECT_EQ(world.count("close"), 0U);
}

TEST(EngineShutdown, leaving_server_is_not_answered_in_a_busy_loop) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.shows_positions = false;
    ask_three_times(world, 300_lsn);
    const std::size_t before = world.statuses.size();
    for (int n = 0; n < 1000; ++n) {
        world.handle(Keepalive{300_lsn, true});
        world.pass(Duration(1000));
    }
    EXPECT_LE(world.statuses.size() - before, 25U);
    EXPECT_GE(world.statuses.size() - before, 10U);
}

TEST(EngineShutdown, with_a_full_window_the_second_connection_is_probed) {
    EngineOptions options = ScriptedWorld::default_options();
    options.window_bytes_max = 1000;
    options.chunk_bytes = 400;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_chunks = true;
    world.begin(7, 200_lsn, 208_lsn);
    while (world.engine.wants_frames()) world.change(std::string(100, 'x'));
    world.pass(3500_ms);
    EXPECT_EQ(world.count("probe"), 3U);
    EXPECT_EQ(world.count("close"), 0U);
    world.shutting_down = true;
    world.pass(6100_ms);
    EXPECT_EQ(world.count("close"), 1U);
}

TEST(EngineShutdown, with_a_backlog_the_second_connection_is_probed_though_frames_are_wanted) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    for (std::uint32_t n = 0; n < 30; ++n) {
        world.transaction(n + 7, Lsn{200 + n * 10}, {"a"});
        world.pass(100_ms);
    }
    EXPECT_GE(world.count("probe"), 2U);
    world.handle(Keepalive{1000_lsn, false});
    const std::size_t before = world.count("probe");
    world.pass(5000_ms);
    EXPECT_EQ(world.count("probe"), before) << "the server has said that it is done";
}

TEST(EngineShutdown, with_kafka_down_in_recovery_the_server_is_let_go_too) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.holds_fence = true;
    world.shutting_down = true;
    world.start();
    world.pass(6100_ms);
    EXPECT_EQ(world.count("close"), 1U);
}

TEST(EngineStop, atomic_mode_stops_at_the_transaction_that_is_aborted_again) {
    EngineOptions options = ScriptedWorld::default_options();
    options.transactions = TransactionsMode::kAtomic;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    std::uint32_t generation = 0;
    const auto aborted = [&](std::uint32_t xid, Lsn commit, Duration age) {
        world.relation(1, "t");
        world.begin(xid, commit, Lsn{commit.value + 8});
        world.change("a");
        world.pass(age);
        const Error error{ErrorName::kKafkaFailed, "aborted", {}, {}};
        world.handle(KafkaFailed{++generation, error, false});
        world.pass(10'000_ms);
    };
    aborted(7, 200_lsn, 61'000_ms);
    aborted(7, 200_lsn, 50'000_ms);
    EXPECT_FALSE(world.finished) << "this time the brokers cannot have waited in vain";
    aborted(7, 200_lsn, 61'000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kTransactionTooLong));
    EXPECT_TRUE(world.records.empty());
}

}  // namespace
}  // namespace penstock::test
