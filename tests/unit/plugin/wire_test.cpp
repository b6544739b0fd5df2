// The plugin's own encoder against the protobuf library: the same bytes for the same fields.
#include "../../../plugin/wire.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace penstock::wire {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;

// Every width of a varint from both of its ends, and some in between.
std::vector<std::uint64_t> interesting_numbers() {
    std::vector<std::uint64_t> numbers = {0, std::numeric_limits<std::uint64_t>::max()};
    std::mt19937_64 random(1);
    for (int bits = 0; bits < 64; bits++) {
        const std::uint64_t power = std::uint64_t{1} << bits;
        numbers.insert(numbers.end(),
                       {power - 1, power, power + 1, random() & (power | (power - 1))});
    }
    return numbers;
}

template <typename Write>
std::string by_the_library(Write write) {
    std::string bytes;
    {
        StringOutputStream stream(&bytes);
        CodedOutputStream out(&stream);
        write(out);
    }
    return bytes;
}

template <typename Put>
std::string by_us(Put put) {
    char bytes[64];
    return {bytes, static_cast<std::size_t>(put(bytes) - bytes)};
}

TEST(Wire, varints_are_those_of_the_library) {
    for (const std::uint64_t value : interesting_numbers()) {
        const std::string expected =
            by_the_library([&](CodedOutputStream& out) { out.WriteVarint64(value); });
        EXPECT_EQ(by_us([&](char* out) { return put_varint(out, value); }), expected) << value;
        EXPECT_EQ(varint_size(value), expected.size()) << value;
    }
}

TEST(Wire, zigzag_is_that_of_the_library) {
    for (const std::uint64_t bits : interesting_numbers()) {
        const auto value = static_cast<std::int64_t>(bits);
        EXPECT_EQ(zigzag(value), WireFormatLite::ZigZagEncode64(value)) << value;
    }
}

TEST(Wire, tags_are_those_of_the_library_up_to_the_last_attribute_number) {
    for (std::uint32_t number = 1; number <= 1600; number++) {
        const std::uint32_t expected =
            WireFormatLite::MakeTag(static_cast<int>(number), WireFormatLite::WIRETYPE_FIXED64);
        EXPECT_EQ(tag(number, Type::kFixed64), expected);
        const auto size =
            by_us([&](char* out) { return put_tag(out, number, Type::kBytes); }).size();
        EXPECT_EQ(tag_size(number), size);
        EXPECT_LE(size, kTagSizeMax);
    }
}

TEST(Wire, fixed_numbers_are_little_endian) {
    EXPECT_EQ(by_us([](char* out) { return put_fixed32(out, 0x04030201); }), "\x01\x02\x03\x04");
    EXPECT_EQ(by_us([](char* out) { return put_fixed64(out, 0x0807060504030201); }),
              "\x01\x02\x03\x04\x05\x06\x07\x08");
}

TEST(Wire, an_empty_bytes_field_is_written) {
    EXPECT_EQ(by_us([](char* out) { return put_bytes_field(out, 3, nullptr, 0); }),
              std::string("\x1A\x00", 2));
    EXPECT_EQ(bytes_field_size(3, 0), 2U);
}

TEST(Wire, fields_take_the_size_that_was_said_beforehand) {
    const std::string payload(300, 'x');
    char bytes[512];
    for (const std::uint32_t number : {1U, 15U, 16U, 1600U}) {
        const char* end = put_bytes_field(bytes, number, payload.data(), payload.size());
        EXPECT_EQ(static_cast<std::size_t>(end - bytes), bytes_field_size(number, payload.size()));
        for (const std::uint64_t value : interesting_numbers()) {
            end = put_varint_field(bytes, number, value);
            EXPECT_EQ(static_cast<std::size_t>(end - bytes), varint_field_size(number, value));
        }
    }
}

}  // namespace
}  // namespace penstock::wire
