// The gather functions of the value encoders, one family per file, and the small pieces they share:
// marking, opening a varlena without copying it, and a bounded byte buffer.
//
// Everything here runs in the gather phase. It may call PostgreSQL, allocates only in
// CurrentMemoryContext (the per change context) and holds nothing with a destructor.
#pragma once

#include "pg.hpp"

#include "value.hpp"

namespace penstock {

// value_scalar.cpp
void gather_bool(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_int16(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_int32(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_int64(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_uint32(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_uint64(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_float(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_double(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_uuid(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_bytes(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_bit(ValueEncoder& encoder, Datum datum, GatheredValue& out);

// value_time.cpp
void gather_date(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_time(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_timestamp(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_interval(ValueEncoder& encoder, Datum datum, GatheredValue& out);
// Microseconds and days from 1970-01-01 to 2000-01-01, PostgreSQL's own epoch.
inline constexpr int32 kEpochDays = 10957;
inline constexpr int64 kEpochMicroseconds = INT64CONST(946684800000000);

// value_numeric.cpp
void gather_numeric(ValueEncoder& encoder, Datum datum, GatheredValue& out);

// value_text.cpp
void gather_text(ValueEncoder& encoder, Datum datum, GatheredValue& out);     // A varlena as it is.
void gather_name(ValueEncoder& encoder, Datum datum, GatheredValue& out);     // name.
void gather_cstring(ValueEncoder& encoder, Datum datum, GatheredValue& out);  // cstring, unknown.
void gather_char(ValueEncoder& encoder, Datum datum, GatheredValue& out);     // "char".
void gather_xml(ValueEncoder& encoder, Datum datum, GatheredValue& out);
void gather_output(ValueEncoder& encoder, Datum datum, GatheredValue& out);  // Output function.
// Gives `out` a text of the server encoding, converted when that is not UTF-8.
void set_server_text(const ValueEncoder& encoder, const char* data, Size size, GatheredValue& out);

// value_enum.cpp
void gather_enum(ValueEncoder& encoder, Datum datum, GatheredValue& out);

// value_jsonb.cpp
void gather_jsonb(ValueEncoder& encoder, Datum datum, GatheredValue& out);

// value_array.cpp
void gather_array(ValueEncoder& encoder, Datum datum, GatheredValue& out);

// value_money.cpp
// Digits after the point of the database's (or role's) money values; needs no transaction.
int money_fraction_digits();

inline void set_varint(GatheredValue& out, uint64 bits) {
    out.state = GatheredValue::State::kValue;
    out.form = WireForm::kVarint;
    out.bits = bits;
}

inline void set_fixed64(GatheredValue& out, uint64 bits) {
    out.state = GatheredValue::State::kValue;
    out.form = WireForm::kFixed64;
    out.bits = bits;
}

inline void set_bytes(GatheredValue& out, const char* data, Size size) {
    out.state = GatheredValue::State::kValue;
    out.form = WireForm::kBytes;
    out.size = static_cast<uint32>(size);
    out.data = data;
}

inline void set_marked(GatheredValue& out, MarkReason reason, const char* data, Size size) {
    out.state = GatheredValue::State::kMarked;
    out.form = WireForm::kBytes;
    out.reason = reason;
    out.size = static_cast<uint32>(size);
    out.data = data;
}

inline void set_oversize(GatheredValue& out) {
    set_marked(out, MarkReason::kOversize, nullptr, 0);
}

// The wire form of a scalar of this kind; in arrays all but kBytes are packed.
constexpr WireForm wire_form(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::kFloat:
            return WireForm::kFixed32;
        case ValueKind::kDouble:
        case ValueKind::kTimestamp:
        case ValueKind::kTimestamptz:
            return WireForm::kFixed64;
        case ValueKind::kNumeric:
        case ValueKind::kString:
        case ValueKind::kBytes:
        case ValueKind::kUuid:
        case ValueKind::kInterval:
        case ValueKind::kBit:
        case ValueKind::kText:
            return WireForm::kBytes;
        default:
            return WireForm::kVarint;
    }
}

// The content of a varlena, without its header. Not aligned when the header is a short one.
struct Content {
    const char* data;
    Size size;
};
static_assert(std::is_trivially_destructible_v<Content>);

// value_scalar.cpp: the way through toasted values. False when the raw size is over the limit.
bool open_toasted(const ValueEncoder& encoder, Datum datum, Content& content);

// Gives the content of a varlena with no copy when it lies inline and uncompressed, which is by far
// the most frequent. False when it is over max_value_bytes; nothing has been fetched then.
inline bool open_varlena(const ValueEncoder& encoder, Datum datum, Content& content) {
    const char* pointer = DatumGetPointer(datum);
    if (VARATT_IS_4B_U(pointer)) {
        content = {VARDATA_4B(pointer), VARSIZE_4B(pointer) - VARHDRSZ};
    } else if (VARATT_IS_1B(pointer) && !VARATT_IS_1B_E(pointer)) {
        content = {VARDATA_1B(pointer), static_cast<Size>(VARSIZE_1B(pointer)) - VARHDRSZ_SHORT};
    } else {
        return open_toasted(encoder, datum, content);
    }
    return content.size <= encoder.max_value_bytes;
}

}  // namespace penstock
