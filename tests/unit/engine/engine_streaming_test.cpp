// Steps 7 to 11 of the engine: what is dropped, what is published, when batches close.
#include <gtest/gtest.h>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

using Values = std::vector<std::string>;

TEST(EngineStreaming, transaction_is_published_with_its_end_as_position) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "b"});
    world.drained();
    EXPECT_EQ(world.records, (Values{"a", "b"}));
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.published[0].lsn, 208_lsn);
    EXPECT_EQ(world.published[0].open, std::nullopt);
}

TEST(EngineStreaming, transactions_that_end_at_or_below_the_position_are_dropped) {
    ScriptedWorld world;
    world.stream_from(208_lsn);
    world.relation(1, "t");
    world.transaction(6, 150_lsn, {"old"});
    world.transaction(7, 200_lsn, {"last published"});
    world.transaction(8, 208_lsn, {"new"});
    world.drained();
    EXPECT_EQ(world.records, (Values{"new"}));
}

TEST(EngineStreaming, message_counts_like_a_transaction_that_ends_at_its_lsn) {
    ScriptedWorld world;
    world.stream_from(208_lsn);
    world.message(208_lsn, "old");
    world.message(209_lsn, "new");
    world.drained();
    EXPECT_EQ(world.records, (Values{"new"}));
    EXPECT_EQ(world.published.back().lsn, 209_lsn);
}

TEST(EngineStreaming, I2_position_never_covers_a_transaction_without_its_commit) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.begin(8, 300_lsn, 308_lsn);
    world.change("b");
    world.drained();
    world.pass(1000_ms);
    EXPECT_TRUE(world.published.empty());
    world.commit(308_lsn, 1);
    world.drained();
    EXPECT_EQ(world.records, (Values{"a", "b"}));
    EXPECT_EQ(world.published.back().lsn, 308_lsn);
}

TEST(EngineStreaming, I6_change_of_an_undescribed_relation_stops_and_leaves_no_record) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a", 3);
    EXPECT_TRUE(world.finished_with(ErrorName::kRelationUnknown));
    EXPECT_TRUE(world.records.empty());
}

TEST(EngineStreaming, I6_relations_of_an_earlier_session_do_not_count) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "closed", {}, {}}});
    world.pass(1000_ms);
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a", 1);
    world.pass(5000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kRelationUnknown));
}

TEST(EngineStreaming, frames_are_held_until_the_topic_is_ready) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.holds_topics = true;
    world.begin(7, 200_lsn, 208_lsn);
    world.relation(1, "t");
    EXPECT_FALSE(world.engine.wants_frames());
    world.handle(TopicReady{world.topic_asked->topic, 4, 1'000'000});
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.encoder.routes.at(1).partitions, 4);
}

TEST(EngineStreaming, new_topic_is_recorded_with_its_first_batch_and_only_then) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.partitions["public.t"] = 3;
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    ASSERT_EQ(world.topic_keys.size(), 1U);
    EXPECT_EQ(world.topic_keys[0].first, "public.t");
    EXPECT_EQ(world.topic_keys[0].second.partitions, 3U);
    EXPECT_EQ(world.published.back().topic_keys, 1U);
    world.transaction(8, 300_lsn, {"b"});
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.topic_keys.size(), 1U);
    EXPECT_EQ(world.published.back().topic_keys, 1U);
}

TEST(EngineStreaming, changed_partition_count_stops_before_a_record) {
    ScriptedWorld world;
    world.state.topics["public.t"] = TopicState{2, 16001, {}};
    world.partitions["public.t"] = 2;
    world.stream_from(100_lsn);  // Another process adds them after the start.
    world.partitions["public.t"] = 3;
    world.relation(1, "t");
    EXPECT_TRUE(world.finished_with(ErrorName::kPartitionsChanged));
}

TEST(EngineStreaming, batches_are_paced_by_the_commit_interval) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    for (std::uint32_t n = 0; n < 100; ++n) {
        world.transaction(n + 7, Lsn{200 + n * 10}, {"a"});
        world.drained();
        world.pass(1_ms);
    }
    EXPECT_GE(world.published.size(), 9U);
    EXPECT_LE(world.published.size(), 11U);
}

TEST(EngineStreaming, batch_waits_for_the_one_in_flight_and_grows_meanwhile) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    world.transaction(8, 300_lsn, {"b"});
    world.transaction(9, 400_lsn, {"c"});
    world.drained();
    world.pass(500_ms);
    EXPECT_EQ(world.count("close batch"), 1U);
    world.close_batch();
    EXPECT_EQ(world.count("close batch"), 2U);
    world.close_batch();
    EXPECT_EQ(world.batches.back(), (Values{"b", "c"}));
}

