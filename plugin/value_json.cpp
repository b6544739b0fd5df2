// Values as JSON text, read back from the form they have on the wire, so that what the JSON output
// shows is what the protobuf output carries.
#include "pg.hpp"

#include <bit>

#include "value_gather.hpp"
#include "value_json_scalar.hpp"

namespace penstock {

namespace {

int64 unzigzag(uint64 bits) noexcept {
    return static_cast<int64>(bits >> 1) ^ -static_cast<int64>(bits & 1);
}

// Reads the fields of a message whose bytes we have written ourselves a moment ago.
struct MessageReader {
    const char* at;
    const char* end;

    bool more() const { return at < end; }

    uint64 varint() {
        uint64 value = 0;
        for (int shift = 0; at < end; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at++);
            value |= static_cast<uint64>(byte & 0x7F) << shift;
            if (byte < 0x80) {
                break;
            }
        }
        return value;
    }

    uint64 fixed(int width) {
        uint64 value = 0;
        for (int i = 0; i < width && at < end; ++i) {
            value |= static_cast<uint64>(static_cast<unsigned char>(*at++)) << (8 * i);
        }
        return value;
    }

    // The content of a length-delimited field.
    MessageReader field() {
        const auto size = static_cast<Size>(varint());
        const char* begin = at;
        at += size <= static_cast<Size>(end - at) ? size : static_cast<Size>(end - at);
        return {begin, at};
    }
};
static_assert(std::is_trivially_destructible_v<MessageReader>);

void append_interval(StringInfo out, const GatheredValue& value) {
    int64 parts[3] = {};  // months, days, microseconds
    MessageReader reader = {value.data, value.data + value.size};
    while (reader.more()) {
        const uint64 number = reader.varint() >> 3;
        const int64 part = unzigzag(reader.varint());
        if (number >= 1 && number <= 3) {
            parts[number - 1] = part;
        }
    }
    appendStringInfo(out,
                     "{\"months\":" INT64_FORMAT ",\"days\":" INT64_FORMAT
                     ",\"microseconds\":" INT64_FORMAT "}",
                     parts[0], parts[1], parts[2]);
}

void append_scalar(StringInfo out, const ValueEncoder& encoder, const GatheredValue& value) {
    switch (encoder.kind) {
        case ValueKind::kBool:
            appendStringInfoString(out, value.bits != 0 ? "true" : "false");
            return;
        case ValueKind::kInt32:
        case ValueKind::kInt64:
            appendStringInfo(out, INT64_FORMAT, unzigzag(value.bits));
            return;
        case ValueKind::kUint32:
        case ValueKind::kUint64:
            appendStringInfo(out, UINT64_FORMAT, value.bits);
            return;
        case ValueKind::kFloat:
            append_json_float(out, std::bit_cast<float>(static_cast<uint32>(value.bits)));
            return;
        case ValueKind::kDouble:
            append_json_double(out, std::bit_cast<double>(value.bits));
            return;
        case ValueKind::kBytes:
            append_json_bytes(out, value.data, value.size);
            return;
        case ValueKind::kUuid:
            append_json_uuid(out, value.data);
            return;
        case ValueKind::kDate:
            append_json_date(out, unzigzag(value.bits));
            return;
        case ValueKind::kTime:
            append_json_time(out, static_cast<int64>(value.bits));
            return;
        case ValueKind::kTimestamp:
            append_json_timestamp(out, static_cast<int64>(value.bits), false);
            return;
        case ValueKind::kTimestamptz:
            append_json_timestamp(out, static_cast<int64>(value.bits), true);
            return;
        case ValueKind::kInterval:
            append_interval(out, value);
            return;
        case ValueKind::kMoney:
            append_json_money(out, unzigzag(value.bits), encoder.fraction_digits);
            return;
        case ValueKind::kNumeric:
        case ValueKind::kString:
        case ValueKind::kBit:
        case ValueKind::kText:
            append_json_string(out, value.data, value.size);
            return;
    }
}

// The fields of an array message, each empty when absent.
struct ArrayFields {
    MessageReader packed;    // The run of packed elements.
    MessageReader elements;  // The whole message; elements that are not packed lie at its front.
    uint64 element_count;    // Of those.
    MessageReader nulls;
    MessageReader dimensions;
};
static_assert(std::is_trivially_destructible_v<ArrayFields>);

ArrayFields read_array(const GatheredValue& value) {
    ArrayFields fields = {};
    MessageReader reader = {value.data, value.data + value.size};
    fields.elements = reader;
    while (reader.more()) {
        const uint64 number = reader.varint() >> 3;
        const MessageReader field = reader.field();
        if (number == 1) {
            fields.packed = field;
            ++fields.element_count;
        } else if (number == 2) {
            fields.nulls = field;
        } else if (number == 3) {
            fields.dimensions = field;
        }
    }
    return fields;
}

uint64 count_varints(MessageReader reader) {
    uint64 count = 0;
    for (; reader.more(); ++count) {
        reader.varint();
    }
    return count;
}

// Elements lie packed, or each as a field of its own.
GatheredValue take_element(ArrayFields& fields, WireForm form) {
    GatheredValue value = {};
    value.state = GatheredValue::State::kValue;
    value.form = form;
    switch (form) {
        case WireForm::kVarint:
            value.bits = fields.packed.varint();
            break;
        case WireForm::kFixed32:
            value.bits = fields.packed.fixed(4);
            break;
        case WireForm::kFixed64:
            value.bits = fields.packed.fixed(8);
            break;
        case WireForm::kBytes: {
            fields.elements.varint();
            const MessageReader content = fields.elements.field();
            value.data = content.at;
            value.size = static_cast<uint32>(content.end - content.at);
            break;
        }
    }
    return value;
}

// How the elements nest: `stride` counts the elements below one bracket of a dimension, outermost
// first.
struct Nesting {
    int dimensions;
    uint64 stride[MAXDIM];
};
static_assert(std::is_trivially_destructible_v<Nesting>);

Nesting read_nesting(MessageReader dimensions, uint64 flat_count) {
    Nesting nesting = {1, {flat_count}};
    if (!dimensions.more()) {
        return nesting;
    }
    nesting.dimensions = 0;
    while (dimensions.more() && nesting.dimensions < MAXDIM) {
        nesting.stride[nesting.dimensions++] = dimensions.varint();
    }
    for (int i = nesting.dimensions - 2; i >= 0; --i) {
        nesting.stride[i] *= nesting.stride[i + 1];
    }
    return nesting;
}

uint64 count_elements(const ArrayFields& fields, WireForm form) {
    switch (form) {
        case WireForm::kVarint:
            return count_varints(fields.packed);
        case WireForm::kFixed32:
            return static_cast<uint64>(fields.packed.end - fields.packed.at) / 4;
        case WireForm::kFixed64:
            return static_cast<uint64>(fields.packed.end - fields.packed.at) / 8;
        case WireForm::kBytes:
            break;
    }
    return fields.element_count;
}

// Appends `bracket` once for every dimension that begins or ends at this element.
void append_brackets(StringInfo out, const Nesting& nesting, uint64 position, char bracket) {
    for (int i = 0; i < nesting.dimensions; ++i) {
        if (position % nesting.stride[i] == 0) {
            appendStringInfoChar(out, bracket);
        }
    }
}

void append_array(StringInfo out, const ValueEncoder& element, const GatheredValue& value) {
    if (value.size == 0) {
        appendStringInfoString(out, "[]");
        return;
    }
    const WireForm form = wire_form(element.kind);
    ArrayFields fields = read_array(value);
    const uint64 count = count_elements(fields, form) + count_varints(fields.nulls);
    const Nesting nesting = read_nesting(fields.dimensions, count);
    uint64 next_null = fields.nulls.more() ? fields.nulls.varint() : count;
    for (uint64 position = 0; position < count; ++position) {
        if (position > 0) {
            appendStringInfoChar(out, ',');
        }
        append_brackets(out, nesting, position, '[');
        if (position == next_null) {
            appendStringInfoString(out, "null");
            next_null = fields.nulls.more() ? fields.nulls.varint() : count;
        } else {
            append_scalar(out, element, take_element(fields, form));
        }
        append_brackets(out, nesting, position + 1, ']');
    }
}

}  // namespace

void append_json_value(StringInfo out, const ValueEncoder& encoder, const GatheredValue& value) {
    if (value.state != GatheredValue::State::kValue) {
        appendStringInfoString(out, "null");
    } else if (encoder.array) {
        append_array(out, *encoder.element, value);
    } else {
        append_scalar(out, encoder, value);
    }
}

}  // namespace penstock
