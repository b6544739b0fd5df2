// From a value on the wire to the value of a record, without the format: integers, doubles, texts,
// bytes. One function per ValueForm, so that JSON and Avro cannot disagree. None of them writes
// anything; a format writes only after it was told kDone.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "encode/decimal.hpp"
#include "encode/encode_options.hpp"
#include "encode/hstore_text.hpp"
#include "encode/row.hpp"
#include "encode/text_time.hpp"
#include "encode/value_type.hpp"

namespace penstock {

enum class Outcome : std::uint8_t {
    kDone,
    kUnrepresentable,  // A right value that the form cannot hold.
    kInvalid,          // No value of this kind at all: the frame is broken.
};

// What Debezium writes for the infinities of dates and timestamps without time zone.
struct Infinities {
    std::int64_t micros_max = 0;
    std::int64_t micros_min = 0;
    std::int64_t millis_max = 0;
    std::int64_t millis_min = 0;
    std::int32_t date_max = 0;
    std::int32_t date_min = 0;
};

Infinities infinities(const EncodeOptions& options);

// What the conversions of one encoder share. Not for two threads.
struct ValueContext {
    // The second last written as text: neighbouring rows have neighbouring times.
    struct SecondText {
        std::int64_t second = std::numeric_limits<std::int64_t>::min();  // Since 1970.
        std::size_t size = 0;
        char text[kTimeTextMax] = {};
    };

    explicit ValueContext(const EncodeOptions& options)
        : infinity(infinities(options)), unrepresentable(options.unrepresentable) {}

    Infinities infinity;
    UnrepresentableValues unrepresentable;
    bool nested_arrays = true;    // Whether the format has a place for more than one dimension.
    std::vector<double> numbers;  // Of one geometric value or vector.
    DecimalBytes decimals;
    HstoreText hstore;
    std::string scratch;
    SecondText second;
};

// Integers of kInt16, kInt32, kInt64, kDate, kTime*, kTimestampMillis/Micros/Nanos,
// kIntervalMicros.
Outcome to_integer(const FieldValue& value, const ValueType& type, const ValueContext& context,
                   std::int64_t& out);

// kDouble, kDecimalDouble, kMoneyDouble.
Outcome to_double(const FieldValue& value, const ValueType& type, double& out);

// Room that put_short_text wants.
inline constexpr std::size_t kShortTextMax = 96;

// kUuidText, kUnsignedText, kLsnText, kMoneyText, kDateText, kTimeText, kTimestampText,
// kZonedTimestamp, kZonedTime, kIntervalText: printable ASCII that needs no escape. Moves `out` to
// one past the last byte.
Outcome put_short_text(const FieldValue& value, const ValueType& type, ValueContext& context,
                       char*& out);
// The frequent ones, apart.
Outcome put_uuid_text(const FieldValue& value, char*& out);
Outcome put_zoned_timestamp(std::int64_t micros, int digits, ValueContext& context, char*& out);

// kString, kDecimalText, kHstoreJson: UTF-8 of any length.
Outcome to_text(const FieldValue& value, const ValueType& type, ValueContext& context,
                std::string_view& out);

// kDecimal, kMoney, kBytes, kBits. Good until the next call with this context.
Outcome to_bytes(const FieldValue& value, const ValueType& type, ValueContext& context,
                 std::string_view& out);

// kVariableDecimal.
struct VariableDecimal {
    std::int32_t scale = 0;
    std::string_view bytes;
};
Outcome to_variable_decimal(const FieldValue& value, ValueContext& context, VariableDecimal& out);

// kPoint. `wkb`: well-known binary of the point, little-endian.
struct PointValue {
    double x = 0;
    double y = 0;
    char wkb[21] = {};
};
bool to_point(std::string_view text, PointValue& out);
PointValue point_at(double x, double y);

// Text of a float8 as the server prints it. `text` is not empty.
Outcome parse_double(std::string_view text, double& out);

// The moment of a timestamp that PostgreSQL can hold and 64 bits of microseconds since 1970 cannot:
// `raw` is what the plugin sends along with kOutOfRange, little-endian microseconds since
// 2000-01-01. False when it is nothing of the kind.
bool to_far_moment(std::string_view raw, Moment& out);

// A far moment in the forms that have room for it (kTimestampMillis, kTimestampText,
// kZonedTimestamp).
Outcome far_moment_to_integer(const Moment& moment, const ValueType& type, std::int64_t& out);
Outcome put_far_moment_text(const Moment& moment, const ValueType& type, char*& out);

}  // namespace penstock
