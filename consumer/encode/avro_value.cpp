#include "encode/avro_value.hpp"

#include <bit>

#include "encode/array_reader.hpp"
#include "encode/avro_struct.hpp"
#include "encode/json_value.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

void put_long(ByteWriter& out, std::int64_t value) {
    out.ensure(kAvroLongMax);
    out.advance(put_avro_long(out.at(), value));
}

template <class Number>
char* put_little_endian(char* out, Number bits) {
    for (std::size_t i = 0; i < sizeof(bits); ++i) *out++ = static_cast<char>(bits >> (8 * i));
    return out;
}

void put_eight(ByteWriter& out, double value) {
    out.ensure(8);
    out.advance(put_little_endian(out.at(), std::bit_cast<std::uint64_t>(value)));
}

Outcome put_boolean(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    out.put(value.number != 0 ? '\1' : '\0');
    return Outcome::kDone;
}

// bit(1): "0" or "1"; an empty varbit(1) is neither.
Outcome put_bit_flag(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    if (value.bytes.empty()) return Outcome::kUnrepresentable;
    if (value.bytes != "0" && value.bytes != "1") return Outcome::kInvalid;
    out.put(value.bytes == "1" ? '\1' : '\0');
    return Outcome::kDone;
}

Outcome put_plain_integer(ByteWriter& out, const FieldValue& value, const ValueType&,
                          ValueContext&) {
    put_long(out, value.integer());
    return Outcome::kDone;
}

Outcome put_integer(ByteWriter& out, const FieldValue& value, const ValueType& type,
                    ValueContext& context) {
    std::int64_t integer = 0;
    const Outcome outcome = to_integer(value, type, context, integer);
    if (outcome == Outcome::kDone) put_long(out, integer);
    return outcome;
}

Outcome put_float(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    out.ensure(4);
    out.advance(put_little_endian(out.at(), static_cast<std::uint32_t>(value.number)));
    return Outcome::kDone;
}

Outcome put_double(ByteWriter& out, const FieldValue& value, const ValueType& type, ValueContext&) {
    double number = 0;
    const Outcome outcome = to_double(value, type, number);
    if (outcome == Outcome::kDone) put_eight(out, number);
    return outcome;
}

Outcome put_string(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    put_avro_bytes(out, value.bytes);
    return Outcome::kDone;
}

Outcome put_long_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                      ValueContext& context) {
    std::string_view text;
    const Outcome outcome = to_text(value, type, context, text);
    if (outcome == Outcome::kDone) put_avro_bytes(out, text);
    return outcome;
}

Outcome put_bytes(ByteWriter& out, const FieldValue& value, const ValueType& type,
                  ValueContext& context) {
    std::string_view bytes;
    const Outcome outcome = to_bytes(value, type, context, bytes);
    if (outcome == Outcome::kDone) put_avro_bytes(out, bytes);
    return outcome;
}

// Bytes that travel as text, whose size is known before it is written.
Outcome put_bytes_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                       ValueContext&) {
    const bool hex = type.form == ValueForm::kBytesHex;
    const std::size_t size = hex ? 2 * value.bytes.size() : base64_size(value.bytes.size());
    put_long(out, static_cast<std::int64_t>(size));
    if (hex) {
        put_hex(out, value.bytes);
    } else {
        const bool url_safe = type.form == ValueForm::kBytesBase64UrlSafe;
        put_base64(out, value.bytes,
                   url_safe ? Base64Alphabet::kUrlSafe : Base64Alphabet::kStandard);
    }
    return Outcome::kDone;
}

// A text up to kShortTextMax, written behind the place of its length. `write` moves its argument
// to one past the last byte.
template <class Write>
Outcome put_short(ByteWriter& out, Write write) {
    constexpr std::size_t kOneByteLength = 63;
    out.ensure(kShortTextMax + 2);
    char* const begin = out.at();
    char* end = begin + 1;
    const Outcome outcome = write(end);
    if (outcome != Outcome::kDone) return outcome;
    const auto size = static_cast<std::size_t>(end - begin - 1);
    if (size > kOneByteLength) {
        std::memmove(begin + 2, begin + 1, size);
        ++end;
    }
    put_avro_long(begin, static_cast<std::int64_t>(size));
    out.advance(end);
    return Outcome::kDone;
}

