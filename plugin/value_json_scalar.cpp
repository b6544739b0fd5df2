#include "pg.hpp"

#include <cmath>

#include "value_gather.hpp"
#include "value_json_scalar.hpp"

namespace penstock {

namespace {

template <typename Float>
void append_float(StringInfo out, Float value, int (*print)(Float, char*)) {
    if (std::isnan(value)) {
        appendStringInfoString(out, "\"NaN\"");
    } else if (std::isinf(value)) {
        appendStringInfoString(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
        char text[DOUBLE_SHORTEST_DECIMAL_LEN];
        print(value, text);
        appendStringInfoString(out, text);
    }
}

void append_hex(StringInfo out, const char* data, Size size) {
    constexpr char kHex[] = "0123456789abcdef";
    for (Size i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(data[i]);
        appendStringInfoChar(out, kHex[byte >> 4]);
        appendStringInfoChar(out, kHex[byte & 0x0F]);
    }
}

// Appends one code point as JSON's \\uXXXX, a pair of them beyond the basic plane.
void append_escape(StringInfo out, char32_t code) {
    if (code > 0xFFFF) {
        append_escape(out, 0xD800 + ((code - 0x10000) >> 10));
        append_escape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
        return;
    }
    appendStringInfo(out, "\\u%04x", static_cast<unsigned>(code));
}

// One byte of ASCII.
void append_ascii(StringInfo out, unsigned char byte) {
    constexpr char kNamed[] = "\b\f\n\r\t\"\\";
    constexpr char kLetters[] = "bfnrt\"\\";
    const void* named = byte != 0 ? memchr(kNamed, byte, sizeof(kNamed) - 1) : nullptr;
    if (named != nullptr) {
        appendStringInfoChar(out, '\\');
        appendStringInfoChar(out, kLetters[static_cast<const char*>(named) - kNamed]);
    } else if (byte < ' ') {
        append_escape(out, byte);
    } else {
        appendStringInfoChar(out, static_cast<char>(byte));
    }
}

bool needs_escape(unsigned char byte, bool ascii_only) noexcept {
    return byte < ' ' || byte == '"' || byte == '\\' || (ascii_only && byte >= 0x80);
}

}  // namespace

void append_json_float(StringInfo out, float value) {
    append_float(out, value, float_to_shortest_decimal_buf);
}

void append_json_double(StringInfo out, double value) {
    append_float(out, value, double_to_shortest_decimal_buf);
}

void append_json_bytes(StringInfo out, const char* data, Size size) {
    appendStringInfoString(out, "\"\\\\x");
    append_hex(out, data, size);
    appendStringInfoChar(out, '"');
}

void append_json_uuid(StringInfo out, const char* data) {
    constexpr Size kGroups[] = {4, 2, 2, 2, 6};
    char separator = '"';
    for (const Size group : kGroups) {
        appendStringInfoChar(out, separator);
        append_hex(out, data, group);
        data += group;
        separator = '-';
    }
    appendStringInfoChar(out, '"');
}

void append_json_date(StringInfo out, int64 days) {
    if (days == PG_INT32_MIN || days == PG_INT32_MAX) {
        appendStringInfoString(out, days > 0 ? "\"infinity\"" : "\"-infinity\"");
        return;
    }
    pg_tm broken_down = {};
    char text[MAXDATELEN + 1];
    j2date(static_cast<int>(days) - kEpochDays + POSTGRES_EPOCH_JDATE, &broken_down.tm_year,
           &broken_down.tm_mon, &broken_down.tm_mday);
    EncodeDateOnly(&broken_down, USE_XSD_DATES, text);
    appendStringInfo(out, "\"%s\"", text);
}

void append_json_time(StringInfo out, int64 microseconds) {
    pg_tm broken_down = {};
    fsec_t fraction = 0;
    char text[MAXDATELEN + 1];
    time2tm(microseconds, &broken_down, &fraction);
    EncodeTimeOnly(&broken_down, fraction, false, 0, USE_XSD_DATES, text);
    appendStringInfo(out, "\"%s\"", text);
}

void append_json_timestamp(StringInfo out, int64 microseconds, bool utc) {
    if (microseconds == PG_INT64_MIN || microseconds == PG_INT64_MAX) {
        appendStringInfoString(out, microseconds > 0 ? "\"infinity\"" : "\"-infinity\"");
        return;
    }
    pg_tm broken_down = {};
    fsec_t fraction = 0;
    char text[MAXDATELEN + 1];
    if (timestamp2tm(microseconds - kEpochMicroseconds, nullptr, &broken_down, &fraction, nullptr,
                     nullptr) != 0) {
        appendStringInfoString(out, "null");
        return;
    }
    broken_down.tm_isdst = 0;  // Below zero it means that no zone is known.
    EncodeDateTime(&broken_down, fraction, utc, 0, nullptr, USE_XSD_DATES, text);
    appendStringInfo(out, "\"%s\"", text);
}

void append_json_money(StringInfo out, int64 units, int fraction_digits) {
    const uint64 magnitude =
        units < 0 ? 0 - static_cast<uint64>(units) : static_cast<uint64>(units);
    uint64 divisor = 1;
    for (int i = 0; i < fraction_digits; ++i) {
        divisor *= 10;
    }
    appendStringInfo(out, "\"%s" UINT64_FORMAT, units < 0 ? "-" : "", magnitude / divisor);
    if (fraction_digits > 0) {
        appendStringInfo(out, ".%0*llu", fraction_digits,
                         static_cast<unsigned long long>(magnitude % divisor));
    }
    appendStringInfoChar(out, '"');
}

void append_json_string(StringInfo out, const char* data, Size size) {
    const bool ascii_only = GetDatabaseEncoding() != PG_UTF8;
    const char* const end = data + size;
    appendStringInfoChar(out, '"');
    while (data < end) {
        const char* plain = data;
        while (data < end && !needs_escape(static_cast<unsigned char>(*data), ascii_only)) {
            ++data;
        }
        appendBinaryStringInfo(out, plain, static_cast<int>(data - plain));
        if (data == end) {
            break;
        }
        const auto* at = reinterpret_cast<const unsigned char*>(data);
        if (*at < 0x80) {
            append_ascii(out, *at);
            ++data;
        } else {
            append_escape(out, utf8_to_unicode(at));
            data += pg_utf_mblen(at);
        }
    }
    appendStringInfoChar(out, '"');
}

}  // namespace penstock
