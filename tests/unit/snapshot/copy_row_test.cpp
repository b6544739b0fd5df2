#include <gtest/gtest.h>

#include <string>

#include "snapshot/copy_row.hpp"

namespace penstock {
namespace {

using namespace std::string_literals;

const std::string kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;
// Two fields: ctid (258,3), the bytes "abc".
const std::string kRow = "\0\2\0\0\0\6\0\0\1\2\0\3\0\0\0\3abc"s;
const std::string kEnd = "\377\377"s;

TEST(CopyRow, the_first_message_carries_the_header_and_a_row) {
    CopyParser parser;
    const std::string message = kHeader + kRow;
    const auto row = parser.parse(message);
    ASSERT_TRUE(row && *row);
    EXPECT_EQ((*row)->block, 258U);
    EXPECT_EQ((*row)->bytes, "abc");
}

TEST(CopyRow, later_messages_are_rows_alone_and_the_last_is_the_end) {
    CopyParser parser;
    ASSERT_TRUE(parser.parse(kHeader + kRow));
    const auto row = parser.parse(kRow);
    ASSERT_TRUE(row && *row);
    EXPECT_EQ((*row)->bytes, "abc");
    const auto end = parser.parse(kEnd);
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
}

TEST(CopyRow, a_copy_of_nothing_is_header_and_end_in_one) {
    CopyParser parser;
    const auto end = parser.parse(kHeader + kEnd);
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
}

TEST(CopyRow, each_copy_has_a_header_of_its_own) {
    CopyParser parser;
    ASSERT_TRUE(parser.parse(kHeader + kRow));
    parser.reset();
    EXPECT_FALSE(parser.parse(kRow));
    parser.reset();
    EXPECT_TRUE(parser.parse(kHeader + kRow));
}

TEST(CopyRow, a_null_row_is_refused) {
    CopyParser parser;
    EXPECT_FALSE(parser.parse(kHeader + "\0\2\0\0\0\6\0\0\1\2\0\3\377\377\377\377"s));
}

TEST(CopyRow, every_truncation_is_refused) {
    const std::string whole = kHeader + kRow;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        if (size == kHeader.size()) continue;
        CopyParser parser;
        const auto row = parser.parse(std::string_view(whole).substr(0, size));
        EXPECT_FALSE(row) << size;
        if (!row) {
            EXPECT_EQ(row.error().name, ErrorName::kFrameInvalid);
        }
    }
    CopyParser parser;
    EXPECT_FALSE(parser.parse(whole + "x"));
}

}  // namespace
}  // namespace penstock