TEST(EngineStreaming, large_transaction_is_cut_into_pieces_with_open_set) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 10;
    options.piece_items = 4;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (int n = 0; n < 16; ++n) world.change("v" + std::to_string(n));
    ASSERT_EQ(world.published.size(), 2U);
    EXPECT_EQ(world.published[0].open, (OpenTransaction{Xid{7}, 200_lsn, 11}));
    EXPECT_EQ(world.published[1].open, (OpenTransaction{Xid{7}, 200_lsn, 15}));
    EXPECT_EQ(world.published[1].lsn, 100_lsn);
    world.commit(208_lsn, 16);
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.published.back().open, std::nullopt);
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.records.size(), 16U);
}

TEST(EngineStreaming, transaction_after_a_large_one_is_not_taken_for_it) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 2;
    options.piece_items = 2;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_commits = true;
    world.transaction(7, 200_lsn, {"a", "b", "c", "d"});
    world.transaction(8, 300_lsn, {"e", "f"});
    while (world.published.size() < 1) world.close_batch();
    world.holds_commits = false;
    world.drained();
    world.pass(1000_ms);
    EXPECT_EQ(world.published.back().lsn, 308_lsn);
    EXPECT_EQ(world.count("close piece"), 1U);
}

TEST(EngineStreaming, atomic_mode_never_cuts) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 10;
    options.transactions = TransactionsMode::kAtomic;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (int n = 0; n < 100; ++n) world.change("v");
    world.pass(20'000_ms);
    EXPECT_EQ(world.count("close piece"), 0U);
    world.commit(208_lsn, 100);
    world.drained();
    EXPECT_EQ(world.batches.back().size(), 100U);
}

TEST(EngineStreaming, transaction_without_commit_for_five_seconds_is_cut) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a");
    world.drained();
    world.pass(4900_ms);
    EXPECT_EQ(world.count("close piece"), 0U);
    world.pass(200_ms);
    EXPECT_EQ(world.count("close piece"), 1U);
    EXPECT_EQ(world.published.back().open, (OpenTransaction{Xid{7}, 200_lsn, 1}));
    world.pass(20'000_ms);
    EXPECT_EQ(world.count("close piece"), 1U);
}

TEST(EngineStreaming, small_transaction_behind_a_slow_broker_is_not_cut) {
    EngineOptions options = ScriptedWorld::default_options();
    options.window_bytes_max = 1000;
    options.chunk_bytes = 400;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_chunks = true;
    world.begin(7, 200_lsn, 208_lsn);
    while (world.engine.wants_frames()) world.change(std::string(100, 'x'));
    world.pass(60'000_ms);
    EXPECT_EQ(world.count("close piece"), 0U);
}

TEST(EngineStreaming, resumed_open_transaction_drops_the_published_items) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 3};
    world.start();
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (const char* value : {"a", "filtered", "c", "d", "e"}) world.change(value);
    world.commit(208_lsn, 5);
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.records, (Values{"d", "e"}));
    EXPECT_EQ(world.encoder.contexts.front().item, 3U);
}

TEST(EngineStreaming, items_are_counted_before_the_consumers_own_filter) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 3;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (const char* value : {"filtered", "filtered", "a", "b"}) world.change(value);
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.published[0].open->next_item, 4U);
}

TEST(EngineStreaming, records_of_one_item_are_never_cut_apart) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = 1;
    options.piece_items = 1;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    for (int n = 0; n < 4; ++n) world.change("key update");
    for (const auto& batch : world.batches) EXPECT_EQ(batch.size() % 3, 0U);
}

TEST(EngineStreaming, another_transaction_in_place_of_the_open_one_stops) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 3};
    world.start();
    world.begin(8, 200_lsn, 208_lsn);
    world.pass(5000_ms);
    EXPECT_TRUE(world.finished_with(ErrorName::kOpenMissing));
}

TEST(EngineStreaming, truncate_counts_one_item_per_relation) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 1};
    world.start();
    world.relation(1, "t");
    world.relation(2, "u");
    world.begin(7, 200_lsn, 208_lsn);
    const std::vector<std::uint32_t> ids = {1, 2};
    TruncateFrame truncate;
    truncate.relation_ids = ids;
    world.take(truncate);
    world.change("a");
    world.commit(208_lsn, 3);
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.records, (Values{"truncate 2", "a"}));
}

TEST(EngineStreaming, count_in_commit_that_differs_stops_and_leaves_no_record) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a");
    world.commit(208_lsn, 2);
    EXPECT_TRUE(world.finished_with(ErrorName::kCountMismatch));
    EXPECT_TRUE(world.records.empty());
}

TEST(EngineStreaming, I8_row_without_values_and_unchanged_columns_reach_the_encoder_as_they_came) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    const std::uint32_t unchanged = 1;
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = Operation::kUpdate;
    change.has_after = true;  // All of its columns are null or unchanged: present and empty.
    change.unchanged = {&unchanged, 1};
    world.take(change);
    EXPECT_FALSE(world.encoder.seen.back().has_before);
    EXPECT_TRUE(world.encoder.seen.back().has_after);
    EXPECT_EQ(world.encoder.seen.back().unchanged.size(), 1U);
    EXPECT_FALSE(world.finished);
}

