#include "source/selection.hpp"

#include <gtest/gtest.h>

#include "source/not_carried.hpp"

namespace penstock {
namespace {

TEST(Selection, turns_globs_into_like_patterns) {
    EXPECT_EQ(like_pattern("orders_*"), "orders\\_%");
    EXPECT_EQ(like_pattern("t?"), "t_");
    EXPECT_EQ(like_pattern("100%"), "100\\%");
    EXPECT_EQ(like_pattern("a\\*b"), "a\\*b");
    EXPECT_EQ(like_pattern("tail\\"), "tail\\\\");
}

TEST(Selection, tells_a_name_from_a_pattern) {
    EXPECT_TRUE(names_exactly("public.recent", "public", "recent"));
    EXPECT_TRUE(names_exactly("public.a\\.b\\*", "public", "a.b*"));
    EXPECT_FALSE(names_exactly("public.*", "public", "recent"));
    EXPECT_FALSE(names_exactly("public.recent", "other", "recent"));
}

TEST(Selection, splits_a_pattern_at_its_one_dot) {
    const auto halves = split_pattern("public.orders_*");
    ASSERT_TRUE(halves);
    EXPECT_EQ(halves->schema, "public");
    EXPECT_EQ(halves->name, "orders_*");
    const auto escaped = split_pattern("a\\.b.c");
    ASSERT_TRUE(escaped);
    EXPECT_EQ(escaped->schema, "a\\.b");
}

TEST(Selection, refuses_what_is_no_pattern_of_a_table) {
    for (const char* wrong : {"orders", "a.b.c", ".b", "a.", "", "a\\.b"}) {
        const auto halves = split_pattern(wrong);
        ASSERT_FALSE(halves) << wrong;
        EXPECT_EQ(halves.error().name, ErrorName::kConfigurationInvalid);
    }
}

TEST(Selection, knows_which_tables_log_their_old_rows) {
    EXPECT_TRUE((SelectedTable{"s", "t", 'd', true}.logs_old_row()));
    EXPECT_FALSE((SelectedTable{"s", "t", 'd', false}.logs_old_row()));
    EXPECT_TRUE((SelectedTable{"s", "t", 'f', false}.logs_old_row()));
    EXPECT_TRUE((SelectedTable{"s", "t", 'i', false}.logs_old_row()));
    EXPECT_FALSE((SelectedTable{"s", "t", 'n', true}.logs_old_row()));
    EXPECT_EQ((qualified_name({"s", "a\"b"})), "\"s\".\"a\"\"b\"");
}

}  // namespace
}  // namespace penstock
