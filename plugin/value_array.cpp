// Arrays: the stored ArrayType becomes one of the array messages of proto/penstock.proto.
//
//   scalars:  0A <length> <packed elements>            all elements without nulls, one run
//   others:   0A <length> <bytes> for each element     strings, bytes, intervals
//   then      12 packed 0-based positions of nulls     when there are any
//             1A packed dimensions, 22 packed lower bounds    when not one-dimensional from 1
//
// An empty array has no field at all.
#include "pg.hpp"

#include "value_buffer.hpp"
#include "value_gather.hpp"
#include "wire.hpp"

namespace penstock {

namespace {

constexpr char kElementTag = 0x0A;
constexpr char kNullPositionTag = 0x12;
constexpr char kDimensionTag = 0x1A;
constexpr char kLowerBoundTag = 0x22;

// Room for the tag and length of the packed run, which are known only when it has been written.
constexpr Size kPackedHeader = 1 + 5;

// Steps through the stored elements; nulls take no room in the data.
struct ElementCursor {
    const ValueEncoder& element;
    const uint8* nulls;  // A bit per element, 1 is not null; nullptr without nulls.
    const char* data;
    int index;

    bool is_null() const {
        return nulls != nullptr && (nulls[index / 8] & (1 << (index % 8))) == 0;
    }

    Datum take() {
        const Datum datum = fetch_att(data, element.type_by_value, element.type_length);
        data = att_addlength_pointer(data, element.type_length, data);
        data = reinterpret_cast<const char*>(
            att_align_nominal(reinterpret_cast<uintptr_t>(data), element.type_align));
        return datum;
    }
};
static_assert(std::is_trivially_destructible_v<ElementCursor>);

void put_element(ValueBuffer& buffer, const GatheredValue& value) {
    switch (value.form) {
        case WireForm::kVarint:
            buffer.put_varint(value.bits);
            break;
        case WireForm::kFixed32:
            buffer.put_fixed32(static_cast<uint32>(value.bits));
            break;
        case WireForm::kFixed64:
            buffer.put_fixed64(value.bits);
            break;
        case WireForm::kBytes:
            buffer.put(kElementTag);
            buffer.put_varint(value.size);
            buffer.put(value.data, value.size);
            break;
    }
}

// Writes the elements that are not null. False when one of them cannot be carried; `value` is then
// that one and says why.
bool put_elements(ValueBuffer& buffer, ValueEncoder& element, ArrayType* array, int count,
                  GatheredValue& value) {
    ElementCursor cursor = {element, ARR_NULLBITMAP(array), ARR_DATA_PTR(array), 0};
    for (; cursor.index < count && !buffer.overflowed(); ++cursor.index) {
        if (cursor.is_null()) {
            continue;
        }
        element.gather(element, cursor.take(), value);
        if (value.state != GatheredValue::State::kValue) {
            return false;
        }
        put_element(buffer, value);
    }
    return true;
}

// Writes tag and length right before the packed run that lies at offset kPackedHeader, and returns
// where the message now begins. Without elements there is no field.
Size close_packed_run(ValueBuffer& buffer) {
    const Size length = buffer.size() - kPackedHeader;
    if (length == 0) {
        return kPackedHeader;
    }
    const Size start = kPackedHeader - 1 - wire::varint_size(length);
    char* at = buffer.begin() + start;
    *at++ = kElementTag;
    wire::put_varint(at, length);
    return start;
}

void put_null_positions(ValueBuffer& buffer, ArrayType* array, int count) {
    const uint8* nulls = ARR_NULLBITMAP(array);
    if (nulls == nullptr) {
        return;
    }
    const auto is_null = [nulls](int index) {
        return (nulls[index / 8] & (1 << (index % 8))) == 0;
    };
    Size length = 0;
    for (int i = 0; i < count; ++i) {
        length += is_null(i) ? wire::varint_size(static_cast<uint64>(i)) : 0;
    }
    if (length == 0) {
        return;
    }
    buffer.put(kNullPositionTag);
    buffer.put_varint(length);
    for (int i = 0; i < count && !buffer.overflowed(); ++i) {
        if (is_null(i)) {
            buffer.put_varint(static_cast<uint64>(i));
        }
    }
}

void put_shape(ValueBuffer& buffer, ArrayType* array) {
    const int dimensions = ARR_NDIM(array);
    if (dimensions == 1 && ARR_LBOUND(array)[0] == 1) {
        return;
    }
    Size sizes_length = 0;
    Size bounds_length = 0;
    for (int i = 0; i < dimensions; ++i) {
        sizes_length += wire::varint_size(static_cast<uint64>(ARR_DIMS(array)[i]));
        bounds_length += wire::varint_size(wire::zigzag(ARR_LBOUND(array)[i]));
    }
    buffer.put(kDimensionTag);
    buffer.put_varint(sizes_length);
    for (int i = 0; i < dimensions; ++i) {
        buffer.put_varint(static_cast<uint64>(ARR_DIMS(array)[i]));
    }
    buffer.put(kLowerBoundTag);
    buffer.put_varint(bounds_length);
    for (int i = 0; i < dimensions; ++i) {
        buffer.put_varint(wire::zigzag(ARR_LBOUND(array)[i]));
    }
}

// What goes along raw of an array with an element that cannot be carried is the stored array
// without its length word: number of dimensions, offset of the data, element type, and so on.
void mark_array(ArrayType* array, MarkReason reason, GatheredValue& out) {
    if (reason == MarkReason::kOversize) {
        set_oversize(out);
        return;
    }
    set_marked(out, reason, VARDATA(array), VARSIZE(array) - VARHDRSZ);
}

}  // namespace

void gather_array(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    if (toast_raw_datum_size(datum) - VARHDRSZ > encoder.max_value_bytes) {
        set_oversize(out);
        return;
    }
    ArrayType* array = DatumGetArrayTypeP(datum);
    ValueEncoder& element = *encoder.element;
    const int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    if (count == 0) {
        set_bytes(out, "", 0);
        return;
    }
    const bool packed = wire_form(element.kind) != WireForm::kBytes;
    const Size stored = VARSIZE(array);
    ValueBuffer buffer(stored + stored / 4 + 64, encoder.max_value_bytes + kPackedHeader);
    if (packed) {
        buffer.put("      ", kPackedHeader);
    }
    GatheredValue value = {};
    const bool carried = put_elements(buffer, element, array, count, value);
    encoder.fallbacks = element.fallbacks;
    if (!carried) {
        mark_array(array, value.reason, out);
        return;
    }
    const Size start = packed ? close_packed_run(buffer) : 0;
    put_null_positions(buffer, array, count);
    put_shape(buffer, array);
    if (buffer.overflowed()) {
        set_oversize(out);
        return;
    }
    set_bytes(out, buffer.begin() + start, buffer.size() - start);
}

}  // namespace penstock
