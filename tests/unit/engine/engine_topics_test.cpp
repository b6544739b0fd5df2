// What the engine does for encoders beyond rows: schemas, topics without a relation, topics that a
// row's value names, begin and end of transactions, heartbeats.
#include <gtest/gtest.h>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

using Values = std::vector<std::string>;

// Streams from 100 with relation 1 described.
struct Topics : testing::Test {
    std::unique_ptr<ScriptedWorld> made;
    ScriptedWorld& stream(EngineOptions options = ScriptedWorld::default_options()) {
        made = std::make_unique<ScriptedWorld>(options);
        return *made;
    }
};

EngineOptions cut_after(std::size_t rows) {
    EngineOptions options = ScriptedWorld::default_options();
    options.large_transaction_rows = rows;
    options.piece_items = 2;
    return options;
}

// ---- schemas ---------------------------------------------------------------------------------

TEST_F(Topics, stream_is_held_until_the_schemas_have_their_ids) {
    ScriptedWorld& world = stream();
    world.encoder.schemas = {{"public.t-key", "AVRO", "k"}, {"public.t-value", "AVRO", "v"}};
    world.holds_schemas = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    ASSERT_EQ(world.schemas_asked.size(), 1U);
    EXPECT_FALSE(world.engine.wants_frames());
    world.handle(SchemasReady{world.schemas_asked[0].ticket, {3, 4}});
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.encoder.routes.at(1).schema_ids, (std::vector<std::uint32_t>{3, 4}));
    world.transaction(7, 200_lsn, {"a"});
    world.drained();
    EXPECT_EQ(world.records, Values{"a"});
}

TEST_F(Topics, registry_that_is_down_starts_over_and_asks_again) {
    ScriptedWorld& world = stream();
    world.encoder.schemas = {{"public.t-key", "AVRO", "k"}};
    world.holds_schemas = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    const std::uint64_t ticket = world.schemas_asked.back().ticket;
    world.handle(
        SchemasFailed{{ErrorName::kKafkaUnreachable, "no registry answers", {}, {}}, ticket});
    EXPECT_EQ(world.engine.statistics().phase, "waiting");
    world.pass(10'000_ms);
    ASSERT_EQ(world.engine.statistics().phase, "streaming");
    world.relation(1, "t");
    ASSERT_EQ(world.schemas_asked.size(), 2U);
    world.handle(SchemasReady{ticket, {3}});
    EXPECT_FALSE(world.engine.wants_frames());
    world.handle(SchemasReady{world.schemas_asked[1].ticket, {3}});
    EXPECT_TRUE(world.engine.wants_frames());
}

TEST_F(Topics, refused_schema_stops_by_name_after_what_is_complete) {
    ScriptedWorld& world = stream();
    world.encoder.schemas = {{"public.t-key", "AVRO", "k"}};
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.holds_schemas = true;
    world.encoder.schemas = {{"public.t-key", "AVRO", "other"}};
    world.relation(2, "t", 16001);
    world.handle(SchemasFailed{{ErrorName::kTopicPolicy, "the registry refuses it", {}, {}},
                               world.schemas_asked.back().ticket});
    EXPECT_TRUE(world.finished_with(ErrorName::kTopicPolicy));
    EXPECT_EQ(world.records, Values{"a"});
}

TEST_F(Topics, failure_that_nothing_waits_for_changes_nothing) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.handle(SchemasFailed{{ErrorName::kTopicPolicy, "late", {}, {}}, 1});
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

// ---- topics that a value names ---------------------------------------------------------------

TEST_F(Topics, change_that_needs_a_topic_is_published_once_and_in_its_place) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "to orders", "b", "to orders", "filtered", "c"});
    world.drained();
    EXPECT_EQ(world.records, (Values{"a", "to orders", "b", "to orders", "c"}));
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.topic_asked->name, "orders");
    EXPECT_EQ(world.state.topics.at("orders").relation_oid, 0U);
}

