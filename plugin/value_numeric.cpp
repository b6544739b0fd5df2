#include "pg.hpp"

#include <array>
#include <cstring>

#include "value_numeric.hpp"

namespace penstock {

namespace {

// The first word of a stored numeric tells which of three layouts follows:
//
//   00.. / 01..  long:    word: sign, 14 bits of scale | int16 weight | digits...
//   10..         short:   word: sign (0x2000), 6 bits of scale, sign and 6 bits of weight |
//   digits... 11..         special: NaN 0xC000, Infinity 0xD000, -Infinity 0xF000
constexpr uint16 kKindMask = 0xC000;
constexpr uint16 kLongNegative = 0x4000;
constexpr uint16 kShort = 0x8000;
constexpr uint16 kSpecial = 0xC000;
constexpr uint16 kPositiveInfinity = 0xD000;
constexpr uint16 kNegativeInfinity = 0xF000;
constexpr uint16 kSpecialMask = 0xF000;
constexpr uint16 kLongScaleMask = 0x3FFF;
constexpr uint16 kShortNegative = 0x2000;
constexpr uint16 kShortScaleMask = 0x1F80;
constexpr int kShortScaleShift = 7;
constexpr uint16 kShortWeightSign = 0x0040;
constexpr uint16 kShortWeightMask = 0x003F;
constexpr int kDecimalDigits = 4;  // Of one base 10000 digit.

uint16 load16(const char* at) noexcept {
    uint16 value;
    memcpy(&value, at, sizeof(value));
    return value;
}

constexpr std::array<char, 200> make_pairs() {
    std::array<char, 200> pairs{};
    for (size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}
constexpr std::array<char, 200> kPairs = make_pairs();

// Digits before the first and after the last stored one are zero.
unsigned digit_at(const NumericView& numeric, int index) noexcept {
    return index >= 0 && index < numeric.digit_count ? load16(numeric.digits + 2 * index) : 0;
}

char* write_four(char* at, unsigned digit) noexcept {
    memcpy(at, &kPairs[2 * (digit / 100)], 2);
    memcpy(at + 2, &kPairs[2 * (digit % 100)], 2);
    return at + kDecimalDigits;
}

char* write_leading(char* at, unsigned digit) noexcept {
    char four[kDecimalDigits];
    write_four(four, digit);
    const int skip = digit >= 1000 ? 0 : digit >= 100 ? 1 : digit >= 10 ? 2 : 3;
    memcpy(at, four + skip, static_cast<size_t>(kDecimalDigits - skip));
    return at + kDecimalDigits - skip;
}

}  // namespace

NumericView view_numeric(Content content) noexcept {
    const uint16 head = load16(content.data);
    NumericView numeric{};
    Size header = sizeof(uint16);
    if ((head & kKindMask) == kSpecial) {
        const uint16 which = head & kSpecialMask;
        numeric.special = which == kPositiveInfinity   ? "Infinity"
                          : which == kNegativeInfinity ? "-Infinity"
                                                       : "NaN";
        return numeric;
    }
    if ((head & kKindMask) == kShort) {
        numeric.negative = (head & kShortNegative) != 0;
        numeric.scale = (head & kShortScaleMask) >> kShortScaleShift;
        numeric.weight = (head & kShortWeightMask) - (head & kShortWeightSign);
    } else {
        numeric.negative = (head & kKindMask) == kLongNegative;
        numeric.scale = head & kLongScaleMask;
        numeric.weight = static_cast<int16>(load16(content.data + header));
        header += sizeof(int16);
    }
    numeric.digits = content.data + header;
    numeric.digit_count = static_cast<int>((content.size - header) / sizeof(int16));
    return numeric;
}

// Sign, whole digits (one at least), point, fraction rounded up to whole base 10000 digits.
Size numeric_text_bound(const NumericView& numeric) noexcept {
    const int whole = numeric.weight < 0 ? 1 : (numeric.weight + 1) * kDecimalDigits;
    return static_cast<Size>(16 + whole + numeric.scale + kDecimalDigits);
}

char* write_numeric(char* at, const NumericView& numeric) noexcept {
    if (numeric.special != nullptr) {
        const size_t length = strlen(numeric.special);
        memcpy(at, numeric.special, length);
        return at + length;
    }
    if (numeric.negative) {
        *at++ = '-';
    }
    int index = 0;
    if (numeric.weight < 0) {
        *at++ = '0';
        index = numeric.weight + 1;
    } else {
        at = write_leading(at, digit_at(numeric, index++));
        while (index <= numeric.weight) {
            at = write_four(at, digit_at(numeric, index++));
        }
    }
    if (numeric.scale > 0) {
        *at++ = '.';
        char* const end = at + numeric.scale;
        while (at < end) {
            at = write_four(at, digit_at(numeric, index++));
        }
        at = end;
    }
    return at;
}

void gather_numeric(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    Content content;
    if (!open_varlena(encoder, datum, content)) {
        set_oversize(out);
        return;
    }
    const NumericView numeric = view_numeric(content);
    auto* text = static_cast<char*>(palloc(numeric_text_bound(numeric)));
    const char* end = write_numeric(text, numeric);
    set_bytes(out, text, static_cast<Size>(end - text));
}

}  // namespace penstock
