#include "encode/text_number.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace penstock {
namespace {

constexpr int kPlainExponentMin = -3;
constexpr int kPlainExponentEnd = 7;

char* put_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

// Significant digits without trailing zeros, and the exponent of the first one.
struct Decimal {
    char digits[24];
    int count = 0;
    int exponent = 0;
};

// Reads "d.dddde[+-]dd", which is what to_chars makes in its scientific form.
Decimal parse_scientific(const char* text, const char* end) {
    Decimal decimal;
    const char* at = text;
    for (; at != end && *at != 'e'; ++at) {
        if (*at != '.') decimal.digits[decimal.count++] = *at;
    }
    ++at;
    const bool negative = *at == '-';
    int exponent = 0;
    for (++at; at != end; ++at) exponent = exponent * 10 + (*at - '0');
    decimal.exponent = negative ? -exponent : exponent;
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
    return decimal;
}

// Java asks for two digits where one would do, if the second brings the text nearer to the value.
// Only the smallest subnormals are so coarse that it can.
template <class Float>
Decimal shortest(Float value) {
    constexpr Float kCoarse = sizeof(Float) == 8 ? Float(1e-320) : Float(1e-43);
    char text[32];
    if (value < kCoarse) {
        const auto two =
            std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific, 1);
        Float back = 0;
        std::from_chars(text, two.ptr, back);
        if (back == value) return parse_scientific(text, two.ptr);
    }
    const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
    return parse_scientific(text, end.ptr);
}

char* put_plain(char* out, const Decimal& decimal) {
    if (decimal.exponent < 0) {
        out = put_text(out, "0.");
        for (int i = -1; i > decimal.exponent; --i) *out++ = '0';
        return put_text(out, {decimal.digits, static_cast<std::size_t>(decimal.count)});
    }
    int at = 0;
    for (int i = 0; i <= decimal.exponent; ++i) {
        *out++ = at < decimal.count ? decimal.digits[at++] : '0';
    }
    *out++ = '.';
    if (at == decimal.count) *out++ = '0';
    while (at < decimal.count) *out++ = decimal.digits[at++];
    return out;
}

char* put_with_exponent(char* out, const Decimal& decimal) {
    *out++ = decimal.digits[0];
    *out++ = '.';
    if (decimal.count == 1) *out++ = '0';
    for (int i = 1; i < decimal.count; ++i) *out++ = decimal.digits[i];
    *out++ = 'E';
    return put_signed(out, decimal.exponent);
}

// Values with few digits behind the point, which most are: m / 10^k with both exact is the double
// nearest to the decimal, so one that equals `value` reads back; the least such k has the fewest
// digits. Nothing when there is none; `value` is in the range of the plain form.
char* put_few_digits(char* out, double value) {
    constexpr std::size_t kDigitsMax = 6;
    constexpr double kNear = 4e-16;
    for (std::size_t k = 0; k <= kDigitsMax; ++k) {
        const auto unit = static_cast<double>(text_number_detail::kPowersOfTen[k]);
        const double scaled = value * unit;
        const auto integer = static_cast<std::int64_t>(scaled + 0.5);
        const double rounded = static_cast<double>(integer);
        if (std::fabs(scaled - rounded) > scaled * kNear || rounded / unit != value) continue;
        const auto digits = static_cast<std::uint64_t>(integer);
        const std::uint64_t whole = digits / text_number_detail::kPowersOfTen[k];
        out = put_unsigned(out, whole);
        *out++ = '.';
        if (k == 0) {
            *out++ = '0';
            return out;
        }
        const std::uint64_t rest = digits - whole * text_number_detail::kPowersOfTen[k];
        return put_padded(out, rest, static_cast<int>(k));
    }
    return nullptr;
}

template <class Float>
char* put_java(char* out, Float value) {
    if (std::isnan(value)) return put_text(out, "\"NaN\"");
    if (std::isinf(value)) return put_text(out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    if (std::signbit(value)) {
        *out++ = '-';
        value = -value;
    }
    if (value == 0) return put_text(out, "0.0");
    if constexpr (sizeof(Float) == 8) {
        if (value >= 1e-3 && value < 1e7) {
            if (char* end = put_few_digits(out, value)) return end;
        }
    }
    const Decimal decimal = shortest(value);
    const bool plain =
        decimal.exponent >= kPlainExponentMin && decimal.exponent < kPlainExponentEnd;
    return plain ? put_plain(out, decimal) : put_with_exponent(out, decimal);
}

}  // namespace

char* put_java_double(char* out, double value) {
    return put_java(out, value);
}
char* put_java_float(char* out, float value) {
    return put_java(out, value);
}

}  // namespace penstock
