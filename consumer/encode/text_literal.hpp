// Reads the texts that PostgreSQL writes for constants (DateStyle ISO, IntervalStyle postgres, zone
// UTC) into the values that lie on the wire. For defaults and other cold places; rows never come as
// text. Nothing when a text is no such constant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

std::optional<std::int64_t> parse_integer(std::string_view text);

// Sixteen bytes.
std::optional<std::string> parse_uuid(std::string_view text);

// Days since 1970-01-01 of "2020-01-02", "0044-03-15 BC", "infinity" (INT32_MAX), "-infinity".
std::optional<std::int64_t> parse_date(std::string_view text);

// Microseconds since midnight of "03:04:05.678901".
std::optional<std::int64_t> parse_time(std::string_view text);

// Microseconds since 1970-01-01 of "2020-01-02 03:04:05.678901", with or without a zone ("+00",
// "-07:30"); the infinities are the ends of the range.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// The bytes of penstock.v1.Interval of "1 year 2 mons 3 days -04:05:06.789".
std::optional<std::string> parse_interval_message(std::string_view text);

}  // namespace penstock
