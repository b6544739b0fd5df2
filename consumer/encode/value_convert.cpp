#include "encode/value_convert.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kDateMax = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kDateMin = std::numeric_limits<std::int32_t>::min();
// A month is a twelfth of 365.25 days (io.debezium.time.MicroDuration).
constexpr std::int64_t kMicrosPerMonth = 2629800000000;
constexpr std::int64_t kDaysTo2000 = 10957;

std::int64_t floor_div(std::int64_t value, std::int64_t divisor) {
    const std::int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

struct IntervalValue {
    std::int64_t months = 0;
    std::int64_t days = 0;
    std::int64_t micros = 0;
};

bool read_interval(std::string_view message, IntervalValue& out) {
    try {
        protozero::pbf_reader reader(message.data(), message.size());
        while (reader.next()) {
            switch (reader.tag()) {
                case 1:
                    out.months = reader.get_sint32();
                    break;
                case 2:
                    out.days = reader.get_sint32();
                    break;
                case 3:
                    out.micros = reader.get_sint64();
                    break;
                default:
                    reader.skip();
            }
        }
        return true;
    } catch (const protozero::exception&) {
        return false;
    }
}

Outcome interval_micros(std::string_view message, std::int64_t& out) {
    IntervalValue interval;
    if (!read_interval(message, interval)) return Outcome::kInvalid;
    const Wide total = Wide{interval.months} * kMicrosPerMonth +
                       Wide{interval.days} * kMicrosPerDay + interval.micros;
    if (total > kMax || total < kMin) return Outcome::kUnrepresentable;
    out = static_cast<std::int64_t>(total);
    return Outcome::kDone;
}

std::int64_t date_days(std::int64_t days, const Infinities& infinity) {
    if (days == kDateMax) return infinity.date_max;
    return days == kDateMin ? infinity.date_min : days;
}

std::int64_t timestamp_micros(std::int64_t micros, const Infinities& infinity) {
    if (micros == kMax) return infinity.micros_max;
    return micros == kMin ? infinity.micros_min : micros;
}

std::int64_t timestamp_millis(std::int64_t micros, const Infinities& infinity) {
    if (micros == kMax) return infinity.millis_max;
    return micros == kMin ? infinity.millis_min : floor_div(micros, 1000);
}

Outcome timestamp_nanos(std::int64_t micros, std::int64_t& out) {
    if (micros == kMax || micros == kMin) {
        out = micros;
        return Outcome::kDone;
    }
    if (micros > kMax / 1000 || micros < kMin / 1000) return Outcome::kUnrepresentable;
    out = micros * 1000;
    return Outcome::kDone;
}

char* put_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

Outcome zoned_time(std::string_view text, char*& out) {
    const std::int64_t micros = parse_timetz(text);
    if (micros < 0) return Outcome::kInvalid;
    out = put_iso_time(out, micros, Fraction::kTrimmed);
    *out++ = 'Z';
    return Outcome::kDone;
}

Outcome interval_text(std::string_view message, char*& out) {
    IntervalValue interval;
    if (!read_interval(message, interval)) return Outcome::kInvalid;
    out = put_iso_interval(out, interval.months, interval.days, interval.micros);
    return Outcome::kDone;
}

char* put_upper_hex(char* out, std::uint64_t value) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value, 16);
    for (const char* at = digits; at != end.ptr; ++at) {
        *out++ = *at >= 'a' ? static_cast<char>(*at - 'a' + 'A') : *at;
    }
    return out;
}

char* put_lsn(char* out, std::uint64_t lsn) {
    out = put_upper_hex(out, lsn >> 32);
    *out++ = '/';
    return put_upper_hex(out, lsn & 0xFFFFFFFFU);
}

// The integer of a money value at the record's scale; false when digits would be lost.
bool money_unscaled(std::int64_t amount, int wire_scale, int scale, Wide& out) {
    out = amount;
    for (int i = wire_scale; i < scale; ++i) out *= 10;
    for (int i = scale; i < wire_scale; ++i) {
        if (out % 10 != 0) return false;
        out /= 10;
    }
    return out <= kMax && out >= kMin;
}

