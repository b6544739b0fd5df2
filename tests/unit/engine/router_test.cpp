#include <gtest/gtest.h>

#include "engine/router.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

std::shared_ptr<Relation> table(std::uint32_t id, std::uint32_t oid, std::string name) {
    auto relation = std::make_shared<Relation>();
    relation->id = id;
    relation->oid = oid;
    relation->schema = "public";
    relation->name = std::move(name);
    return relation;
}

struct RouterTest : testing::Test {
    FakeEncoder encoder;
    Outbox outbox;
    Router router{encoder, outbox};

    RouterTest() { router.resume({}); }
    // What the router has asked for since the last call.
    std::optional<EnsureTopic> asked_topic() { return asked<EnsureTopic>(); }
    std::optional<EnsureSchemas> asked_schemas() { return asked<EnsureSchemas>(); }
    template <class T>
    std::optional<T> asked() {
        std::vector<Command> commands = outbox.drain();
        EXPECT_LE(commands.size(), 1U);
        if (commands.empty()) return std::nullopt;
        EXPECT_TRUE(std::holds_alternative<T>(commands.front()));
        return std::get<T>(commands.front());
    }
    // Describes the table and answers with `partitions` if the topic is asked for.
    Status describe(std::shared_ptr<Relation> relation, std::int32_t partitions = 1) {
        if (Status described = router.describe(std::move(relation)); !described) return described;
        const auto asked = asked_topic();
        if (!asked) return {};
        return router.topic_ready({asked->topic, partitions, 1000});
    }
};

TEST_F(RouterTest, I6_relation_is_routed_only_after_its_topic_is_ready) {
    EXPECT_FALSE(router.routed(1));
    ASSERT_TRUE(router.describe(table(1, 100, "t")));
    const auto asked = asked_topic();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->name, "public.t");
    EXPECT_TRUE(router.held());
    EXPECT_FALSE(router.routed(1));
    ASSERT_TRUE(router.topic_ready({asked->topic, 2, 1000}));
    EXPECT_TRUE(router.routed(1));
    EXPECT_FALSE(router.held());
    EXPECT_FALSE(router.routed(2));
    EXPECT_FALSE(router.routed(4'000'000'000U));
}

TEST_F(RouterTest, answer_for_another_topic_changes_nothing) {
    ASSERT_TRUE(router.describe(table(1, 100, "t")));
    const auto asked = asked_topic();
    ASSERT_TRUE(asked);
    ASSERT_TRUE(router.topic_ready({asked->topic + 1, 2, 1000}));
    EXPECT_TRUE(router.held());
}

TEST_F(RouterTest, new_shape_of_a_table_does_not_ask_again) {
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(router.describe(table(2, 100, "t")));
    EXPECT_FALSE(asked_topic());
    EXPECT_TRUE(router.routed(1) && router.routed(2));
}

TEST_F(RouterTest, new_session_forgets_relations_and_asks_again_under_the_same_topic_id) {
    ASSERT_TRUE(describe(table(1, 100, "s")));
    ASSERT_TRUE(describe(table(2, 101, "t")));
    const TopicId before = encoder.routes.at(2).topic;
    router.resume({});
    EXPECT_FALSE(router.routed(2));
    ASSERT_TRUE(router.describe(table(1, 101, "t")));
    const auto asked = asked_topic();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->topic, before);
}

TEST_F(RouterTest, tables_that_share_a_topic_are_refused_but_renamed_and_recreated_ones_pass) {
    ASSERT_TRUE(describe(table(1, 100, "a-b")));
    const Status collision = describe(table(2, 101, "a_b"));
    ASSERT_FALSE(collision);
    EXPECT_EQ(collision.error().name, ErrorName::kTopicCollision);
    EXPECT_TRUE(describe(table(3, 102, "a-b")));
    EXPECT_TRUE(describe(table(4, 102, "a_b")));
}