TEST_F(Topics, held_change_keeps_its_bytes_and_its_facts) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_topics = true;
    world.begin(7, 200_lsn, 208_lsn);
    {
        std::string value = "to orders";
        world.change(value);
        value.assign(value.size(), 'x');
    }
    EXPECT_FALSE(world.engine.wants_frames());
    const RowContext before = world.encoder.contexts.back();
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_EQ(world.encoder.contexts.back().lsn, before.lsn);
    EXPECT_EQ(world.encoder.contexts.back().item, before.item);
    world.commit(208_lsn, 1);
    world.drained();
    EXPECT_EQ(world.records, Values{"to orders"});
}

TEST_F(Topics, transaction_is_not_cut_in_front_of_a_held_change) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a");
    world.holds_topics = true;
    world.change("to orders");
    world.pass(20'000_ms);
    EXPECT_TRUE(world.published.empty());
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    world.commit(208_lsn, 2);
    world.drained();
    ASSERT_EQ(world.published.size(), 1U);
    EXPECT_EQ(world.published[0].open, std::nullopt);
    EXPECT_EQ(world.records, (Values{"a", "to orders"}));
}

TEST_F(Topics, held_change_is_gone_with_its_session) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_topics = true;
    world.begin(7, 200_lsn, 208_lsn);
    world.change("to orders");
    world.handle(PostgresFailed{{ErrorName::kPostgresConnectionLost, "lost", {}, {}}});
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    world.holds_topics = false;
    world.pass(10'000_ms);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"to orders"});
    world.drained();
    EXPECT_EQ(world.records, Values{"to orders"});
}

TEST_F(Topics, stop_while_a_change_is_held_publishes_what_is_complete) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.holds_topics = true;
    world.begin(8, 300_lsn, 308_lsn);
    world.change("to orders");
    world.handle(StopRequested{});
    ASSERT_TRUE(world.finished && !world.finished->error);
    EXPECT_EQ(world.records, Values{"a"});
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
}

TEST_F(Topics, illegal_topic_stops_by_name_and_leaves_no_record_of_its_transaction) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a");
    world.change("to a b");
    EXPECT_TRUE(world.finished_with(ErrorName::kTopicName));
    EXPECT_TRUE(world.records.empty());
}

TEST_F(Topics, encoder_that_wants_a_topic_for_ever_is_a_bug_and_no_endless_loop) {
    ScriptedWorld& world = stream();
    world.encoder.wants_again = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("to orders");
    EXPECT_TRUE(world.finished_with(ErrorName::kBug));
}

// ---- topics of the encoder itself ------------------------------------------------------------

TEST_F(Topics, frames_wait_for_the_topics_of_the_encoder) {
    ScriptedWorld& world = stream();
    world.encoder.own_topics = {{"g.transaction", {}}, {"g.message", {}}};
    world.holds_topics = true;
    world.has_streamed_to(100_lsn);
    world.start();
    ASSERT_EQ(world.engine.statistics().phase, "streaming");
    EXPECT_FALSE(world.engine.wants_frames());
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    EXPECT_FALSE(world.engine.wants_frames());
    world.handle(TopicReady{world.topic_asked->topic, 1, 1'000'000});
    EXPECT_TRUE(world.engine.wants_frames());
    EXPECT_TRUE(world.encoder.topic_routes.contains("g.transaction"));
}

// ---- begin and end of transactions -----------------------------------------------------------

TEST_F(Topics, begin_goes_with_the_first_item_and_end_with_the_last) {
    ScriptedWorld& world = stream();
    world.encoder.follows = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "b"});
    EXPECT_EQ(world.encoder.contexts.front().lsn, 196_lsn);
    EXPECT_EQ(world.encoder.contexts.back().lsn, 208_lsn);
    EXPECT_EQ(world.encoder.contexts.back().transaction->xid, Xid{7});
    world.drained();
    EXPECT_EQ(world.records, (Values{"begin", "a", "b", "end 2"}));
    EXPECT_EQ(world.batches.back(), world.records);
}