Outcome put_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                 ValueContext& context) {
    return put_short(out, [&](char*& end) { return put_short_text(value, type, context, end); });
}

Outcome put_timestamp_text(ByteWriter& out, const FieldValue& value, const ValueType& type,
                           ValueContext& context) {
    return put_short(out, [&](char*& end) {
        return put_zoned_timestamp(value.integer(), type.digits, context, end);
    });
}

Outcome put_uuid(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    return put_short(out, [&](char*& end) { return put_uuid_text(value, end); });
}

Outcome put_map(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext& context) {
    if (!context.hstore.parse(value.bytes)) return Outcome::kInvalid;
    const auto& pairs = context.hstore.pairs();
    if (!pairs.empty()) put_long(out, static_cast<std::int64_t>(pairs.size()));
    for (const HstoreText::Pair& pair : pairs) {
        put_avro_bytes(out, pair.key);
        if (pair.is_null) {
            out.put(kAvroNull);
        } else {
            out.put(kAvroPresent);
            put_avro_bytes(out, pair.value);
        }
    }
    put_long(out, 0);
    return Outcome::kDone;
}

AvroWriter scalar_writer(ValueForm form) {
    switch (form) {
        case ValueForm::kBoolean:
            return put_boolean;
        case ValueForm::kBitFlag:
            return put_bit_flag;
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
            return put_bytes;
        case ValueForm::kBytesBase64:
        case ValueForm::kBytesBase64UrlSafe:
        case ValueForm::kBytesHex:
            return put_bytes_text;
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
            return put_uuid;
        case ValueForm::kZonedTimestamp:
            return put_timestamp_text;
        default: {
            const AvroWriter of_struct = avro_struct_writer(form);
            return of_struct != nullptr ? of_struct : put_text;
        }
    }
}

Outcome put_element(ByteWriter& out, ArrayReader& array, AvroWriter write, const ValueType& type,
                    ValueContext& context) {
    FieldValue element;
    bool is_null = false;
    if (!array.next(element, is_null)) return Outcome::kInvalid;
    out.put(is_null ? kAvroNull : kAvroPresent);
    if (is_null) return Outcome::kDone;
    const Outcome outcome = write(out, element, type, context);
    if (outcome != Outcome::kUnrepresentable) return outcome;
    if (context.unrepresentable == UnrepresentableValues::kStop) return outcome;
    out.at()[-1] = kAvroNull;
    return Outcome::kDone;
}

// One block of all elements, and the end. A schema has one level, so that more dimensions have no
// place.
Outcome put_array(ByteWriter& out, const FieldValue& value, const ValueType& type,
                  ValueContext& context) {
    ArrayReader array;
    if (!array.open(value.bytes, type.kind)) return Outcome::kInvalid;
    if (array.dimensions() > 1) return Outcome::kUnrepresentable;
    const AvroWriter write = scalar_writer(type.form);
    if (array.size() > 0) put_long(out, static_cast<std::int64_t>(array.size()));
    for (std::size_t i = 0; i < array.size(); ++i) {
        const Outcome outcome = put_element(out, array, write, type, context);
        if (outcome != Outcome::kDone) return outcome;
    }
    out.put('\0');
    return Outcome::kDone;
}

// "text" -> the bytes of text. For JSON strings without escapes.
std::string_view unquoted(std::string_view json) {
    return json.substr(1, json.size() - 2);
}

std::string avro_string(std::string_view text) {
    std::string bytes;
    append_avro_bytes(bytes, text);
    return bytes;
}

