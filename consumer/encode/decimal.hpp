// Exact decimals between their text and the form of a Connect Decimal: the unscaled integer as a
// big-endian two's complement of the least number of bytes (java.math.BigInteger.toByteArray).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace penstock {

enum class DecimalClass : std::uint8_t { kFinite, kNaN, kInfinity, kMinusInfinity };

// What PostgreSQL's text of a numeric stands for.
DecimalClass classify_decimal(std::string_view text);

// Turns texts into bytes; holds the room that large numbers need, so that no value allocates twice.
class DecimalBytes {
public:
    // The unscaled integer of a finite `text` at `scale`: text x 10^scale. Empty when digits other
    // than 0 would be lost, or when `text` is no number. Good until the next call.
    std::string_view from_text(std::string_view text, int scale);

    // The bytes of an integer.
    std::string_view from_integer(std::int64_t value);

private:
    std::string_view from_long_text(std::string_view text, int scale);
    // Of digits_ and so many zeros behind them.
    std::string_view from_digits(int zeros, bool negative);

    char small_[17];
    std::vector<std::uint32_t> limbs_;
    std::vector<char> large_;
    std::vector<char> digits_;
};

// Digits behind the point that a numeric without a declared scale keeps: its own, less the zeros
// at the end.
int natural_scale(std::string_view text);

}  // namespace penstock
