#include <gtest/gtest.h>

#include "engine/lsn.hpp"

namespace penstock {
namespace {

TEST(Lsn, prints_as_the_server_does) {
    EXPECT_EQ(to_string(Lsn{0}), "0/0");
    EXPECT_EQ(to_string(Lsn{0x16B374D848}), "16/B374D848");
    EXPECT_EQ(to_string(Lsn{~std::uint64_t{0}}), "FFFFFFFF/FFFFFFFF");
}

TEST(Lsn, reads_what_it_prints) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{0x16B374D848},
                                      std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
        EXPECT_EQ(parse_lsn(to_string(Lsn{value})), Lsn{value});
    }
}

TEST(Lsn, refuses_everything_else) {
    for (const char* text : {"", "/", "1/", "/1", "1", "g/1", "1/1 ", " 1/1", "1/1/1",
                             "100000000/0", "0/100000000", "-1/0"}) {
        EXPECT_EQ(parse_lsn(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace penstock