// Debezium fills an array of integers with the codes of the placeholder's bytes.
std::string byte_codes(std::string_view placeholder) {
    std::string bytes;
    append_avro_long(bytes, static_cast<std::int64_t>(placeholder.size()));
    for (const char c : placeholder) {
        bytes += kAvroPresent;
        append_avro_long(bytes, static_cast<unsigned char>(c));
    }
    return bytes + '\0';
}

std::string map_of(std::string_view word) {
    std::string bytes;
    append_avro_long(bytes, 1);
    append_avro_bytes(bytes, word);
    bytes += kAvroPresent;
    append_avro_bytes(bytes, word);
    return bytes + '\0';
}

std::string array_of(const std::string& element) {
    std::string bytes;
    append_avro_long(bytes, 1);
    bytes += kAvroPresent;
    return bytes + element + '\0';
}

std::string scalar_placeholder(const ValueType& type, std::string_view placeholder) {
    switch (type.form) {
        case ValueForm::kString:
        case ValueForm::kHstoreJson:
        case ValueForm::kBytes:
            return avro_string(placeholder);
        case ValueForm::kBytesBase64:
        case ValueForm::kBytesBase64UrlSafe:
        case ValueForm::kBytesHex: {
            ValueType element = type;
            element.array = false;
            return avro_string(unquoted(json_placeholder(element, placeholder)));
        }
        case ValueForm::kHstoreMap:
            return map_of(placeholder);
        default:
            return {};
    }
}

bool holds_byte_codes(ValueForm form) {
    return form == ValueForm::kInt16 || form == ValueForm::kInt32 || form == ValueForm::kInt64 ||
           form == ValueForm::kDate;
}

}  // namespace

void put_avro_bytes(ByteWriter& out, std::string_view bytes) {
    out.ensure(kAvroLongMax + bytes.size());
    char* to = put_avro_long(out.at(), static_cast<std::int64_t>(bytes.size()));
    std::memcpy(to, bytes.data(), bytes.size());
    out.advance(to + bytes.size());
}

void append_avro_long(std::string& out, std::int64_t value) {
    char bytes[kAvroLongMax];
    out.append(bytes, static_cast<std::size_t>(put_avro_long(bytes, value) - bytes));
}

void append_avro_bytes(std::string& out, std::string_view bytes) {
    append_avro_long(out, static_cast<std::int64_t>(bytes.size()));
    out += bytes;
}

AvroWriter avro_writer(const ValueType& type) {
    return type.array ? put_array : scalar_writer(type.form);
}

Outcome put_avro_far_moment(ByteWriter& out, std::string_view raw, const ValueType& type) {
    Moment moment;
    if (type.array || !to_far_moment(raw, moment)) return Outcome::kUnrepresentable;
    std::int64_t integer = 0;
    if (far_moment_to_integer(moment, type, integer) == Outcome::kDone) {
        put_long(out, integer);
        return Outcome::kDone;
    }
    return put_short(out, [&](char*& end) { return put_far_moment_text(moment, type, end); });
}

std::string avro_placeholder(const ValueType& type, std::string_view placeholder) {
    if (!type.array) return scalar_placeholder(type, placeholder);
    if (holds_byte_codes(type.form)) return byte_codes(placeholder);
    const std::string element = scalar_placeholder(type, placeholder);
    return element.empty() ? element : array_of(element);
}

std::string avro_zero(const ValueType& type) {
    if (type.array) return std::string(1, '\0');
    if (std::string zero = avro_struct_zero(type); !zero.empty()) return zero;
    switch (type.connect) {
        case ConnectKind::kFloat:
            return std::string(4, '\0');
        case ConnectKind::kDouble:
            return std::string(8, '\0');
        case ConnectKind::kString:
            return avro_string(unquoted(json_zero(type)));
        case ConnectKind::kBytes: {
            const bool decimal = type.form == ValueForm::kDecimal || type.form == ValueForm::kMoney;
            return decimal ? std::string("\2\0", 2) : std::string(1, '\0');
        }
        default:
            return std::string(1, '\0');
    }
}

}  // namespace penstock
