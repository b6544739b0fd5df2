// Values of columns in Avro's binary encoding (Avro specification 1.11, "Binary Encoding"): what a
// conversion of value_convert gives, written down. Does not decide what a type becomes (value_type
// does) nor what happens to a value that has no place (the row does).
#pragma once

#include <cstdint>
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

// An int or a long: zigzag, seven bits a byte, least first. kAvroLongMax bytes of room; returns one
// past the last.
inline char* put_avro_long(char* out, std::int64_t value) {
    auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    while (rest >= 0x80) {
        *out++ = static_cast<char>(static_cast<unsigned char>(rest | 0x80U));
        rest >>= 7;
    }
    *out++ = static_cast<char>(static_cast<unsigned char>(rest));
    return out;
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
