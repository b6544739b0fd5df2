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
    Router router{encoder};

    RouterTest() { router.resume({}); }
    // Describes the table and answers with `partitions` if the topic is asked for.
    Status describe(std::shared_ptr<Relation> relation, std::int32_t partitions = 1) {
        const auto asked = router.describe(std::move(relation));
        if (!asked) return Failure(asked.error());
        if (!*asked) return {};
        return router.topic_ready({(*asked)->topic, partitions, 1000});
    }
};

TEST_F(RouterTest, I6_relation_is_routed_only_after_its_topic_is_ready) {
    EXPECT_FALSE(router.routed(1));
    const auto asked = router.describe(table(1, 100, "t"));
    ASSERT_TRUE(asked && *asked);
    EXPECT_EQ((*asked)->name, "public.t");
    EXPECT_TRUE(router.held());
    EXPECT_FALSE(router.routed(1));
    ASSERT_TRUE(router.topic_ready({(*asked)->topic, 2, 1000}));
    EXPECT_TRUE(router.routed(1));
    EXPECT_FALSE(router.held());
    EXPECT_FALSE(router.routed(2));
    EXPECT_FALSE(router.routed(4'000'000'000U));
}

TEST_F(RouterTest, answer_for_another_topic_changes_nothing) {
    const auto asked = router.describe(table(1, 100, "t"));
    ASSERT_TRUE(asked && *asked);
    ASSERT_TRUE(router.topic_ready({(*asked)->topic + 1, 2, 1000}));
    EXPECT_TRUE(router.held());
}

TEST_F(RouterTest, new_shape_of_a_table_does_not_ask_again) {
    ASSERT_TRUE(describe(table(1, 100, "t")));
    const auto again = router.describe(table(2, 100, "t"));
    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
    EXPECT_TRUE(router.routed(1) && router.routed(2));
}

TEST_F(RouterTest, new_session_forgets_relations_and_asks_again_under_the_same_topic_id) {
    ASSERT_TRUE(describe(table(1, 100, "s")));
    ASSERT_TRUE(describe(table(2, 101, "t")));
    const TopicId before = encoder.routes.at(2).topic;
    router.resume({});
    EXPECT_FALSE(router.routed(2));
    const auto asked = router.describe(table(1, 101, "t"));
    ASSERT_TRUE(asked && *asked);
    EXPECT_EQ((*asked)->topic, before);
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
    router.resume({{"public.t", TopicState{4, 100, {}}}});
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

}  // namespace
}  // namespace penstock::test