Outcome money_text(std::int64_t amount, int wire_scale, int scale, char*& out) {
    Wide unscaled = 0;
    if (!money_unscaled(amount, wire_scale, scale, unscaled)) return Outcome::kUnrepresentable;
    auto magnitude = static_cast<std::uint64_t>(unscaled < 0 ? -unscaled : unscaled);
    if (unscaled < 0) *out++ = '-';
    const auto& powers = text_number_detail::kPowersOfTen;
    if (static_cast<std::size_t>(scale) >= powers.size()) return Outcome::kUnrepresentable;
    const std::uint64_t unit = powers[static_cast<std::size_t>(scale)];
    out = put_unsigned(out, magnitude / unit);
    if (scale == 0) return Outcome::kDone;
    *out++ = '.';
    out = put_padded(out, magnitude % unit, scale);
    return Outcome::kDone;
}

Outcome bits_to_bytes(std::string_view bits, std::string& bytes) {
    bytes.assign((bits.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const char bit = bits[bits.size() - 1 - i];
        if (bit != '0' && bit != '1') return Outcome::kInvalid;
        if (bit == '1') {
            const auto set = static_cast<unsigned char>(bytes[i / 8]) | 1U << (i % 8);
            bytes[i / 8] = static_cast<char>(set);
        }
    }
    while (!bytes.empty() && bytes.back() == '\0') bytes.pop_back();
    return Outcome::kDone;
}

// Debezium's names of the numerics that are no numbers (SpecialValueDecimal).
std::string_view special_decimal_name(DecimalClass special) {
    switch (special) {
        case DecimalClass::kNaN:
            return "NAN";
        case DecimalClass::kInfinity:
            return "POSITIVE_INFINITY";
        default:
            return "NEGATIVE_INFINITY";
    }
}

void put_little_endian(char* out, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(bits >> (8 * i) & 0xFFU);
}

}  // namespace

Infinities infinities(const EncodeOptions& options) {
    Infinities infinity;
    // PgStatement.DATE_POSITIVE_INFINITY and DATE_NEGATIVE_INFINITY of pgjdbc, in each release's
    // own arithmetic.
    infinity.micros_max = 9223372036825200000;
    infinity.micros_min = -9223372036832400000;
    infinity.millis_max = infinity.micros_max / 1000;
    infinity.millis_min = infinity.micros_min / 1000;
    infinity.date_max = std::numeric_limits<std::int32_t>::max();
    infinity.date_min = std::numeric_limits<std::int32_t>::min();
    const bool latest = options.compat == DebeziumCompat::k37;
    if (latest) {
        infinity.millis_max = infinity.micros_max;
        infinity.millis_min = infinity.micros_min;
        infinity.micros_max = kMax;
        infinity.micros_min = kMin;
    }
    if (options.debezium_infinite_dates) {
        infinity.date_max = latest ? 2146033979 : -2147472692;
        infinity.date_min = -2147472691;
    }
    return infinity;
}

Outcome to_integer(const FieldValue& value, const ValueType& type, const ValueContext& context,
                   std::int64_t& out) {
    switch (type.form) {
        case ValueForm::kDate:
            out = date_days(value.integer(), context.infinity);
            return Outcome::kDone;
        case ValueForm::kTimeMillis:
            out = value.integer() / 1000;
            return Outcome::kDone;
        case ValueForm::kTimeNanos:
            out = value.integer() * 1000;
            return Outcome::kDone;
        case ValueForm::kTimestampMillis:
            out = timestamp_millis(value.integer(), context.infinity);
            return Outcome::kDone;
        case ValueForm::kTimestampMicros:
            out = timestamp_micros(value.integer(), context.infinity);
            return Outcome::kDone;
        case ValueForm::kTimestampNanos:
            return timestamp_nanos(value.integer(), out);
        case ValueForm::kIntervalMicros:
            return interval_micros(value.bytes, out);
        default:
            out = value.integer();
            return Outcome::kDone;
    }
}

