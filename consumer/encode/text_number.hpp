// Numbers as text. Integers as everybody writes them, floating point as Java does, because that is
// what readers of Debezium's JSON have always seen. Every function writes at `out`, where the
// caller has made room for the named maximum, and returns one past the last byte.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace penstock {

inline constexpr std::size_t kIntegerTextMax = 20;
inline constexpr std::size_t kDoubleTextMax = 28;  // Quotes of "-Infinity" included.

namespace text_number_detail {

inline constexpr auto kDigitPairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

inline constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, 20> powers{};
    std::uint64_t power = 1;
    for (auto& entry : powers) {
        entry = power;
        power *= 10;
    }
    return powers;
}();

inline char* put_pair(char* out, std::uint64_t below_100) {
    std::memcpy(out, &kDigitPairs[2 * below_100], 2);
    return out + 2;
}

}  // namespace text_number_detail

// The text of a number below 10^8, its first digit in the lowest byte. Quicker than put_padded()
// for numbers of many digits: halves, quarters and eighths come about at once.
inline std::uint64_t eight_digits(std::uint64_t number) {
    static_assert(std::endian::native == std::endian::little);
    const std::uint64_t fours = number / 10000 | (number % 10000) << 32;
    const std::uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007F0000007F;
    const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const std::uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000F;
    return (tens | (twos - tens * 10) << 8) | 0x3030303030303030;
}

// Number of decimal digits, 1 for 0.
inline int digit_count(std::uint64_t value) {
    const int bits = 64 - std::countl_zero(value | 1U);
    const int guess = bits * 1233 >> 12;
    const auto power = text_number_detail::kPowersOfTen[static_cast<std::size_t>(guess)];
    return guess + (value >= power ? 1 : 0) + (value == 0 ? 1 : 0);
}

// Exactly `digits` decimal digits, zeros in front.
inline char* put_padded(char* out, std::uint64_t value, int digits) {
    char* at = out + digits;
    while (at - out >= 4) {
        const std::uint64_t rest = value / 10000;
        const std::uint64_t four = value - rest * 10000;
        at -= 4;
        text_number_detail::put_pair(at, four / 100);
        text_number_detail::put_pair(at + 2, four % 100);
        value = rest;
    }
    if (at - out >= 2) {
        at -= 2;
        text_number_detail::put_pair(at, value % 100);
        value /= 100;
    }
    if (at != out) *out = static_cast<char>('0' + value % 10);
    return out + digits;
}

inline char* put_unsigned(char* out, std::uint64_t value) {
    return put_padded(out, value, digit_count(value));
}

inline char* put_signed(char* out, std::int64_t value) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
        *out++ = '-';
        magnitude = 0U - magnitude;
    }
    return put_unsigned(out, magnitude);
}

// As java.lang.Double.toString and Float.toString write them (Java 19 and later): shortest digits
// that read back, at least one behind the point, "E" outside of [1e-3, 1e7). NaN and the infinities
// are quoted words, for JSON has no number for them.
char* put_java_double(char* out, double value);
char* put_java_float(char* out, float value);

}  // namespace penstock