TEST_F(Topics, transaction_without_items_and_a_message_of_none_have_no_begin) {
    ScriptedWorld& world = stream();
    world.encoder.follows = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.transaction(8, 300_lsn, {});
    world.message(350_lsn, "m");
    world.drained();
    EXPECT_EQ(world.records, (Values{"begin", "a", "end 1", "m"}));
    EXPECT_EQ(world.published.back().lsn, 350_lsn);
}

TEST_F(Topics, dropped_transaction_has_neither_begin_nor_end) {
    ScriptedWorld& world = stream();
    world.encoder.follows = true;
    world.stream_from(208_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.transaction(8, 300_lsn, {"b"});
    world.drained();
    EXPECT_EQ(world.records, (Values{"begin", "b", "end 1"}));
}

TEST_F(Topics, pieces_have_one_begin_and_one_end) {
    ScriptedWorld& world = stream(cut_after(2));
    world.encoder.follows = true;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "b", "c", "d", "e"});
    world.drained();
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Values{"begin", "a", "b", "c", "d", "e", "end 5"}));
    EXPECT_GT(world.count("close piece"), 0U);
}

TEST_F(Topics, end_counts_what_was_published_before_a_restart) {
    ScriptedWorld& world = stream();
    world.encoder.follows = true;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 3};
    world.start();
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "key update", "to orders", "d", "e"});
    world.drained();
    world.pass(1000_ms);
    EXPECT_EQ(world.records, (Values{"d", "e", "end 5"}));
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
    EXPECT_EQ(world.published.back().open, std::nullopt);
}

TEST_F(Topics, end_goes_out_when_only_the_commit_was_left) {
    ScriptedWorld& world = stream();
    world.encoder.follows = true;
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 2};
    world.start();
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "b"});
    world.drained();
    world.pass(1000_ms);
    EXPECT_EQ(world.records, Values{"end 2"});
}

// ---- heartbeats ------------------------------------------------------------------------------

EngineOptions beating() {
    EngineOptions options = ScriptedWorld::default_options();
    options.heartbeat_interval = 2000_ms;
    return options;
}

TEST_F(Topics, heartbeat_goes_out_once_an_interval_and_moves_nothing) {
    ScriptedWorld& world = stream(beating());
    world.stream_from(100_lsn);
    world.drained();
    world.pass(1500_ms);
    EXPECT_EQ(world.records, Values{"heartbeat"});
    world.pass(2000_ms);
    EXPECT_EQ(world.records, (Values{"heartbeat", "heartbeat"}));
    EXPECT_EQ(world.published.back().lsn, 100_lsn);
}

TEST_F(Topics, heartbeat_waits_for_the_end_of_the_transaction) {
    ScriptedWorld& world = stream(beating());
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.change("a");
    world.pass(3000_ms);
    EXPECT_TRUE(world.records.empty());
    world.commit(208_lsn, 1);
    world.handle(Tick{});
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.records, (Values{"a", "heartbeat"}));
}

TEST_F(Topics, heartbeat_does_not_forget_the_transaction_that_is_published_in_part) {
    ScriptedWorld& world = stream(beating());
    world.has_streamed_to(100_lsn);
    world.state.position->open = OpenTransaction{Xid{7}, 200_lsn, 1};
    world.start();
    world.drained();
    world.pass(10'000_ms);
    EXPECT_TRUE(world.records.empty());
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a", "b"});
    world.drained();
    world.pass(100_ms);
    EXPECT_EQ(world.records, (Values{"b", "heartbeat"}));
}

TEST_F(Topics, no_heartbeat_unless_asked) {
    ScriptedWorld& world = stream();
    world.stream_from(100_lsn);
    world.drained();
    world.pass(60'000_ms);
    EXPECT_TRUE(world.records.empty());
}

}  // namespace
}  // namespace penstock::test
