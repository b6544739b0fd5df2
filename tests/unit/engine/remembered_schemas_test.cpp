#include "engine/remembered_schemas.hpp"

#include <gtest/gtest.h>

#include <string>

namespace penstock::test {
namespace {

SchemaText schema(const std::string& subject, const std::string& text) {
    return {subject, "AVRO", text};
}

TEST(RememberedSchemas, an_id_counts_for_one_schema_of_one_registry) {
    TopicState topic;
    EXPECT_TRUE(remember_id(topic, schema("t-key", "\"int\""), "http://one", 7));
    EXPECT_EQ(remembered_id(topic, schema("t-key", "\"int\""), "http://one"), 7U);
    EXPECT_FALSE(remembered_id(topic, schema("t-key", "\"long\""), "http://one"));
    EXPECT_FALSE(remembered_id(topic, schema("t-value", "\"int\""), "http://one"));
    EXPECT_FALSE(remembered_id(topic, schema("t-key", "\"int\""), "http://two"));
    EXPECT_FALSE(remembered_id(topic, {"t-key", "PROTOBUF", "\"int\""}, "http://one"));
}

TEST(RememberedSchemas, what_is_known_is_nothing_new) {
    TopicState topic;
    EXPECT_TRUE(remember_id(topic, schema("t-key", "\"int\""), "r", 7));
    const TopicState before = topic;
    EXPECT_FALSE(remember_id(topic, schema("t-key", "\"int\""), "r", 7));
    EXPECT_EQ(topic, before);
}

TEST(RememberedSchemas, a_registry_that_was_made_anew_gives_another_id) {
    TopicState topic;
    remember_id(topic, schema("t-key", "\"int\""), "r", 7);
    EXPECT_TRUE(remember_id(topic, schema("t-key", "\"int\""), "r", 1));
    EXPECT_EQ(remembered_id(topic, schema("t-key", "\"int\""), "r"), 1U);
    EXPECT_EQ(topic.schemas.size(), 1U);
}

TEST(RememberedSchemas, the_last_few_of_a_subject_are_kept) {
    TopicState topic;
    remember_id(topic, schema("t-key", "\"int\""), "r", 100);
    for (std::uint32_t id = 0; id <= kRememberedSchemasMax; ++id) {
        remember_id(topic, schema("t-value", std::to_string(id)), "r", id);
    }
    EXPECT_EQ(topic.schemas.size(), 1 + kRememberedSchemasMax);
    EXPECT_EQ(remembered_id(topic, schema("t-key", "\"int\""), "r"), 100U);
    EXPECT_FALSE(remembered_id(topic, schema("t-value", "0"), "r"));
    EXPECT_EQ(remembered_id(topic, schema("t-value", "1"), "r"), 1U);
}

}  // namespace
}  // namespace penstock::test
