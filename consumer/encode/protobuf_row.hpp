// Row messages as they lie on the wire, without a plan: the raw bytes of single fields, cut out and
// put together. For formats that hand rows on instead of converting their values. Lengths are
// judged before every read.
#pragma once

#include <cstdint>
#include <string_view>

#include "encode/byte_writer.hpp"

namespace penstock {

// Walks the fields of a row message.
class RawFields {
public:
    explicit RawFields(std::string_view row) : at_(row.data()), end_(row.data() + row.size()) {}

    // Steps to the next field. False at the end, and when the bytes are no message (see failed()).
    bool next();
    bool failed() const { return failed_; }

    std::uint64_t number() const { return number_; }
    // Tag and value.
    std::string_view bytes() const { return bytes_; }

private:
    const char* at_;
    const char* end_;
    std::uint64_t number_ = 0;
    std::string_view bytes_;
    bool failed_ = false;
};

// The field's tag and value; empty when the row has no such field or is broken.
std::string_view raw_field(std::string_view row, std::uint32_t number);

inline constexpr std::size_t kVarintMax = 10;

// Base-128 varint (protobuf encoding); kVarintMax bytes of room.
inline char* put_varint(char* out, std::uint64_t value) {
    while (value >= 0x80) {
        *out++ = static_cast<char>(static_cast<unsigned char>(value | 0x80U));
        value >>= 7;
    }
    *out++ = static_cast<char>(static_cast<unsigned char>(value));
    return out;
}

// Eight bytes, little-endian.
inline char* put_fixed64(char* out, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) *out++ = static_cast<char>(value >> (8 * i) & 0xFFU);
    return out;
}

inline constexpr std::uint32_t varint_tag(std::uint32_t number) {
    return number << 3;
}
inline constexpr std::uint32_t fixed64_tag(std::uint32_t number) {
    return number << 3 | 1U;
}
inline constexpr std::uint32_t bytes_tag(std::uint32_t number) {
    return number << 3 | 2U;
}

// A length-delimited field; makes its own room.
void put_bytes_field(ByteWriter& out, std::uint32_t number, std::string_view bytes);
// A varint field; makes its own room.
void put_varint_field(ByteWriter& out, std::uint32_t number, std::uint64_t value);

}  // namespace penstock
