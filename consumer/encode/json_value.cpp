#include "encode/json_value.hpp"

#include <bit>
#include <cstring>

#include "encode/array_reader.hpp"
#include "encode/json_struct.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

Outcome put_boolean(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    out.ensure(8);
    const bool truth = value.number != 0;
    std::memcpy(out.at(), truth ? "true\0\0\0" : "false\0\0", 8);
    out.advance(out.at() + (truth ? 4 : 5));
    return Outcome::kDone;
}

Outcome put_plain_integer(ByteWriter& out, const FieldValue& value, const ValueType&,
                          ValueContext&) {
    out.ensure(kIntegerTextMax);
    out.advance(put_signed(out.at(), value.integer()));
    return Outcome::kDone;
}

Outcome put_integer(ByteWriter& out, const FieldValue& value, const ValueType& type,
                    ValueContext& context) {
    std::int64_t integer = 0;
    const Outcome outcome = to_integer(value, type, context, integer);
    if (outcome != Outcome::kDone) return outcome;
    out.ensure(kIntegerTextMax);
    out.advance(put_signed(out.at(), integer));
    return Outcome::kDone;
}

Outcome put_float(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    out.ensure(kDoubleTextMax);
    const auto bits = static_cast<std::uint32_t>(value.number);
    out.advance(put_java_float(out.at(), std::bit_cast<float>(bits)));
    return Outcome::kDone;
}

Outcome put_double(ByteWriter& out, const FieldValue& value, const ValueType& type, ValueContext&) {
    double number = 0;
    const Outcome outcome = to_double(value, type, number);
    if (outcome != Outcome::kDone) return outcome;
    out.ensure(kDoubleTextMax);
    out.advance(put_java_double(out.at(), number));
    return Outcome::kDone;
}

Outcome put_string(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    put_json_string(out, value.bytes);
    return Outcome::kDone;
}

Outcome put_long_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                      ValueContext& context) {
    std::string_view text;
    const Outcome outcome = to_text(value, type, context, text);
    if (outcome != Outcome::kDone) return outcome;
    put_json_string(out, text);
    return Outcome::kDone;
}

Outcome put_quoted_uuid(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    out.ensure(kUuidTextSize + 2);
    char* end = out.at();
    *end++ = '"';
    const Outcome outcome = put_uuid_text(value, end);
    if (outcome != Outcome::kDone) return outcome;
    *end++ = '"';
    out.advance(end);
    return Outcome::kDone;
}

Outcome put_quoted_timestamp(ByteWriter& out, const FieldValue& value, const ValueType& type,
                             ValueContext& context) {
    out.ensure(kShortTextMax + 2);
    char* end = out.at();
    *end++ = '"';
    const Outcome outcome = put_zoned_timestamp(value.integer(), type.digits, context, end);
    *end++ = '"';
    out.advance(end);
    return outcome;
}

Outcome put_quoted(ByteWriter& out, const FieldValue& value, const ValueType& type,
                   ValueContext& context) {
    out.ensure(kShortTextMax + 2);
    char* end = out.at();
    *end++ = '"';
    const Outcome outcome = put_short_text(value, type, context, end);
    if (outcome != Outcome::kDone) return outcome;
    *end++ = '"';
    out.advance(end);
    return Outcome::kDone;
}

// A number with as many digits behind the point as the column has.
Outcome put_decimal_number(ByteWriter& out, const FieldValue& value, const ValueType& type,
                           ValueContext&) {
    if (classify_decimal(value.bytes) != DecimalClass::kFinite) return Outcome::kUnrepresentable;
    out.put(value.bytes);
    const std::size_t point = value.bytes.find('.');
    const bool whole = point == std::string_view::npos;
    const int digits = whole ? 0 : static_cast<int>(value.bytes.size() - point - 1);
    if (type.scale > digits && whole) out.put('.');
    for (int i = digits; i < type.scale; ++i) out.put('0');
    return Outcome::kDone;
}

Outcome put_money_number(ByteWriter& out, const FieldValue& value, const ValueType& type,
                         ValueContext& context) {
    out.ensure(kShortTextMax);
    char* end = out.at();
    const Outcome outcome = put_short_text(value, type, context, end);
    if (outcome == Outcome::kDone) out.advance(end);
    return outcome;
}

Outcome put_encoded_bytes(ByteWriter& out, const FieldValue& value, const ValueType& type,
                          ValueContext& context) {
    std::string_view bytes;
    const Outcome outcome = to_bytes(value, type, context, bytes);
    if (outcome != Outcome::kDone) return outcome;
    out.ensure(base64_size(bytes.size()) + 2);
    out.put('"');
    put_base64(out, bytes);
    out.put('"');
    return Outcome::kDone;
}