Outcome to_double(const FieldValue& value, const ValueType& type, double& out) {
    switch (type.form) {
        case ValueForm::kDecimalDouble:
            return parse_double(value.bytes, out);
        case ValueForm::kMoneyDouble: {
            char text[kShortTextMax];
            char* end = text;
            const Outcome outcome =
                money_text(value.integer(), type.wire_scale, type.wire_scale, end);
            if (outcome != Outcome::kDone) return outcome;
            return parse_double({text, static_cast<std::size_t>(end - text)}, out);
        }
        default:
            out = std::bit_cast<double>(value.number);
            return Outcome::kDone;
    }
}

Outcome put_uuid_text(const FieldValue& value, char*& out) {
    if (value.bytes.size() != 16) return Outcome::kInvalid;
    out = put_uuid(out, value.bytes.data());
    return Outcome::kDone;
}

Outcome put_zoned_timestamp(std::int64_t micros, int digits, ValueContext& context, char*& out) {
    if (micros == kMax || micros == kMin) {
        out = put_text(out, micros == kMax ? "infinity" : "-infinity");
        return Outcome::kDone;
    }
    ValueContext::SecondText& last = context.second;
    const std::int64_t second = floor_div(micros, kMicrosPerSecond);
    if (last.second != second) {
        const Moment moment = moment_of(micros);
        char* end = put_iso_date(last.text, moment.days);
        *end++ = 'T';
        end = put_iso_time(end, moment.micros_of_day, Fraction::kFixed, 0);
        last.second = second;
        last.size = static_cast<std::size_t>(end - last.text);
    }
    std::memcpy(out, last.text, sizeof(last.text));
    out += last.size;
    out = put_iso_fraction(out, micros - second * kMicrosPerSecond, Fraction::kFixed, digits);
    *out++ = 'Z';
    return Outcome::kDone;
}

Outcome put_short_text(const FieldValue& value, const ValueType& type, ValueContext& context,
                       char*& out) {
    switch (type.form) {
        case ValueForm::kUuidText:
            return put_uuid_text(value, out);
        case ValueForm::kZonedTimestamp:
            return put_zoned_timestamp(value.integer(), type.digits, context, out);
        case ValueForm::kZonedTime:
            return zoned_time(value.bytes, out);
        case ValueForm::kUnsignedText:
            out = put_unsigned(out, value.number);
            return Outcome::kDone;
        case ValueForm::kLsnText:
            out = put_lsn(out, value.number);
            return Outcome::kDone;
        case ValueForm::kMoneyText:
        case ValueForm::kMoneyNumber:
            return money_text(value.integer(), type.wire_scale, type.scale, out);
        case ValueForm::kDateText:
            out = put_iso_date(out, date_days(value.integer(), context.infinity));
            *out++ = 'Z';
            return Outcome::kDone;
        case ValueForm::kTimeText:
            out = put_iso_time(out, value.integer(), Fraction::kTrimmed);
            *out++ = 'Z';
            return Outcome::kDone;
        case ValueForm::kTimestampText: {
            const auto micros = timestamp_micros(value.integer(), context.infinity);
            out = put_iso_timestamp(out, moment_of(micros), Fraction::kTrimmed);
            return Outcome::kDone;
        }
        case ValueForm::kIntervalText:
            return interval_text(value.bytes, out);
        default:
            return Outcome::kInvalid;
    }
}

Outcome to_text(const FieldValue& value, const ValueType& type, ValueContext& context,
                std::string_view& out) {
    out = value.bytes;
    if (type.form == ValueForm::kDecimalText) {
        const DecimalClass special = classify_decimal(value.bytes);
        if (special != DecimalClass::kFinite) out = special_decimal_name(special);
    } else if (type.form == ValueForm::kHstoreJson) {
        if (!context.hstore.parse(value.bytes)) return Outcome::kInvalid;
        out = context.hstore.to_json();
    }
    return Outcome::kDone;
}

