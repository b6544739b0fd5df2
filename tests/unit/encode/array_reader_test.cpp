// Bytes that are no array, whatever they look like.
#include "encode/array_reader.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace penstock::test {
namespace {

using namespace std::string_view_literals;

// Every part of an array has a length in front of it; a number in its place is none.
TEST(ArrayReader, a_part_without_a_length_is_refused) {
    for (const std::string_view bytes : {"\x08\x01\x02"sv, "\x10\x01\x02"sv, "\x18\x01\x02"sv}) {
        for (const ValueKind kind : {ValueKind::kInt32, ValueKind::kFloat, ValueKind::kText}) {
            ArrayReader reader;
            EXPECT_FALSE(reader.open(bytes, kind)) << static_cast<int>(kind);
        }
    }
}

}  // namespace
}  // namespace penstock::test
