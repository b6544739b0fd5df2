#include "encode/decimal.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace penstock {
namespace {

__extension__ using Wide = __int128;

// As many digits as always fit into 127 bits.
constexpr std::size_t kWideDigitsMax = 38;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    for (const char c : text) {
        if (!is_digit(c)) return false;
    }
    return true;
}

bool all_zeros(std::string_view text) {
    return text.find_first_not_of('0') == text.npos;
}

// Writes `value` big-endian into the end of `room`; returns the minimal two's complement.
std::string_view minimal_bytes(Wide value, char (&room)[17]) {
    std::size_t at = sizeof(room);
    for (;;) {
        room[--at] = static_cast<char>(static_cast<unsigned char>(value & 0xFF));
        value >>= 8;
        const bool sign_bit = (static_cast<unsigned char>(room[at]) & 0x80U) != 0;
        if ((value == 0 && !sign_bit) || (value == -1 && sign_bit)) break;
    }
    return {room + at, sizeof(room) - at};
}

void multiply_add(std::vector<std::uint32_t>& limbs, std::uint32_t factor, std::uint32_t term) {
    std::uint64_t carry = term;
    for (std::uint32_t& limb : limbs) {
        carry += static_cast<std::uint64_t>(limb) * factor;
        limb = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
}

void negate(std::vector<std::uint32_t>& limbs) {
    std::uint64_t carry = 1;
    for (std::uint32_t& limb : limbs) {
        carry += static_cast<std::uint32_t>(~limb);
        limb = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
}

// Big-endian bytes of the limbs, less the bytes that only repeat the sign.
std::string_view to_bytes(const std::vector<std::uint32_t>& limbs, std::vector<char>& out) {
    out.clear();
    for (std::size_t i = limbs.size(); i-- > 0;) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.push_back(static_cast<char>(static_cast<unsigned char>(limbs[i] >> shift)));
        }
    }
    std::size_t at = 0;
    while (at + 1 < out.size()) {
        const auto byte = static_cast<unsigned char>(out[at]);
        const bool next_sign = (static_cast<unsigned char>(out[at + 1]) & 0x80U) != 0;
        const bool repeats = (byte == 0 && !next_sign) || (byte == 0xFF && next_sign);
        if (!repeats) break;
        ++at;
    }
    return {out.data() + at, out.size() - at};
}

struct Parts {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    bool good = false;
};

Parts split(std::string_view text) {
    Parts parts;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        parts.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    parts.whole = text.substr(0, point);
    if (point != text.npos) parts.fraction = text.substr(point + 1);
    parts.good = !text.empty() && all_digits(parts.whole) && all_digits(parts.fraction);
    return parts;
}

// The everyday case: digits and a point that fit into 64 bits, no more behind the point than the
// scale has room for. False leaves the text to the long way.
bool parse_short(std::string_view text, int scale, std::int64_t& out) {
    constexpr std::size_t kShortTextMax = 19;  // A sign, a point and 17 digits.
    if (text.empty() || text.size() > kShortTextMax) return false;
    const char* at = text.data();
    const char* const end = at + text.size();
    const bool negative = *at == '-';
    if (negative) ++at;
    std::int64_t value = 0;
    const char* const whole = at;
    for (; at != end && is_digit(*at); ++at) value = value * 10 + (*at - '0');
    auto digits = static_cast<int>(at - whole);
    int zeros = scale;
    if (at != end && *at == '.') {
        const char* const fraction = ++at;
        for (; at != end && is_digit(*at); ++at) value = value * 10 + (*at - '0');
        digits += static_cast<int>(at - fraction);
        zeros -= static_cast<int>(at - fraction);
    }
    if (at != end || digits == 0 || zeros < 0 || digits + zeros > 18) return false;
    for (int i = 0; i < zeros; ++i) value *= 10;
    out = negative ? -value : value;
    return true;
}

}  // namespace

DecimalClass classify_decimal(std::string_view text) {
    if (text.empty()) return DecimalClass::kFinite;
    if (text[0] == 'N') return DecimalClass::kNaN;
    if (text[0] == 'I') return DecimalClass::kInfinity;
    return text.size() > 1 && text[1] == 'I' ? DecimalClass::kMinusInfinity : DecimalClass::kFinite;
}

std::string_view DecimalBytes::from_integer(std::int64_t value) {
    // Bits that differ from the sign, and the sign itself.
    const auto bits = static_cast<std::uint64_t>(value ^ (value >> 63));
    const auto size = static_cast<std::size_t>((64 - std::countl_zero(bits)) / 8 + 1);
    auto big_endian = static_cast<std::uint64_t>(value);
    if constexpr (std::endian::native == std::endian::little) {
        big_endian = __builtin_bswap64(big_endian);
    }
    std::memcpy(small_, &big_endian, sizeof(big_endian));
    return {small_ + sizeof(big_endian) - size, size};
}

std::string_view DecimalBytes::from_text(std::string_view text, int scale) {
    std::int64_t value = 0;
    if (parse_short(text, scale, value)) return from_integer(value);
    return from_long_text(text, scale);
}

std::string_view DecimalBytes::from_long_text(std::string_view text, int scale) {
    Parts parts = split(text);
    if (!parts.good) return {};
    int zeros = scale - static_cast<int>(parts.fraction.size());
    // A scale below the digits that are there is legal as long as only zeros go.
    while (zeros < 0) {
        std::string_view& last = parts.fraction.empty() ? parts.whole : parts.fraction;
        if (last.empty()) {
            zeros = 0;
        } else if (last.back() != '0') {
            return {};
        } else {
            last.remove_suffix(1);
            ++zeros;
        }
    }
    const std::size_t count = parts.whole.size() + parts.fraction.size();
    if (count + static_cast<std::size_t>(zeros) <= kWideDigitsMax) {
        Wide value = 0;
        for (const char c : parts.whole) value = value * 10 + (c - '0');
        for (const char c : parts.fraction) value = value * 10 + (c - '0');
        for (int i = 0; i < zeros; ++i) value *= 10;
        return minimal_bytes(parts.negative ? -value : value, small_);
    }
    digits_.assign(parts.whole.begin(), parts.whole.end());
    digits_.insert(digits_.end(), parts.fraction.begin(), parts.fraction.end());
    return from_digits(zeros, parts.negative);
}

std::string_view DecimalBytes::from_digits(int zeros, bool negative) {
    constexpr std::size_t kGroup = 9;
    digits_.insert(digits_.end(), static_cast<std::size_t>(zeros), '0');
    std::string_view digits(digits_.data(), digits_.size());
    if (all_zeros(digits)) return from_integer(0);
    limbs_.assign(1, 0);
    while (!digits.empty()) {
        std::uint32_t term = 0;
        std::uint32_t factor = 1;
        const std::string_view group = digits.substr(0, kGroup);
        for (const char c : group) {
            term = term * 10 + static_cast<std::uint32_t>(c - '0');
            factor *= 10;
        }
        multiply_add(limbs_, factor, term);
        digits.remove_prefix(group.size());
    }
    limbs_.push_back(0);  // Room for the sign.
    if (negative) negate(limbs_);
    return to_bytes(limbs_, large_);
}

int natural_scale(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == text.npos) return 0;
    std::string_view fraction = text.substr(point + 1);
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    return static_cast<int>(fraction.size());
}

}  // namespace penstock
