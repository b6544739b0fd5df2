#include "source/row_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "proto/penstock.pb.h"

namespace penstock {
namespace {

std::string text_of(ValueKind kind, FieldValue value, bool array = false) {
    Column column;
    column.kind = kind;
    column.array = array;
    std::string out;
    append_value_text(out, column, value);
    return out;
}

FieldValue number(std::int64_t value) {
    return {{}, static_cast<std::uint64_t>(value)};
}

TEST(RowText, shows_numbers) {
    EXPECT_EQ(text_of(ValueKind::kInt32, number(-5)), "-5");
    EXPECT_EQ(text_of(ValueKind::kUint64, {{}, ~0ULL}), "18446744073709551615");
    EXPECT_EQ(text_of(ValueKind::kDouble, {{}, std::bit_cast<std::uint64_t>(0.1)}), "0.1");
    EXPECT_EQ(text_of(ValueKind::kFloat, {{}, std::bit_cast<std::uint32_t>(0.1F)}), "0.1");
    EXPECT_EQ(text_of(ValueKind::kNumeric, {"12.50", 0}), "12.50");
    EXPECT_EQ(text_of(ValueKind::kBool, number(1)), "true");
    EXPECT_EQ(text_of(ValueKind::kMoney, number(-5)), "-0.05");
    EXPECT_EQ(text_of(ValueKind::kMoney, number(std::numeric_limits<std::int64_t>::min())),
              "-92233720368547758.08");
}

TEST(RowText, shows_dates_and_times) {
    EXPECT_EQ(text_of(ValueKind::kDate, number(0)), "1970-01-01");
    EXPECT_EQ(text_of(ValueKind::kDate, number(std::numeric_limits<std::int32_t>::max())),
              "infinity");
    EXPECT_EQ(text_of(ValueKind::kTime, number(3'723'500'000)), "01:02:03.5");
    EXPECT_EQ(text_of(ValueKind::kTime, number(-1)), "(broken)");
    EXPECT_EQ(text_of(ValueKind::kTimestamptz, number(1'000'000)), "1970-01-01 00:00:01Z");
    EXPECT_EQ(text_of(ValueKind::kTimestamp, number(std::numeric_limits<std::int64_t>::min())),
              "-infinity");
}

TEST(RowText, shows_bytes_and_uuids) {
    EXPECT_EQ(text_of(ValueKind::kBytes, {"\x01\xAB", 0}), "\\x01ab");
    EXPECT_EQ(text_of(ValueKind::kUuid, {"0123456789abcdef", 0}),
              "30313233-3435-3637-3839-616263646566");
    EXPECT_EQ(text_of(ValueKind::kUuid, {"short", 0}), "(broken)");
}

TEST(RowText, lets_no_value_steer_the_terminal) {
    EXPECT_EQ(text_of(ValueKind::kString, {"a\x1b[31m\n", 0}), "'a\\x1b[31m\\x0a'");
    EXPECT_EQ(text_of(ValueKind::kString, {"\xC2\x9B"
                                           "31m",
                                           0}),
              "'\\xc2\\x9b31m'");
    EXPECT_EQ(text_of(ValueKind::kString, {"gr\xC3\xBC\xC3\x9F", 0}), "'gr\xC3\xBC\xC3\x9F'");
}

TEST(RowText, cuts_long_values_between_characters) {
    std::string text(119, 'x');
    text += "\xC3\xBC and more";
    EXPECT_EQ(text_of(ValueKind::kString, {text, 0}), "'" + std::string(119, 'x') + "...'");
}

TEST(RowText, shows_arrays_with_their_nulls) {
    v1::Sint32Array array;
    array.add_element(1);
    array.add_element(-2);
    array.add_null_position(1);
    EXPECT_EQ(text_of(ValueKind::kInt32, {array.SerializeAsString(), 0}, true), "{1,null,-2}");
    EXPECT_EQ(text_of(ValueKind::kInt32, {"", 0}, true), "{}");
    EXPECT_EQ(text_of(ValueKind::kInt32, {"\x0A\x7F", 0}, true), "(broken)");
    array.add_null_position(90);
    EXPECT_EQ(text_of(ValueKind::kInt32, {array.SerializeAsString(), 0}, true),
              "{1,null,-2,(broken)}");
}

}  // namespace
}  // namespace penstock
