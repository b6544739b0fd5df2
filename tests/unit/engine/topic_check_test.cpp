// The look at all known topics at a start: by number of partitions and by Kafka's id.
#include "engine/topic_check.hpp"

#include <gtest/gtest.h>

#include "engine/log_text.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

TopicState known(std::uint32_t partitions, std::string id) {
    return {partitions, 100, {}, std::move(id)};
}

TEST(TopicCheck, what_is_as_it_was_changes_nothing) {
    std::map<std::string, TopicState> topics = {{"a", known(2, "x")}, {"b", known(1, "y")}};
    const auto changes = check_topics(topics, {{{"a", {2, "x"}}, {"b", {1, "y"}}}}, {});
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->empty());
}

TEST(TopicCheck, another_number_of_partitions_stops_by_name) {
    std::map<std::string, TopicState> topics = {{"a", known(2, "x")}};
    const auto changes = check_topics(topics, {{{"a", {3, "x"}}}}, {});
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().name, ErrorName::kPartitionsChanged);
    EXPECT_EQ(changes.error().message, "topic \"a\" has 3 partitions");
}

TEST(TopicCheck, a_deleted_topic_and_one_made_anew_stop_by_name) {
    for (const TopicsSeen& seen : {TopicsSeen{}, TopicsSeen{{{"a", {2, "other"}}}}}) {
        std::map<std::string, TopicState> topics = {{"a", known(2, "x")}};
        const auto changes = check_topics(topics, seen, {});
        ASSERT_FALSE(changes);
        EXPECT_EQ(changes.error().name, ErrorName::kTopicLost);
    }
}

TEST(TopicCheck, a_loss_that_is_accepted_is_forgotten_once) {
    EngineOptions options;
    options.topic_lost = TopicLost::kGoOn;
    std::map<std::string, TopicState> topics = {{"a", known(2, "x")}};
    const auto changes = check_topics(topics, {}, options);
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 1U);
    EXPECT_EQ(changes->front().second, known(0, ""));
    const auto later = check_topics(topics, {}, {});
    ASSERT_TRUE(later);
    EXPECT_TRUE(later->empty());
}

TEST(TopicCheck, an_id_that_an_older_release_did_not_record_is_learned) {
    std::map<std::string, TopicState> topics = {{"a", known(2, "")}, {"gone", known(1, "")}};
    const auto changes = check_topics(topics, {{{"a", {2, "x"}}}}, {});
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 1U);
    EXPECT_EQ(changes->front().second, known(2, "x"));
}

TEST(EngineTopicCheck, all_known_topics_are_looked_at_before_anything_is_signed) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.topics = {{"public.a", known(1, "x")}, {"public.b", known(1, "")}};
    world.state.position->topic_keys = 2;
    world.topic_ids = {{"public.a", "x"}, {"public.b", "y"}};
    world.start();
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
    EXPECT_EQ(world.topics_looked_at, (std::vector<std::string>{"public.a", "public.b"}));
    EXPECT_EQ(world.state.topics.at("public.b").topic_id, "y");
}

TEST(EngineTopicCheck, a_quiet_table_whose_topic_changed_stops_the_start_and_signs_nothing) {
    ScriptedWorld world;
    world.has_streamed_to(100_lsn);
    world.state.topics = {{"public.a", known(1, "x")}};
    world.state.position->topic_keys = 1;
    world.missing_topics = {"public.a"};
    world.start();
    EXPECT_TRUE(world.finished_with(ErrorName::kTopicLost));
    EXPECT_TRUE(world.published.empty());
}

TEST(EngineTopicCheck, a_new_topic_is_recorded_with_its_id) {
    ScriptedWorld world;
    world.topic_ids = {{"public.t", "z"}};
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 120_lsn, {"row"});
    world.drained();
    world.pass(1'000_ms);
    ASSERT_TRUE(world.state.topics.contains("public.t"));
    EXPECT_EQ(world.state.topics.at("public.t").topic_id, "z");
}

TEST(LogText, quotes_what_could_be_taken_for_something_else) {
    EXPECT_EQ(log_text({LogLine::Level::kInfo,
                        "kafka",
                        "client_says",
                        {{"a", "plain"}, {"b", "two words"}, {"c", ""}, {"d", "x\ny=\""}}}),
              "kafka client_says a=plain b=\"two words\" c=\"\" d=\"x\\x0ay=\\\"\"");
}

}  // namespace
}  // namespace penstock::test
