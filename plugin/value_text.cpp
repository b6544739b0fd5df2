#include "pg.hpp"

#include <cstring>

#include "value_gather.hpp"

namespace penstock {

namespace {

bool is_ascii(const char* data, Size size) noexcept {
    unsigned char seen = 0;
    for (Size i = 0; i < size; ++i) {
        seen |= static_cast<unsigned char>(data[i]);
    }
    return seen < 0x80;
}

// The conversion routine counts in int and asks for room for the worst case.
constexpr Size kConvertibleMax = MaxAllocSize / MAX_CONVERSION_GROWTH - 1;

Utf8Text convert(Oid conversion, const char* data, Size size) {
    if (!OidIsValid(conversion) || size > kConvertibleMax) {
        return {data, size, false};
    }
    const Size room = size * MAX_CONVERSION_GROWTH + 1;
    auto* converted = static_cast<unsigned char*>(palloc(room));
    // Untouched by noError, but declared without const.
    auto* source = reinterpret_cast<unsigned char*>(const_cast<char*>(data));
    const int done = pg_do_encoding_conversion_buf(conversion, GetDatabaseEncoding(), PG_UTF8,
                                                   source, static_cast<int>(size), converted,
                                                   static_cast<int>(room), true);
    if (static_cast<Size>(done) != size) {
        pfree(converted);
        return {data, size, false};
    }
    const auto* text = reinterpret_cast<const char*>(converted);
    return {text, strlen(text), true};
}

// Every server encoding agrees with ASCII, and SQL_ASCII says nothing about the other bytes, so
// there they count as UTF-8 only where they are.
Utf8Text to_utf8(Oid conversion, const char* data, Size size) {
    if (is_ascii(data, size)) {
        return {data, size, true};
    }
    if (GetDatabaseEncoding() == PG_SQL_ASCII) {
        return {data, size, pg_verify_mbstr(PG_UTF8, data, static_cast<int>(size), true)};
    }
    return convert(conversion, data, size);
}

}  // namespace

Utf8Text utf8_from_server(const char* data, Size size) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8) {
        return {data, size, true};
    }
    if (encoding == PG_SQL_ASCII || is_ascii(data, size)) {
        return to_utf8(InvalidOid, data, size);
    }
    return to_utf8(FindDefaultConversionProc(encoding, PG_UTF8), data, size);
}

void set_server_text(const ValueEncoder& encoder, const char* data, Size size, GatheredValue& out) {
    if (size > encoder.max_value_bytes || (encoder.needs_transcoding && size > kConvertibleMax)) {
        set_oversize(out);
        return;
    }
    Utf8Text text = {data, size, true};
    if (encoder.needs_transcoding) {
        text = to_utf8(encoder.conversion, data, size);
    }
    if (text.size > encoder.max_value_bytes) {
        set_oversize(out);
    } else if (!text.convertible) {
        set_marked(out, MarkReason::kNotConvertible, data, size);
    } else {
        set_bytes(out, text.data, text.size);
    }
}

void gather_text(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    Content content;
    if (!open_varlena(encoder, datum, content)) {
        set_oversize(out);
    } else if (encoder.needs_transcoding) {
        set_server_text(encoder, content.data, content.size, out);
    } else {
        set_bytes(out, content.data, content.size);
    }
}

void gather_name(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    const char* name = NameStr(*DatumGetName(datum));
    set_server_text(encoder, name, strnlen(name, NAMEDATALEN), out);
}

void gather_cstring(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    const char* text = DatumGetCString(datum);
    set_server_text(encoder, text, strlen(text), out);
}

// The byte itself in ASCII, nothing for zero, and \ooo above, which is what charout prints since
// version 16; before that it prints a bare byte that is no text in most encodings.
void gather_char(ValueEncoder&, Datum datum, GatheredValue& out) {
    const auto byte = static_cast<unsigned char>(DatumGetChar(datum));
    auto* text = static_cast<char*>(palloc(4));
    Size size = 1;
    if (byte < 0x80) {
        text[0] = static_cast<char>(byte);
        size = byte != 0 ? 1 : 0;
    } else {
        text[0] = '\\';
        text[1] = static_cast<char>('0' + (byte >> 6));
        text[2] = static_cast<char>('0' + ((byte >> 3) & 7));
        text[3] = static_cast<char>('0' + (byte & 7));
        size = 4;
    }
    set_bytes(out, text, size);
}

// xml_out drops an encoding declaration, which is wrong once the text is UTF-8, and a newline at
// the start; every other document is its own text already.
void gather_xml(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    constexpr char kDeclaration[] = "<?xml";
    constexpr Size kDeclarationSize = sizeof(kDeclaration) - 1;
    Content content;
    if (!open_varlena(encoder, datum, content)) {
        set_oversize(out);
        return;
    }
    const bool declared = content.size >= kDeclarationSize &&
                          memcmp(content.data, kDeclaration, kDeclarationSize) == 0;
    if (declared || (content.size > 0 && content.data[0] == '\n')) {
        gather_output(encoder, datum, out);
        return;
    }
    set_server_text(encoder, content.data, content.size, out);
}

void gather_output(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    if (encoder.output_is_varlena &&
        toast_raw_datum_size(datum) - VARHDRSZ > encoder.max_value_bytes) {
        set_oversize(out);
        return;
    }
    if (encoder.kind == ValueKind::kText) {
        ++encoder.fallbacks;
    }
    const char* text = OutputFunctionCall(&encoder.output_function, datum);
    set_server_text(encoder, text, strlen(text), out);
}

}  // namespace penstock