Outcome put_bytes_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                       ValueContext&) {
    out.put('"');
    if (type.form == ValueForm::kBytesHex) {
        put_hex(out, value.bytes);
    } else {
        const bool url_safe = type.form == ValueForm::kBytesBase64UrlSafe;
        put_base64(out, value.bytes,
                   url_safe ? Base64Alphabet::kUrlSafe : Base64Alphabet::kStandard);
    }
    out.put('"');
    return Outcome::kDone;
}

Outcome put_map(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext& context) {
    if (!context.hstore.parse(value.bytes)) return Outcome::kInvalid;
    out.put('{');
    bool first = true;
    for (const HstoreText::Pair& pair : context.hstore.pairs()) {
        if (!first) out.put(',');
        first = false;
        put_json_string(out, pair.key);
        out.put(':');
        if (pair.is_null) {
            out.put("null");
        } else {
            put_json_string(out, pair.value);
        }
    }
    out.put('}');
    return Outcome::kDone;
}

JsonWriter scalar_writer(ValueForm form) {
    switch (form) {
        case ValueForm::kBoolean:
            return put_boolean;
        case ValueForm::kInt16:
        case ValueForm::kInt32:
        case ValueForm::kInt64:
        case ValueForm::kTimeMicros:
            return put_plain_integer;
        case ValueForm::kFloat:
            return put_float;
        case ValueForm::kDouble:
        case ValueForm::kDecimalDouble:
        case ValueForm::kMoneyDouble:
            return put_double;
        case ValueForm::kString:
            return put_string;
        case ValueForm::kDecimalText:
        case ValueForm::kHstoreJson:
            return put_long_text;
        case ValueForm::kDecimal:
        case ValueForm::kMoney:
        case ValueForm::kBytes:
        case ValueForm::kBits:
            return put_encoded_bytes;
        case ValueForm::kBytesBase64:
        case ValueForm::kBytesBase64UrlSafe:
        case ValueForm::kBytesHex:
            return put_bytes_text;
        case ValueForm::kDecimalNumber:
            return put_decimal_number;
        case ValueForm::kMoneyNumber:
            return put_money_number;
        case ValueForm::kHstoreMap:
            return put_map;
        case ValueForm::kDate:
        case ValueForm::kTimeMillis:
        case ValueForm::kTimeNanos:
        case ValueForm::kTimestampMillis:
        case ValueForm::kTimestampMicros:
        case ValueForm::kTimestampNanos:
        case ValueForm::kIntervalMicros:
            return put_integer;
        case ValueForm::kUuidText:
            return put_quoted_uuid;
        case ValueForm::kZonedTimestamp:
            return put_quoted_timestamp;
        default: {
            const JsonWriter of_struct = json_struct_writer(form);
            return of_struct != nullptr ? of_struct : put_quoted;
        }
    }
}

// bit(1): "0" or "1"; an empty varbit(1) is neither.
Outcome put_bit_flag(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    if (value.bytes.empty()) return Outcome::kUnrepresentable;
    if (value.bytes != "0" && value.bytes != "1") return Outcome::kInvalid;
    out.put(value.bytes == "1" ? std::string_view("true") : std::string_view("false"));
    return Outcome::kDone;
}

JsonWriter element_writer(ValueForm form) {
    return form == ValueForm::kBitFlag ? put_bit_flag : scalar_writer(form);
}

// How many dimensions begin (`index` elements are written) or end there, but for the outermost.
std::size_t inner_borders(const ArrayReader& array, std::size_t index) {
    std::size_t borders = 0;
    std::size_t stride = 1;
    for (std::size_t i = array.dimensions(); i-- > 1;) {
        stride *= array.dimension(i);
        if (index % stride == 0) ++borders;
    }
    return borders;
}

void put_repeated(ByteWriter& out, std::size_t count, char c) {
    for (std::size_t i = 0; i < count; ++i) out.put(c);
}

Outcome put_element(ByteWriter& out, ArrayReader& array, const ValueType& type,
                    ValueContext& context) {
    FieldValue element;
    bool is_null = false;
    if (!array.next(element, is_null)) return Outcome::kInvalid;
    if (!is_null) {
        const Outcome outcome = element_writer(type.form)(out, element, type, context);
        if (outcome != Outcome::kUnrepresentable) return outcome;
        if (context.unrepresentable == UnrepresentableValues::kStop) return outcome;
    }
    out.put("null");
    return Outcome::kDone;
}

Outcome put_array(ByteWriter& out, const FieldValue& value, const ValueType& type,
                  ValueContext& context) {
    ArrayReader array;
    if (!array.open(value.bytes, type.kind)) return Outcome::kInvalid;
    if (array.dimensions() > 1 && !context.nested_arrays) return Outcome::kUnrepresentable;
    out.put('[');
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i != 0) out.put(',');
        put_repeated(out, inner_borders(array, i), '[');
        const Outcome outcome = put_element(out, array, type, context);
        if (outcome != Outcome::kDone) return outcome;
        put_repeated(out, inner_borders(array, i + 1), ']');
    }
    out.put(']');
    return Outcome::kDone;
}

