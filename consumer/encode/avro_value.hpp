// Values of columns in Avro's binary encoding (Avro specification 1.11, "Binary Encoding"): what a
// conversion of value_convert gives, written down. Does not decide what a type becomes (value_type
// does) nor what happens to a value that has no place (the row does).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "encode/byte_writer.hpp"
#include "encode/value_convert.hpp"

namespace penstock {

// Which of a union's two branches a value is: the index as it is written.
inline constexpr char kAvroFirst = 0;
inline constexpr char kAvroSecond = 2;

// Elements of arrays and values of maps: ["null",T].
inline constexpr char kAvroNull = kAvroFirst;
inline constexpr char kAvroPresent = kAvroSecond;

inline constexpr std::size_t kAvroLongMax = 10;

namespace avro_value_detail {

// The seven-bit groups of a number below 2^56, one in each byte.
constexpr std::uint64_t spread_groups(std::uint64_t bits) {
    bits = (bits & 0x000000000FFFFFFF) | (bits & 0x00FFFFFFF0000000) << 4;
    bits = (bits & 0x00003FFF00003FFF) | (bits & 0x0FFFC0000FFFC000) << 2;
    return (bits & 0x007F007F007F007F) | (bits & 0x3F803F803F803F80) << 1;
}

}  // namespace avro_value_detail

// An int or a long: zigzag, seven bits a byte, least first. kAvroLongMax bytes of room, whatever
// the number; returns one past the last. Longer ones are put together in a register, because the
// loop over their bytes is a large part of a row.
inline char* put_avro_long(char* out, std::int64_t value) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t kMore = 0x8080808080808080;
    auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    if (rest < 0x80) {
        *out = static_cast<char>(rest);
        return out + 1;
    }
    if (rest < std::uint64_t{1} << 56) {
        // A seventh of the bits, rounded up; exact up to 56.
        const auto size = static_cast<std::size_t>(std::bit_width(rest) * 9 + 64) / 64;
        const std::uint64_t bytes = avro_value_detail::spread_groups(rest) |
                                    (kMore & ((std::uint64_t{1} << (8 * size - 8)) - 1));
        std::memcpy(out, &bytes, sizeof(bytes));
        return out + size;
    }
    const std::uint64_t bytes =
        avro_value_detail::spread_groups(rest & ((std::uint64_t{1} << 56) - 1)) | kMore;
    std::memcpy(out, &bytes, sizeof(bytes));
    out += sizeof(bytes);
    rest >>= 56;
    if (rest >= 0x80) {
        *out++ = static_cast<char>(static_cast<unsigned char>(rest | 0x80U));
        rest >>= 7;
    }
    *out = static_cast<char>(static_cast<unsigned char>(rest));
    return out + 1;
}

// A string or bytes; makes its own room.
void put_avro_bytes(ByteWriter& out, std::string_view bytes);

// The same for the start of a program: what constant parts of records are made of.
void append_avro_long(std::string& out, std::int64_t value);
void append_avro_bytes(std::string& out, std::string_view bytes);

// Writes one value that is not null, without a branch. Unless it answers kDone it has written
// nothing that counts: a scalar nothing at all, an array an unfinished beginning where it stops.
using AvroWriter = Outcome (*)(ByteWriter& out, const FieldValue& value, const ValueType& type,
                               ValueContext& context);

// The writer of a type that is not kOmitted.
AvroWriter avro_writer(const ValueType& type);

// A value that came marked as out of range, where the form has room for it.
Outcome put_avro_far_moment(ByteWriter& out, std::string_view raw, const ValueType& type);

// What stands for an unchanged TOAST value; empty where the type cannot hold the placeholder. The
// places are those of json_placeholder().
std::string avro_placeholder(const ValueType& type, std::string_view placeholder);

// The zero of a NOT NULL column which an old row does not tell: Avro has no room for a null there.
// The values are those of json_zero().
std::string avro_zero(const ValueType& type);

}  // namespace penstock
