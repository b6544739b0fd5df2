#include <gtest/gtest.h>

#include <string>

#include "snapshot/predicate.hpp"

namespace penstock {
namespace {

TEST(Predicate, what_stays_between_its_parentheses_is_taken) {
    for (const char* text :
         {"", "id > 5", "(a + b) * 2 = 4 AND (c)", "v = ')'", "v = 'it''s ('", "\"odd)\" = 1",
          "\"a\"\")\" = 1", "v = $$)$$", "v = $x$ $$ ) $x$", "a$1 = 2", "/* ) /* ( */ ; */ true",
          "true -- )", "true -- )\n AND (false)", "v LIKE 'a\\'", "v = U&'\\0061'", "a = $1"}) {
        EXPECT_EQ(complaint_about_predicate(text), nullptr) << text;
    }
}

TEST(Predicate, what_leaves_them_is_not) {
    for (const char* text : {"true) OR (true", "(true", "true)", "1; DROP TABLE t", "v = 'open",
                             "\"open", "v = $$open", "/* open", "/* /* */",
                             "v = E'\\') OR (true --'", "v = e'x'", "$x$ ) $y$", "v = '' '"}) {
        EXPECT_NE(complaint_about_predicate(text), nullptr) << text;
    }
    EXPECT_NE(complaint_about_predicate(std::string("a\0b", 3)), nullptr);
}

}  // namespace
}  // namespace penstock
