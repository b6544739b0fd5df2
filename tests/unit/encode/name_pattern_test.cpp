#include "encode/name_pattern.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

NamePatterns patterns(const std::vector<std::string>& items) {
    return std::move(NamePatterns::compile("filter.table_include", items).value());
}

TEST(NamePatterns, match_whole_names_in_any_case) {
    const NamePatterns list = patterns({"public\\.orders", "audit\\..*"});
    EXPECT_TRUE(list.match("public.orders"));
    EXPECT_TRUE(list.match("Public.ORDERS"));
    EXPECT_TRUE(list.match("audit.log"));
    EXPECT_FALSE(list.match("public.orders_old"));
    EXPECT_FALSE(list.match("a.public.orders"));
    EXPECT_FALSE(patterns({}).match("public.orders"));
}

TEST(NamePatterns, a_pattern_that_explodes_elsewhere_takes_no_time) {
    const NamePatterns list = patterns({"(a+)+b"});
    EXPECT_FALSE(list.match(std::string(10000, 'a')));
}

TEST(NamePatterns, what_cannot_be_read_is_refused_with_its_key) {
    for (const char* item : {"a(", "(?!a)b", "(a)\\1"}) {
        const auto refused = NamePatterns::compile("filter.table_include", {item});
        ASSERT_FALSE(refused) << item;
        EXPECT_EQ(refused.error().name, ErrorName::kConfigurationInvalid);
        EXPECT_NE(refused.error().message.find("filter.table_include"), std::string::npos);
        EXPECT_NE(refused.error().detail.find(item), std::string::npos);
    }
}

TEST(NameFilter, includes_or_excludes_but_not_both) {
    const auto all = NameFilter::compile("filter.schema", {}, {});
    EXPECT_TRUE(all->passes("anything"));
    const auto some = NameFilter::compile("filter.schema", {"a", "b"}, {});
    EXPECT_TRUE(some->passes("b"));
    EXPECT_FALSE(some->passes("c"));
    const auto others = NameFilter::compile("filter.schema", {}, {"a", "b"});
    EXPECT_FALSE(others->passes("b"));
    EXPECT_TRUE(others->passes("c"));
    const auto both = NameFilter::compile("filter.schema", {"a"}, {"b"});
    ASSERT_FALSE(both);
    EXPECT_NE(both.error().message.find("filter.schema_exclude"), std::string::npos);
}

TEST(NameTemplate, puts_groups_into_the_replacement) {
    const auto route = NameTemplate::compile("outbox.route_pattern", "(?<routedByValue>.*)",
                                             "outbox.event.${routedByValue}");
    ASSERT_TRUE(route) << route.error().message;
    EXPECT_EQ(route->apply("order"), "outbox.event.order");
    EXPECT_EQ(route->apply(""), "outbox.event.");
    const auto numbered = NameTemplate::compile("k", "(\\w+)-(\\w+)", "$2.$1");
    EXPECT_EQ(numbered->apply("a-b"), "b.a");
    EXPECT_EQ(numbered->apply("ab"), "ab");
}

TEST(NameTemplate, refuses_a_group_that_is_not_there) {
    EXPECT_FALSE(NameTemplate::compile("k", "(.*)", "$2"));
    EXPECT_FALSE(NameTemplate::compile("k", "(.*)", "${name}"));
    EXPECT_FALSE(NameTemplate::compile("k", "(?<=a)b", "x"));
}

}  // namespace
}  // namespace penstock
