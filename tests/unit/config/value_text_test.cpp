#include "config/value_text.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

TEST(ValueText, reads_sizes_with_their_units) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("65536"), 65536U);
    EXPECT_EQ(parse_size("64MiB"), 64U << 20);
    EXPECT_EQ(parse_size("64MB"), 64U << 20);
    EXPECT_EQ(parse_size("1 GiB"), 1U << 30);
    EXPECT_EQ(parse_size("3kB"), 3072U);
}

TEST(ValueText, refuses_what_is_no_size) {
    for (const char* wrong : {"", "MiB", "-1", "1.5MiB", "64 Mib", "64MiBx", "99999999999GiB",
                              "18446744073709551616", " 5"}) {
        EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
    }
}

TEST(ValueText, reads_times_only_with_a_unit) {
    EXPECT_EQ(parse_duration("500us"), 500us);
    EXPECT_EQ(parse_duration("200ms"), 200ms);
    EXPECT_EQ(parse_duration("5s"), 5s);
    EXPECT_EQ(parse_duration("1min"), 1min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("0"), 0us);
    EXPECT_EQ(parse_duration("5"), std::nullopt);
    EXPECT_EQ(parse_duration("-5s"), std::nullopt);
    EXPECT_EQ(parse_duration("9999999999999h"), std::nullopt);
}

TEST(ValueText, writes_what_it_reads) {
    for (const char* text : {"64MiB", "1GiB", "3KiB", "1000", "0"}) {
        EXPECT_EQ(size_text(*parse_size(text)), text);
    }
    for (const char* text : {"1h", "5s", "200ms", "1500us", "1min", "0"}) {
        EXPECT_EQ(duration_text(*parse_duration(text)), text);
    }
}

TEST(ValueText, counts_edits) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(ValueText, finds_the_nearest_word) {
    constexpr std::string_view kWords[] = {"source.tables", "source.url", "kafka.brokers"};
    EXPECT_EQ(nearest_word("source.tabels", kWords), "source.tables");
    EXPECT_EQ(nearest_word("kafka.broker", kWords), "kafka.brokers");
    EXPECT_EQ(nearest_word("x", {}), "");
}

}  // namespace
}  // namespace penstock