TEST_F(RouterTest, partitions_must_be_those_of_the_state) {
    TopicState known{4, 100, {}};
    known.table = {100, "public", "t", "public.t"};
    router.resume({{"public.t", known}});
    const Status changed = describe(table(1, 100, "t"), 5);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().name, ErrorName::kPartitionsChanged);
    EXPECT_FALSE(router.routed(1));
    EXPECT_TRUE(describe(table(1, 100, "t"), 4));
    EXPECT_TRUE(router.take_changed().empty());
}

TEST_F(RouterTest, new_topic_is_handed_out_once_for_the_state) {
    ASSERT_TRUE(describe(table(1, 100, "t"), 3));
    EXPECT_EQ(router.topic_keys(), 1U);
    const auto changed = router.take_changed();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].second.partitions, 3U);
    EXPECT_EQ(changed[0].second.relation_oid, 100U);
    EXPECT_TRUE(router.take_changed().empty());
}

TEST_F(RouterTest, smallest_limit_of_the_topics_in_use_counts) {
    ASSERT_TRUE(describe(table(1, 100, "t")));
    EXPECT_EQ(router.message_bytes_max(), 1000U);
    router.resume({});
    EXPECT_GT(router.message_bytes_max(), 1U << 30);
}

TEST_F(RouterTest, absurd_relation_id_is_refused_without_memory) {
    const Status refused = describe(table(4'000'000'000U, 100, "t"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kFrameInvalid);
}

TEST_F(RouterTest, topic_without_partitions_is_refused) {
    const Status refused = describe(table(1, 100, "t"), 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTopicPolicy);
}

// ---- schemas ---------------------------------------------------------------------------------

const SchemaText kKeySchema{"public.t-key", "AVRO", "\"int\""};
const SchemaText kValueSchema{"public.t-value", "AVRO", "\"string\""};

TEST_F(RouterTest, rows_wait_for_the_ids_of_their_schemas) {
    encoder.schemas = {kKeySchema, kValueSchema};
    ASSERT_TRUE(describe(table(1, 100, "t"), 2));
    const auto asked = asked_schemas();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->schemas, (std::vector{kKeySchema, kValueSchema}));
    EXPECT_TRUE(router.held());
    EXPECT_FALSE(router.routed(1));
    ASSERT_TRUE(router.schemas_ready({asked->ticket, {7, 9}}));
    EXPECT_TRUE(router.routed(1));
    EXPECT_EQ(encoder.routes.at(1).schema_ids, (std::vector<std::uint32_t>{7, 9}));
    EXPECT_EQ(encoder.routes.at(1).partitions, 2);
}

TEST_F(RouterTest, known_ids_are_not_asked_again_also_in_a_later_session) {
    encoder.schemas = {kKeySchema, kValueSchema};
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(router.schemas_ready({asked_schemas()->ticket, {7, 9}}));
    router.resume({});
    const SchemaText grown{"public.t-value", "AVRO", "\"bytes\""};
    encoder.schemas = {kKeySchema, grown};
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const auto asked = asked_schemas();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->schemas, std::vector{grown});
    ASSERT_TRUE(router.schemas_ready({asked->ticket, {12}}));
    EXPECT_EQ(encoder.routes.at(1).schema_ids, (std::vector<std::uint32_t>{7, 12}));
    router.resume({});
    ASSERT_TRUE(describe(table(1, 100, "t")));
    EXPECT_FALSE(asked_schemas());
    EXPECT_TRUE(router.routed(1));
}

