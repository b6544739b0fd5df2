#include "encode/text_literal.hpp"

#include <charconv>
#include <limits>

#include <protozero/pbf_writer.hpp>

#include "encode/text_time.hpp"

namespace penstock {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes digits off the front; nothing when there are none.
std::optional<std::int64_t> take_digits(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) ++size;
    if (size == 0 || size > 18) return std::nullopt;
    const auto value = parse_integer(text.substr(0, size));
    text.remove_prefix(size);
    return value;
}

bool take(std::string_view& text, std::string_view expected) {
    if (text.substr(0, expected.size()) != expected) return false;
    text.remove_prefix(expected.size());
    return true;
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Counts years from March, so that the leap day is the last of its year.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
    if (month <= 2) --year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct Date {
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
};

std::optional<Date> take_date(std::string_view& text) {
    const auto year = take_digits(text);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_digits(text);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_digits(text);
    if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
    return Date{*year, *month, *day};
}

// Year 1 BC is the year 0 of the count.
void take_era(std::string_view& text, Date& date) {
    if (take(text, " BC")) date.year = 1 - date.year;
}

// ".678901" in microseconds; 0 when there is none.
std::int64_t take_fraction(std::string_view& text) {
    std::int64_t micros = 0;
    std::int64_t unit = kMicrosPerSecond / 10;
    if (!take(text, ".")) return 0;
    while (!text.empty() && is_digit(text[0])) {
        micros += (text[0] - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
    }
    return micros;
}

std::optional<std::int64_t> take_time(std::string_view& text) {
    const auto hours = take_digits(text);
    if (!hours || !take(text, ":")) return std::nullopt;
    const auto minutes = take_digits(text);
    if (!minutes || !take(text, ":")) return std::nullopt;
    const auto seconds = take_digits(text);
    if (!seconds) return std::nullopt;
    const std::int64_t whole = (*hours * 60 + *minutes) * 60 + *seconds;
    return whole * kMicrosPerSecond + take_fraction(text);
}

// "+00", "-07:30": seconds east of UTC; 0 when there is none.
std::optional<std::int64_t> take_zone(std::string_view& text) {
    const bool west = !text.empty() && text[0] == '-';
    if (text.empty() || (text[0] != '+' && !west)) return 0;
    text.remove_prefix(1);
    const auto hours = take_digits(text);
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * 3600;
    if (take(text, ":")) {
        const auto minutes = take_digits(text);
        if (!minutes) return std::nullopt;
        seconds += *minutes * 60;
    }
    return west ? -seconds : seconds;
}

struct IntervalParts {
    std::int64_t months = 0;
    std::int64_t days = 0;
    std::int64_t micros = 0;
};

bool add_unit(IntervalParts& parts, std::int64_t count, std::string_view& text) {
    if (take(text, "year")) {
        parts.months += 12 * count;
    } else if (take(text, "mon")) {
        parts.months += count;
    } else if (take(text, "day")) {
        parts.days += count;
    } else {
        return false;
    }
    take(text, "s");
    return true;
}

// "3 days" or "-04:05:06.789".
bool take_interval_part(std::string_view& text, IntervalParts& parts) {
    const bool negative = take(text, "-");
    if (!negative) take(text, "+");
    const std::int64_t sign = negative ? -1 : 1;
    std::string_view clock = text;
    if (const auto micros = take_time(clock)) {
        parts.micros += sign * *micros;
        text = clock;
        return true;
    }
    const auto count = take_digits(text);
    return count && take(text, " ") && add_unit(parts, sign * *count, text);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> parse_uuid(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (const char c : text) {
        if (c == '-') continue;
        const int digit = hex_digit(c);
        if (digit < 0) return std::nullopt;
        if (high < 0) {
            high = digit;
        } else {
            bytes += static_cast<char>(high * 16 + digit);
            high = -1;
        }
    }
    if (bytes.size() != 16 || high >= 0) return std::nullopt;
    return bytes;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
    if (text == "infinity") return std::numeric_limits<std::int32_t>::max();
    if (text == "-infinity") return std::numeric_limits<std::int32_t>::min();
    auto date = take_date(text);
    if (!date) return std::nullopt;
    take_era(text, *date);
    if (!text.empty()) return std::nullopt;
    return days_of(date->year, date->month, date->day);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    const auto micros = take_time(text);
    return text.empty() ? micros : std::nullopt;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
    if (text == "infinity") return std::numeric_limits<std::int64_t>::max();
    if (text == "-infinity") return std::numeric_limits<std::int64_t>::min();
    auto date = take_date(text);
    if (!date) return std::nullopt;
    std::int64_t micros = 0;
    if (take(text, " ")) {
        const auto time = take_time(text);
        if (!time) return std::nullopt;
        const auto zone = take_zone(text);
        if (!zone) return std::nullopt;
        micros = *time - *zone * kMicrosPerSecond;
    }
    take_era(text, *date);
    if (!text.empty()) return std::nullopt;
    return days_of(date->year, date->month, date->day) * kMicrosPerDay + micros;
}

std::optional<std::string> parse_interval_message(std::string_view text) {
    IntervalParts parts;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        if (!take_interval_part(text, parts)) return std::nullopt;
        if (!text.empty() && !take(text, " ")) return std::nullopt;
    }
    std::string message;
    protozero::pbf_writer writer(message);
    if (parts.months != 0) writer.add_sint32(1, static_cast<std::int32_t>(parts.months));
    if (parts.days != 0) writer.add_sint32(2, static_cast<std::int32_t>(parts.days));
    if (parts.micros != 0) writer.add_sint64(3, parts.micros);
    return message;
}

}  // namespace penstock
