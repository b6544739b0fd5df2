// Protobuf's wire format, written by hand: varints, tags, lengths, fixed-width numbers.
//
// Pure and noexcept: no server header, no allocation, no call that can fail, so that the emit phase
// cannot be left by longjmp and unit tests can include this file alone. Every put_* function writes
// through a raw pointer into space the caller has reserved and returns the pointer past what it
// wrote; every *_size function tells beforehand how much that is. It must not know PostgreSQL's
// types nor any message of proto/penstock.proto. Source of the format: "Encoding" in the protocol
// buffers documentation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace penstock::wire {

enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline constexpr std::size_t kVarintSizeMax = 10;
// A tag of a field number up to 65535; PostgreSQL's attribute numbers end at 1600.
inline constexpr std::size_t kTagSizeMax = 3;

constexpr std::uint32_t tag(std::uint32_t number, Type type) noexcept {
    return number << 3 | static_cast<std::uint32_t>(type);
}

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
    // Seven bits a byte; 9/64 approximates 1/7 exactly enough for widths 1 to 64.
    return (static_cast<std::size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

constexpr std::size_t tag_size(std::uint32_t number) noexcept {
    return varint_size(std::uint64_t{number} << 3);
}

// Tag, length and payload of a length-delimited field.
constexpr std::size_t bytes_field_size(std::uint32_t number, std::size_t size) noexcept {
    return tag_size(number) + varint_size(size) + size;
}

constexpr std::size_t varint_field_size(std::uint32_t number, std::uint64_t value) noexcept {
    return tag_size(number) + varint_size(value);
}

inline char* put_varint(char* out, std::uint64_t value) noexcept {
    while (value >= 0x80) {
        *out++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *out++ = static_cast<char>(value);
    return out;
}

inline char* put_tag(char* out, std::uint32_t number, Type type) noexcept {
    return put_varint(out, tag(number, type));
}

inline char* put_fixed32(char* out, std::uint32_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
    std::memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

inline char* put_fixed64(char* out, std::uint64_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    std::memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

inline char* put_raw(char* out, const void* data, std::size_t size) noexcept {
    // memcpy from a null pointer is undefined even for no bytes.
    if (size != 0) std::memcpy(out, data, size);
    return out + size;
}

inline char* put_varint_field(char* out, std::uint32_t number, std::uint64_t value) noexcept {
    return put_varint(put_tag(out, number, Type::kVarint), value);
}

inline char* put_fixed32_field(char* out, std::uint32_t number, std::uint32_t value) noexcept {
    return put_fixed32(put_tag(out, number, Type::kFixed32), value);
}

inline char* put_fixed64_field(char* out, std::uint32_t number, std::uint64_t value) noexcept {
    return put_fixed64(put_tag(out, number, Type::kFixed64), value);
}

// Tag and length only: the payload follows by other means.
inline char* put_length(char* out, std::uint32_t number, std::size_t size) noexcept {
    return put_varint(put_tag(out, number, Type::kBytes), size);
}

inline char* put_bytes_field(char* out, std::uint32_t number, const void* data,
                             std::size_t size) noexcept {
    return put_raw(put_length(out, number, size), data, size);
}

}  // namespace penstock::wire