std::string written(void (*put)(ByteWriter&, std::string_view), std::string_view bytes) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    writer.put('"');
    put(writer, bytes);
    writer.put('"');
    writer.finish();
    return std::string(buffer.bytes());
}

std::string scalar_placeholder(const ValueType& type, std::string_view placeholder) {
    switch (type.form) {
        case ValueForm::kString:
        case ValueForm::kHstoreJson:
            return written(put_json_escaped, placeholder);
        case ValueForm::kBytes:
        case ValueForm::kBytesBase64:
            return written([](ByteWriter& out, std::string_view bytes) { put_base64(out, bytes); },
                           placeholder);
        case ValueForm::kBytesBase64UrlSafe:
            return written(
                [](ByteWriter& out, std::string_view bytes) {
                    put_base64(out, bytes, Base64Alphabet::kUrlSafe);
                },
                placeholder);
        case ValueForm::kBytesHex:
            return written(put_hex, placeholder);
        case ValueForm::kHstoreMap: {
            const std::string word = written(put_json_escaped, placeholder);
            return "{" + word + ":" + word + "}";
        }
        default:
            return {};
    }
}

bool holds_byte_codes(ValueForm form) {
    return form == ValueForm::kInt16 || form == ValueForm::kInt32 || form == ValueForm::kInt64 ||
           form == ValueForm::kDate;
}

// Debezium fills an array of integers with the codes of the placeholder's bytes.
std::string byte_codes(std::string_view placeholder) {
    std::string codes = "[";
    for (const char c : placeholder) {
        if (codes.size() > 1) codes += ',';
        codes += std::to_string(static_cast<unsigned char>(c));
    }
    return codes + "]";
}

// Decimal digits of zero at a scale, as BigDecimal writes it.
std::string zero_digits(int scale) {
    if (scale <= 0) return "0";
    return "0." + std::string(static_cast<std::size_t>(scale), '0');
}

}  // namespace

JsonWriter json_writer(const ValueType& type) {
    return type.array ? put_array : element_writer(type.form);
}

Outcome put_json_far_moment(ByteWriter& out, std::string_view raw, const ValueType& type) {
    Moment moment;
    if (type.array || !to_far_moment(raw, moment)) return Outcome::kUnrepresentable;
    std::int64_t integer = 0;
    out.ensure(kShortTextMax + 2);
    char* end = out.at();
    if (far_moment_to_integer(moment, type, integer) == Outcome::kDone) {
        out.advance(put_signed(end, integer));
        return Outcome::kDone;
    }
    *end++ = '"';
    const Outcome outcome = put_far_moment_text(moment, type, end);
    if (outcome != Outcome::kDone) return outcome;
    *end++ = '"';
    out.advance(end);
    return Outcome::kDone;
}

std::string json_placeholder(const ValueType& type, std::string_view placeholder) {
    if (!type.array) return scalar_placeholder(type, placeholder);
    if (holds_byte_codes(type.form)) return byte_codes(placeholder);
    const std::string element = scalar_placeholder(type, placeholder);
    return element.empty() ? element : "[" + element + "]";
}

std::string json_zero(const ValueType& type) {
    if (type.array) return "[]";
    if (std::string zero = json_struct_zero(type); !zero.empty()) return zero;
    switch (type.form) {
        case ValueForm::kBoolean:
        case ValueForm::kBitFlag:
            return "false";
        case ValueForm::kFloat:
        case ValueForm::kDouble:
        case ValueForm::kDecimalDouble:
        case ValueForm::kMoneyDouble:
            return "0.0";
        case ValueForm::kDecimal:
        case ValueForm::kMoney:
            return "\"AA==\"";
        case ValueForm::kDecimalText:
        case ValueForm::kMoneyText:
            return "\"" + zero_digits(type.scale) + "\"";
        case ValueForm::kDecimalNumber:
        case ValueForm::kMoneyNumber:
            return zero_digits(type.scale);
        case ValueForm::kZonedTimestamp:
        case ValueForm::kTimestampText:
            return "\"1970-01-01T00:00:00Z\"";
        case ValueForm::kDateText:
            return "\"1970-01-01Z\"";
        case ValueForm::kTimeText:
        case ValueForm::kZonedTime:
            return "\"00:00:00Z\"";
        case ValueForm::kIntervalText:
            return "\"P0Y0M0DT0H0M0S\"";
        case ValueForm::kHstoreMap:
            return "{}";
        default:
            return type.connect == ConnectKind::kString || type.connect == ConnectKind::kBytes
                       ? "\"\""
                       : "0";
    }
}

}  // namespace penstock