TEST(EngineStreaming, I8_marked_value_is_no_null_it_stops_by_name_and_names_the_column) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    const MarkedValue marked{1, false, MarkReason::kOversize, {}};
    ChangeFrame change;
    change.relation_id = 1;
    change.marked = {&marked, 1};
    world.take(change);
    ASSERT_TRUE(world.finished_with(ErrorName::kMarkedValue));
    EXPECT_NE(world.finished->error->message.find("\"price\""), std::string::npos);
    EXPECT_TRUE(world.records.empty());
}

TEST(EngineStreaming, what_is_complete_before_an_error_is_published) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.begin(8, 300_lsn, 308_lsn);
    world.change("b");
    world.change("refused");
    EXPECT_TRUE(world.finished_with(ErrorName::kIdentityInsufficient));
    EXPECT_EQ(world.records, (Values{"a"}));
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.statuses.back(), 208_lsn);
}

TEST(EngineStreaming, record_that_its_topic_refuses_is_known_before_produce) {
    ScriptedWorld world;
    world.max_message_bytes = 1000;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change(std::string(1001, 'x'));
    EXPECT_TRUE(world.finished_with(ErrorName::kRecordTooLarge));
    EXPECT_EQ(world.count("produce"), 0U);
}

TEST(EngineStreaming, two_tables_of_one_topic_are_refused) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "a-b");
    world.relation(2, "a_b");
    EXPECT_TRUE(world.finished_with(ErrorName::kTopicCollision));
}

TEST(EngineStreaming, last_commit_lsn_is_the_end_of_the_transaction_before) {
    ScriptedWorld world;
    world.stream_from(208_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.transaction(8, 300_lsn, {"b"});
    EXPECT_EQ(world.encoder.contexts.back().last_commit_lsn, 208_lsn);
    EXPECT_EQ(world.encoder.contexts.back().lsn, 297_lsn);
}

TEST(EngineStreaming, message_outside_of_transactions_is_the_last_commit_for_itself_and_after) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.message(250_lsn, "m");
    EXPECT_EQ(world.encoder.contexts.back().last_commit_lsn, 250_lsn);
    EXPECT_EQ(world.encoder.contexts.back().transaction, nullptr);
    world.transaction(8, 300_lsn, {"b"});
    EXPECT_EQ(world.encoder.contexts.back().last_commit_lsn, 250_lsn);
}

TEST(EngineStreaming, message_behind_a_dropped_transaction_belongs_to_none) {
    ScriptedWorld world;
    world.stream_from(208_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"old"});
    world.message(250_lsn, "m");
    EXPECT_EQ(world.encoder.contexts.back().transaction, nullptr);
    EXPECT_EQ(world.encoder.contexts.back().last_commit_lsn, 250_lsn);
}

TEST(EngineStreaming, idle_position_moves_a_second_after_it_was_news) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.handle(Keepalive{500_lsn, false});
    world.pass(900_ms);
    EXPECT_TRUE(world.published.empty());
    world.pass(200_ms);
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.published[0].lsn, 500_lsn);
    EXPECT_EQ(world.statuses.back(), 500_lsn);
}

TEST(EngineStreaming, idle_position_that_did_not_move_commits_nothing) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    for (int n = 0; n < 50; ++n) {
        world.handle(Keepalive{100_lsn, false});
        world.pass(1000_ms);
    }
    EXPECT_TRUE(world.published.empty());
}

TEST(EngineStreaming, idle_commits_are_at_most_one_a_second) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    for (std::uint64_t n = 0; n < 100; ++n) {
        world.handle(Keepalive{Lsn{500 + n}, true});
        world.pass(100_ms);
    }
    EXPECT_LE(world.published.size(), 11U);
    EXPECT_GE(world.published.size(), 9U);
}

TEST(EngineStreaming, transactions_without_records_move_the_position_once_a_second) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    for (std::uint32_t n = 0; n < 300; ++n) {
        world.transaction(n + 7, Lsn{200 + n * 10}, {"filtered"});
        world.drained();
        world.pass(10_ms);
    }
    EXPECT_GE(world.published.size(), 3U);
    EXPECT_LE(world.published.size(), 4U);
}

TEST(EngineStreaming, stream_of_another_database_stops) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    SessionFrame session;
    session.protocol_version = 1;
    session.system_identifier = 900;
    session.database_oid = 5;
    world.take(session);
    EXPECT_TRUE(world.finished_with(ErrorName::kOtherServer));
}

TEST(EngineStreaming, protocol_of_another_release_stops) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    SessionFrame session;
    session.protocol_version = 2;
    session.system_identifier = 900;
    session.database_oid = 16384;
    world.take(session);
    EXPECT_TRUE(world.finished_with(ErrorName::kProtocolVersion));
}

}  // namespace
}  // namespace penstock::test
