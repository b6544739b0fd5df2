// Decimal text of a numeric straight from its stored form, without numeric_out. The layout is
// private to the server's src/backend/utils/adt/numeric.c and unchanged since 9.1.
#pragma once

#include "pg.hpp"

#include "value_gather.hpp"

namespace penstock {

// What a stored numeric says, its digits still in place (base 10000, not aligned).
struct NumericView {
    const char* special;  // "NaN" and the infinities; nullptr for a number.
    const char* digits;
    int digit_count;
    int weight;  // Of the first digit, as a power of 10000.
    int scale;   // Decimal digits after the point.
    bool negative;
};
static_assert(std::is_trivially_destructible_v<NumericView>);

NumericView view_numeric(Content content) noexcept;

// Upper bound of what write_numeric writes; at most some 150,000 bytes.
Size numeric_text_bound(const NumericView& numeric) noexcept;

// Writes the text, exactly that of numeric_out, and returns its end.
char* write_numeric(char* at, const NumericView& numeric) noexcept;

}  // namespace penstock