TEST_F(RouterTest, ids_are_remembered_in_the_state_for_a_registry_that_is_away) {
    Router first{encoder, outbox, {.registry = "http://one"}};
    first.resume({});
    encoder.schemas = {kKeySchema, kValueSchema};
    ASSERT_TRUE(first.describe(table(1, 100, "t")));
    ASSERT_TRUE(first.topic_ready({asked_topic()->topic, 1, 1000}));
    ASSERT_TRUE(first.schemas_ready({asked_schemas()->ticket, {7, 9}}));
    auto changed = first.take_changed();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].second.schemas.size(), 2U);

    const auto asked_by_another_process = [&](const std::string& registry) {
        Router later{encoder, outbox, {.registry = registry}};
        later.resume({changed.begin(), changed.end()});
        EXPECT_TRUE(later.describe(table(1, 100, "t")));
        EXPECT_TRUE(later.topic_ready({asked_topic()->topic, 1, 1000}));
        return asked_schemas().value_or(EnsureSchemas{}).schemas;
    };
    const auto asked = asked_by_another_process("http://one");
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].remembered, 7U);
    EXPECT_EQ(asked[1].remembered, 9U);
    EXPECT_EQ(asked_by_another_process("http://two"), (std::vector{kKeySchema, kValueSchema}))
        << "ids of another registry mean nothing";
}

TEST_F(RouterTest, state_that_was_lost_with_its_batch_is_written_again) {
    encoder.schemas = {kKeySchema};
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(router.schemas_ready({asked_schemas()->ticket, {7}}));
    ASSERT_EQ(router.take_changed().size(), 1U);
    router.resume({{"public.t", TopicState{1, 100, {}}}});
    ASSERT_TRUE(describe(table(1, 100, "t")));
    EXPECT_FALSE(asked_schemas());
    const auto changed = router.take_changed();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].second.schemas.size(), 1U);
    router.resume({changed.begin(), changed.end()});
    ASSERT_TRUE(describe(table(1, 100, "t")));
    EXPECT_TRUE(router.take_changed().empty()) << "what is written is not written again";
}

TEST_F(RouterTest, answer_to_an_older_question_changes_nothing) {
    encoder.schemas = {kKeySchema};
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const std::uint64_t old = asked_schemas()->ticket;
    router.resume({});
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const std::uint64_t ticket = asked_schemas()->ticket;
    EXPECT_FALSE(router.waits_for_schemas(old));
    ASSERT_TRUE(router.schemas_ready({old, {7}}));
    EXPECT_TRUE(router.held());
    ASSERT_TRUE(router.schemas_ready({ticket, {8}}));
    EXPECT_EQ(encoder.routes.at(1).schema_ids, std::vector<std::uint32_t>{8});
}

TEST_F(RouterTest, answer_with_too_few_ids_is_a_bug) {
    encoder.schemas = {kKeySchema, kValueSchema};
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const Status refused = router.schemas_ready({asked_schemas()->ticket, {7}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kBug);
}

// ---- topics that no relation leads to --------------------------------------------------------

TEST_F(RouterTest, topics_of_the_encoder_are_routed_before_the_first_frame) {
    encoder.own_topics = {{"g.transaction", {}}, {"g.message", {kKeySchema}}};
    router.resume({});
    EXPECT_TRUE(router.held());
    const auto first = asked_topic();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->name, "g.transaction");
    ASSERT_TRUE(router.topic_ready({first->topic, 3, 1000}));
    EXPECT_EQ(encoder.topic_routes.at("g.transaction").partitions, 3);
    const auto second = asked_topic();
    ASSERT_TRUE(second);
    ASSERT_TRUE(router.topic_ready({second->topic, 1, 1000}));
    EXPECT_TRUE(router.held());
    ASSERT_TRUE(router.schemas_ready({asked_schemas()->ticket, {5}}));
    EXPECT_FALSE(router.held());
    EXPECT_EQ(encoder.topic_routes.at("g.message").schema_ids, std::vector<std::uint32_t>{5});
    EXPECT_EQ(router.take_changed().size(), 2U);
}