Outcome to_bytes(const FieldValue& value, const ValueType& type, ValueContext& context,
                 std::string_view& out) {
    switch (type.form) {
        case ValueForm::kDecimal:
            if (classify_decimal(value.bytes) != DecimalClass::kFinite) {
                return Outcome::kUnrepresentable;
            }
            out = context.decimals.from_text(value.bytes, type.scale);
            return out.empty() ? Outcome::kInvalid : Outcome::kDone;
        case ValueForm::kMoney: {
            Wide unscaled = 0;
            if (!money_unscaled(value.integer(), type.wire_scale, type.scale, unscaled)) {
                return Outcome::kUnrepresentable;
            }
            out = context.decimals.from_integer(static_cast<std::int64_t>(unscaled));
            return Outcome::kDone;
        }
        case ValueForm::kBits: {
            const Outcome outcome = bits_to_bytes(value.bytes, context.scratch);
            out = context.scratch;
            return outcome;
        }
        default:
            out = value.bytes;
            return Outcome::kDone;
    }
}

Outcome to_variable_decimal(const FieldValue& value, ValueContext& context, VariableDecimal& out) {
    if (classify_decimal(value.bytes) != DecimalClass::kFinite) return Outcome::kUnrepresentable;
    out.scale = natural_scale(value.bytes);
    out.bytes = context.decimals.from_text(value.bytes, out.scale);
    return out.bytes.empty() ? Outcome::kInvalid : Outcome::kDone;
}

bool to_point(std::string_view text, PointValue& out) {
    const std::size_t comma = text.find(',');
    if (text.size() < 5 || comma == text.npos || text.front() != '(' || text.back() != ')') {
        return false;
    }
    const std::string_view x = text.substr(1, comma - 1);
    const std::string_view y = text.substr(comma + 1, text.size() - comma - 2);
    if (x.empty() || y.empty() || parse_double(x, out.x) != Outcome::kDone ||
        parse_double(y, out.y) != Outcome::kDone) {
        return false;
    }
    out = point_at(out.x, out.y);
    return true;
}

PointValue point_at(double x, double y) {
    PointValue point{x, y, {}};
    point.wkb[0] = 1;  // Little-endian,
    point.wkb[1] = 1;  // a point.
    put_little_endian(point.wkb + 5, x);
    put_little_endian(point.wkb + 13, y);
    return point;
}

Outcome parse_double(std::string_view text, double& out) {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end.ptr != text.data() + text.size()) return Outcome::kInvalid;
    if (end.ec == std::errc{}) {
        if (std::isnan(out)) out = std::numeric_limits<double>::quiet_NaN();
        return Outcome::kDone;
    }
    // Out of range: what Java makes of it, an infinity or a zero.
    const bool tiny = text.find("e-") != text.npos || text.find("0.") <= 1;
    const double magnitude = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    out = text[0] == '-' ? -magnitude : magnitude;
    return end.ec == std::errc::result_out_of_range ? Outcome::kDone : Outcome::kInvalid;
}

bool to_far_moment(std::string_view raw, Moment& out) {
    if (raw.size() != 8) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        bits |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    }
    out = moment_of(static_cast<std::int64_t>(bits));
    out.days += kDaysTo2000;
    return true;
}

Outcome far_moment_to_integer(const Moment& moment, const ValueType& type, std::int64_t& out) {
    if (type.form != ValueForm::kTimestampMillis) return Outcome::kUnrepresentable;
    out = moment.days * (kMicrosPerDay / 1000) + moment.micros_of_day / 1000;
    return Outcome::kDone;
}

Outcome put_far_moment_text(const Moment& moment, const ValueType& type, char*& out) {
    if (type.form == ValueForm::kTimestampText) {
        out = put_iso_timestamp(out, moment, Fraction::kTrimmed);
    } else if (type.form == ValueForm::kZonedTimestamp) {
        out = put_iso_timestamp(out, moment, Fraction::kFixed, type.digits);
    } else {
        return Outcome::kUnrepresentable;
    }
    return Outcome::kDone;
}

}  // namespace penstock
