#include "encode/text_time.hpp"

#include "encode/text_number.hpp"

namespace penstock {
namespace {

constexpr std::int64_t kDaysPerEra = 146097;  // 400 years.
constexpr std::int64_t kDaysTo1970 = 719468;  // From 0000-03-01.

struct CivilDate {
    std::int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
};

// Counts years from March on, so that the leap day is the last of its year.
CivilDate civil_of(std::int64_t days) {
    days += kDaysTo1970;
    const std::int64_t era = (days >= 0 ? days : days - (kDaysPerEra - 1)) / kDaysPerEra;
    const auto day_of_era = static_cast<unsigned>(days - era * kDaysPerEra);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted_month = (5 * day_of_year + 2) / 153;
    CivilDate date;
    date.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    date.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    date.year = static_cast<std::int64_t>(year_of_era) + era * 400 + (date.month <= 2 ? 1 : 0);
    return date;
}

char* put_year(char* out, std::int64_t year) {
    if (year < 0) {
        *out++ = '-';
        year = -year;
    } else if (year > 9999) {
        *out++ = '+';
    }
    const auto magnitude = static_cast<std::uint64_t>(year);
    return year > 9999 ? put_unsigned(out, magnitude) : put_padded(out, magnitude, 4);
}

char* put_two(char* out, std::int64_t below_100) {
    return text_number_detail::put_pair(out, static_cast<std::uint64_t>(below_100));
}

char* put_part(char* out, std::int64_t value, char unit) {
    out = put_signed(out, value);
    *out++ = unit;
    return out;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Two digits at `at`, -1 when there are none.
std::int64_t two_digits(std::string_view text, std::size_t at) {
    if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// Seconds east of UTC of "+02", "-05:30", "+15:59:59"; `good` says whether it is one.
std::int64_t parse_zone(std::string_view zone, bool& good) {
    good = false;
    if (zone.empty() || (zone[0] != '+' && zone[0] != '-')) return 0;
    std::int64_t seconds = 0;
    std::int64_t unit = 3600;
    for (std::size_t at = 1; at < zone.size(); at += 3) {
        const std::int64_t part = two_digits(zone, at);
        if (part < 0 || unit == 0 || (at > 1 && zone[at - 1] != ':')) return 0;
        seconds += part * unit;
        unit /= 60;
    }
    good = zone.size() >= 3;
    return zone[0] == '-' ? -seconds : seconds;
}

// Reads ".123" at `at`; moves `at` past it.
std::int64_t parse_micros(std::string_view text, std::size_t& at) {
    std::int64_t micros = 0;
    std::int64_t unit = kMicrosPerSecond / 10;
    if (at >= text.size() || text[at] != '.') return 0;
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
        micros += (text[at] - '0') * unit;
        unit /= 10;
    }
    return micros;
}

}  // namespace

Moment moment_of(std::int64_t micros_since_1970) {
    Moment moment;
    moment.days = micros_since_1970 / kMicrosPerDay;
    moment.micros_of_day = micros_since_1970 % kMicrosPerDay;
    if (moment.micros_of_day < 0) {
        moment.micros_of_day += kMicrosPerDay;
        --moment.days;
    }
    return moment;
}

char* put_iso_date(char* out, std::int64_t days) {
    const CivilDate date = civil_of(days);
    out = put_year(out, date.year);
    *out++ = '-';
    out = put_two(out, date.month);
    *out++ = '-';
    return put_two(out, date.day);
}

char* put_iso_fraction(char* out, std::int64_t micros, Fraction fraction, int digits) {
    if (fraction == Fraction::kTrimmed) {
        if (micros == 0) return out;
        digits = 6;
    }
    if (digits <= 0) return out;
    *out++ = '.';
    char* end = put_padded(out, static_cast<std::uint64_t>(micros), 6);
    if (fraction == Fraction::kFixed) return out + (digits < 6 ? digits : 6);
    while (end[-1] == '0') --end;
    return end;
}

char* put_iso_time(char* out, std::int64_t micros, Fraction fraction, int digits) {
    const auto seconds = static_cast<std::uint32_t>(micros / kMicrosPerSecond);
    out = put_two(out, seconds / 3600);
    *out++ = ':';
    out = put_two(out, seconds / 60 % 60);
    *out++ = ':';
    out = put_two(out, seconds % 60);
    return put_iso_fraction(out, micros % kMicrosPerSecond, fraction, digits);
}

char* put_iso_timestamp(char* out, const Moment& moment, Fraction fraction, int digits) {
    out = put_iso_date(out, moment.days);
    *out++ = 'T';
    out = put_iso_time(out, moment.micros_of_day, fraction, digits);
    *out++ = 'Z';
    return out;
}

char* put_iso_interval(char* out, std::int64_t months, std::int64_t days, std::int64_t micros) {
    const std::int64_t seconds = micros / kMicrosPerSecond;
    const std::int64_t rest = micros % kMicrosPerSecond;
    *out++ = 'P';
    out = put_part(out, months / 12, 'Y');
    out = put_part(out, months % 12, 'M');
    out = put_part(out, days, 'D');
    *out++ = 'T';
    out = put_part(out, seconds / 3600, 'H');
    out = put_part(out, seconds / 60 % 60, 'M');
    const std::int64_t last = seconds % 60;
    if (last == 0 && rest < 0) *out++ = '-';
    out = put_signed(out, last);
    out = put_iso_fraction(out, rest < 0 ? -rest : rest, Fraction::kTrimmed, 6);
    *out++ = 'S';
    return out;
}

std::int64_t parse_timetz(std::string_view text) {
    const std::int64_t hours = two_digits(text, 0);
    const std::int64_t minutes = two_digits(text, 3);
    const std::int64_t seconds = two_digits(text, 6);
    if (hours < 0 || minutes < 0 || seconds < 0 || text[2] != ':' || text[5] != ':') return -1;
    std::size_t at = 8;
    std::int64_t micros = ((hours * 60 + minutes) * 60 + seconds) * kMicrosPerSecond;
    micros += parse_micros(text, at);
    bool good = false;
    micros -= parse_zone(text.substr(at), good) * kMicrosPerSecond;
    if (!good) return -1;
    if (micros < 0) return micros + kMicrosPerDay;
    return micros > kMicrosPerDay ? micros - kMicrosPerDay : micros;
}

}  // namespace penstock
