// The quick ways to write numbers against the plain ones.
#include <cstring>

#include <gtest/gtest.h>

#include "encode/text_number.hpp"

namespace penstock {
namespace {

TEST(TextNumber, eight_digits_are_those_of_the_number) {
    for (std::uint64_t number = 0; number < 100000000; number += 997) {
        const std::uint64_t text = eight_digits(number);
        char digits[8];
        put_padded(digits, number, 8);
        ASSERT_EQ(std::memcmp(&text, digits, 8), 0) << number;
    }
}

}  // namespace
}  // namespace penstock
