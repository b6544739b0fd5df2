// Tables that have another name than before, by what the state remembers of their topics.
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

struct TopicOwner : testing::Test {
    FakeEncoder encoder;
    Outbox outbox;
    TopicStates states;
    std::unique_ptr<Router> router;

    void start(OnRename rule) {
        router = std::make_unique<Router>(encoder, outbox, RouterRules{.on_rename = rule});
        router->resume(states);
    }
    // Describes the table and has its topic made; the state remembers what it is told.
    Status describe(const std::shared_ptr<Relation>& relation) {
        Status described = router->describe(relation);
        if (!described) return described;
        for (Command& command : outbox.drain()) {
            const auto& asked = std::get<EnsureTopic>(command);
            if (Status ready = router->topic_ready({asked.topic, 1, 1000}); !ready) return ready;
        }
        for (auto& [name, state] : router->take_changed()) states[name] = state;
        return {};
    }
    std::string published(std::uint32_t id) const { return router->relation(id).name; }
};

TEST_F(TopicOwner, a_renamed_table_goes_on_under_the_name_that_it_had) {
    start(OnRename::kKeep);
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(describe(table(2, 100, "u")));
    EXPECT_EQ(published(2), "t");
    EXPECT_EQ(states.size(), 1U);
    EXPECT_EQ(states.at("public.t").table, (TopicState::Table{100, "public", "t", "public.u"}));
    start(OnRename::kKeep);  // The state remembers it for the next start.
    ASSERT_TRUE(describe(table(1, 100, "w")));
    EXPECT_EQ(published(1), "t");
}

TEST_F(TopicOwner, tables_that_swap_their_names_keep_their_topics) {
    start(OnRename::kKeep);
    ASSERT_TRUE(describe(table(1, 100, "a")));
    ASSERT_TRUE(describe(table(2, 200, "b")));
    ASSERT_TRUE(describe(table(3, 100, "b")));
    ASSERT_TRUE(describe(table(4, 200, "a")));
    EXPECT_EQ(published(3), "a");
    EXPECT_EQ(published(4), "b");
}

TEST_F(TopicOwner, the_old_name_is_not_free_for_another_table) {
    start(OnRename::kKeep);
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(describe(table(2, 100, "u")));
    for (int sessions = 0; sessions < 2; ++sessions) {
        const Status refused = describe(table(3, 300, "t"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().name, ErrorName::kTopicCollision);
        EXPECT_NE(refused.error().message.find("\"public.u\""), std::string::npos);
        start(OnRename::kKeep);  // And the renamed table has not been seen yet.
    }
}

TEST_F(TopicOwner, a_table_made_anew_has_the_topic_of_its_name) {
    for (const OnRename rule : {OnRename::kKeep, OnRename::kStop, OnRename::kFollow}) {
        states.clear();
        start(rule);
        ASSERT_TRUE(describe(table(1, 100, "t")));
        ASSERT_TRUE(describe(table(2, 200, "t")));
        EXPECT_EQ(states.at("public.t").table.oid, 200U);
    }
}

// The state remembers the table that has the topic, not only the first one that had it.
TEST_F(TopicOwner, a_table_made_anew_and_renamed_stops_where_that_is_chosen) {
    start(OnRename::kStop);
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(describe(table(2, 200, "t")));
    const Status refused = describe(table(3, 200, "u"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTableRenamed);
}

TEST_F(TopicOwner, of_several_topics_that_a_table_had_none_is_guessed) {
    start(OnRename::kFollow);
    ASSERT_TRUE(describe(table(1, 100, "t")));
    ASSERT_TRUE(describe(table(2, 100, "u")));
    start(OnRename::kKeep);
    ASSERT_TRUE(describe(table(1, 100, "u"))) << "the name of one of them";
    EXPECT_EQ(published(1), "u");
    const Status refused = describe(table(2, 100, "w"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kTableRenamed);
}

}  // namespace
}  // namespace penstock::test
