#include "encode/java_properties.hpp"

#include <gtest/gtest.h>

namespace penstock::test {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

TEST(JavaProperties, what_a_propagator_stores_is_read) {
    EXPECT_EQ(
        read_java_properties("#\n#Sat Nov 21 10:00:00 UTC 2026\n"
                             "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
                             "01\ntracestate=a\\=b\n"),
        (Properties{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                    {"tracestate", "a=b"}}));
}

TEST(JavaProperties, names_end_at_a_sign_or_a_blank) {
    EXPECT_EQ(read_java_properties("a=1\nb:2\nc 3\n  d  =  4 \ne\n f\\ g\\:h = i=j:k"),
              (Properties{
                  {"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4 "}, {"e", ""}, {"f g:h", "i=j:k"}}));
}

TEST(JavaProperties, lines_go_on_behind_an_odd_number_of_backslashes) {
    EXPECT_EQ(read_java_properties("a=1\\\n   2\\\r\n\t3\nb=4\\\\\nc=5\\"),
              (Properties{{"a", "123"}, {"b", "4\\"}, {"c", "5"}}));
}

TEST(JavaProperties, escapes_are_characters) {
    EXPECT_EQ(read_java_properties("a=\\t\\n\\r\\f\\z\\u00e9\\uD83D\\uDE00\\ud83d!\\u12"),
              (Properties{{"a", "\t\n\r\fz\xC3\xA9\xF0\x9F\x98\x80?!?12"}}));
}

TEST(JavaProperties, comments_and_blank_lines_say_nothing_and_the_last_value_counts) {
    EXPECT_EQ(read_java_properties("! c\n\n  # d\na=1\n\t\na=2"), (Properties{{"a", "2"}}));
    EXPECT_TRUE(read_java_properties("").empty());
}

}  // namespace
}  // namespace penstock::test