TEST_F(RouterTest, wanted_topic_holds_until_it_has_its_route) {
    ASSERT_TRUE(router.want({"g.orders", {}}));
    EXPECT_TRUE(router.held());
    const auto asked = asked_topic();
    ASSERT_TRUE(asked);
    ASSERT_TRUE(router.topic_ready({asked->topic, 4, 1000}));
    EXPECT_FALSE(router.held());
    EXPECT_EQ(encoder.topic_routes.at("g.orders").topic, asked->topic);
    const Status again = router.want({"g.orders", {}});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().name, ErrorName::kBug);
}

TEST_F(RouterTest, wanted_topic_keeps_the_partitions_of_the_state) {
    router.resume({{"g.orders", TopicState{4, 0, {}}}});
    ASSERT_TRUE(router.want({"g.orders", {}}));
    const Status changed = router.topic_ready({asked_topic()->topic, 5, 1000});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().name, ErrorName::kPartitionsChanged);
}

TEST_F(RouterTest, illegal_topics_and_state_topics_are_refused_before_they_are_made) {
    for (const char* name : {"", ".", "..", "a b", "a/b", "g.__penstock_state.orders"}) {
        const Status refused = router.want({name, {}});
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().name, ErrorName::kTopicName) << name;
    }
    ASSERT_FALSE(router.want({std::string(250, 'a'), {}}));
    EXPECT_TRUE(router.want({std::string(249, 'a'), {}}));
    EXPECT_FALSE(outbox.drain().empty());
}

TEST_F(RouterTest, values_of_rows_have_no_more_topics_made_than_the_limit) {
    encoder.own_topics = {{"g.message", {}}};
    Router limited(encoder, outbox, {.row_topics_max = 2});
    const auto want = [&](const char* name) {
        const Status wanted = limited.want({name, {}});
        return wanted ? limited.topic_ready({asked_topic()->topic, 1, 1000}) : wanted;
    };
    limited.resume({{"public.t", TopicState{1, 100, {}}}, {"g.known", TopicState{1, 0, {}}}});
    ASSERT_TRUE(limited.topic_ready({asked_topic()->topic, 1, 1000}));  // The encoder's own.
    EXPECT_TRUE(want("g.first"));
    const Status refused = want("g.second");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTopicLimit);
    EXPECT_TRUE(want("g.known")) << "nothing is made";
}

TEST_F(RouterTest, renamed_table_stops_where_that_is_chosen) {
    Router strict(encoder, outbox, {.on_rename = OnRename::kStop});
    strict.resume({{"public.t", TopicState{1, 100, {}}},
                   {"public.known", TopicState{1, 200, {}}},
                   {"public.older", TopicState{1, 200, {}}}});
    const Status renamed = strict.describe(table(1, 100, "u"));
    ASSERT_FALSE(renamed);
    EXPECT_EQ(renamed.error().name, ErrorName::kTableRenamed);
    EXPECT_NE(renamed.error().detail.find("\"public.t\""), std::string::npos);
    for (const auto& same : {table(1, 100, "t"), table(2, 200, "known"), table(3, 300, "t")}) {
        EXPECT_TRUE(strict.describe(same)) << same->name;
    }
}

TEST_F(RouterTest, topic_of_a_table_takes_no_other_records) {
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const Status refused = router.want({"public.t", {}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTopicCollision);
}

TEST_F(RouterTest, topic_of_a_table_of_an_earlier_session_takes_no_other_records) {
    router.resume({{"public.t", TopicState{1, 100, {}}}});
    ASSERT_TRUE(router.want({"public.t", {}}));
    const Status refused = router.topic_ready({asked_topic()->topic, 1, 1000});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTopicCollision);
}

TEST_F(RouterTest, table_does_not_go_where_other_records_go) {
    ASSERT_TRUE(router.want({"public.t", {}}));
    ASSERT_TRUE(router.topic_ready({asked_topic()->topic, 1, 1000}));
    const Status refused = router.describe(table(1, 100, "t"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTopicCollision);
}

}  // namespace
}  // namespace penstock::test
