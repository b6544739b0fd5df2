#include "pg.hpp"

#include <bit>
#include <cstring>

#include "value_gather.hpp"
#include "wire.hpp"

namespace penstock {

void gather_bool(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, DatumGetBool(datum) ? 1 : 0);
}

void gather_int16(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, wire::zigzag(DatumGetInt16(datum)));
}

void gather_int32(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, wire::zigzag(DatumGetInt32(datum)));
}

void gather_int64(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, wire::zigzag(DatumGetInt64(datum)));
}

void gather_uint32(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, DatumGetUInt32(datum));
}

void gather_uint64(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, DatumGetUInt64(datum));
}

void gather_float(ValueEncoder&, Datum datum, GatheredValue& out) {
    out.state = GatheredValue::State::kValue;
    out.form = WireForm::kFixed32;
    out.bits = std::bit_cast<uint32>(DatumGetFloat4(datum));
}

void gather_double(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_fixed64(out, std::bit_cast<uint64>(DatumGetFloat8(datum)));
}

void gather_uuid(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_bytes(out, DatumGetPointer(datum), 16);
}

void gather_bytes(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    Content content;
    if (!open_varlena(encoder, datum, content)) {
        set_oversize(out);
        return;
    }
    set_bytes(out, content.data, content.size);
}

// bit and varbit: a count of bits, then the bits, most significant first (utils/varbit.h).
void gather_bit(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    Content content;
    int32 count = 0;
    if (open_varlena(encoder, datum, content)) {
        memcpy(&count, content.data, sizeof(count));
    } else {
        count = -1;
    }
    if (count < 0 || static_cast<Size>(count) > encoder.max_value_bytes) {
        set_oversize(out);
        return;
    }
    const char* bits = content.data + sizeof(count);
    auto* text = static_cast<char*>(palloc(static_cast<Size>(count) + 1));
    for (int32 i = 0; i < count; ++i) {
        const auto byte = static_cast<unsigned char>(bits[i / 8]);
        text[i] = (byte & (0x80 >> (i % 8))) != 0 ? '1' : '0';
    }
    set_bytes(out, text, static_cast<Size>(count));
}

// toast_raw_datum_size counts a full header and fetches nothing, whatever lies behind the pointer.
bool open_toasted(const ValueEncoder& encoder, Datum datum, Content& content) {
    if (toast_raw_datum_size(datum) - VARHDRSZ > encoder.max_value_bytes) {
        return false;
    }
    const varlena* plain = PG_DETOAST_DATUM_PACKED(datum);
    content = {VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain)};
    return true;
}

}  // namespace penstock
