// Dates and times as text in the forms Debezium uses: ISO 8601 with years as java.time writes them
// (four digits, "+" beyond 9999, "-" and astronomical numbering before year 1), always in UTC and
// ending in "Z". Proleptic Gregorian calendar, as PostgreSQL's.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

inline constexpr std::int64_t kMicrosPerSecond = 1000000;
inline constexpr std::int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;
inline constexpr std::size_t kTimeTextMax = 48;

// A moment too far for 64 bits of microseconds since 1970 is still exact in these two.
struct Moment {
    std::int64_t days = 0;           // Since 1970-01-01.
    std::int64_t micros_of_day = 0;  // 0 .. kMicrosPerDay - 1.
};

Moment moment_of(std::int64_t micros_since_1970);

// "2024-02-29"; kTimeTextMax bytes of room. Returns one past the last byte, as all below.
char* put_iso_date(char* out, std::int64_t days);

// How many digits a second has behind its point.
enum class Fraction : std::uint8_t {
    kFixed,    // Exactly so many.
    kTrimmed,  // At most six, no zeros at the end.
};

// ".004", or nothing where there are no digits.
char* put_iso_fraction(char* out, std::int64_t micros, Fraction fraction, int digits);

// "01:02:03.004"; 24:00 is legal. `digits` counts for kFixed.
char* put_iso_time(char* out, std::int64_t micros, Fraction fraction, int digits = 6);

// "2024-02-29T01:02:03.004Z".
char* put_iso_timestamp(char* out, const Moment& moment, Fraction fraction, int digits = 6);

// "P1Y2M3DT4H5M6.789S", every part present, each with its own sign.
char* put_iso_interval(char* out, std::int64_t months, std::int64_t days, std::int64_t micros);

// Microseconds since midnight, in UTC, of PostgreSQL's text of a timetz ("23:59:59.5+15:59");
// 86400000000 for 24:00 in UTC. -1 when `text` is none.
std::int64_t parse_timetz(std::string_view text);

}  // namespace penstock
