// JSON text of a jsonb, byte for byte that of jsonb_out, written by a walk of our own: a stored
// number of ten bytes can have a text of 130,000 digits, so a small jsonb can have a text that no
// StringInfo holds, and that must become a marked value, not an error.
#include "pg.hpp"

#include "value_buffer.hpp"
#include "value_gather.hpp"
#include "value_numeric.hpp"

namespace penstock {

namespace {

void put_escaped(ValueBuffer& buffer, unsigned char byte) {
    constexpr char kHex[] = "0123456789abcdef";
    switch (byte) {
        case '\b':
            buffer.put("\\b", 2);
            break;
        case '\f':
            buffer.put("\\f", 2);
            break;
        case '\n':
            buffer.put("\\n", 2);
            break;
        case '\r':
            buffer.put("\\r", 2);
            break;
        case '\t':
            buffer.put("\\t", 2);
            break;
        case '"':
            buffer.put("\\\"", 2);
            break;
        case '\\':
            buffer.put("\\\\", 2);
            break;
        default:
            buffer.put("\\u00", 4);
            buffer.put(kHex[byte >> 4]);
            buffer.put(kHex[byte & 0x0F]);
            break;
    }
}

void put_string(ValueBuffer& buffer, const char* data, int size) {
    buffer.put('"');
    int plain = 0;  // Start of the run that needs no escape.
    for (int i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(data[i]);
        if (byte < ' ' || byte == '"' || byte == '\\') {
            buffer.put(data + plain, static_cast<Size>(i - plain));
            put_escaped(buffer, byte);
            plain = i + 1;
        }
    }
    buffer.put(data + plain, static_cast<Size>(size - plain));
    buffer.put('"');
}

void put_numeric(ValueBuffer& buffer, Numeric number) {
    const auto* stored = reinterpret_cast<const varlena*>(number);
    const NumericView numeric = view_numeric({VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored)});
    if (buffer.reserve(numeric_text_bound(numeric))) {
        buffer.advance_to(write_numeric(buffer.end(), numeric));
    }
}

void put_scalar(ValueBuffer& buffer, const JsonbValue& value) {
    switch (value.type) {
        case jbvString:
            put_string(buffer, value.val.string.val, value.val.string.len);
            break;
        case jbvNumeric:
            put_numeric(buffer, value.val.numeric);
            break;
        case jbvBool:
            value.val.boolean ? buffer.put("true", 4) : buffer.put("false", 5);
            break;
        default:  // Within a walk that does not skip nested containers only null is left.
            buffer.put("null", 4);
            break;
    }
}

// A separator stands before every key and element but the first of its container; the value of a
// key has none, whatever it is.
void put_document(ValueBuffer& buffer, JsonbContainer* root) {
    JsonbIterator* iterator = JsonbIteratorInit(root);
    JsonbValue value;
    bool separated = true;  // No ", " before the next token.
    const bool bare_scalar = JsonContainerIsScalar(root);
    JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, false);
    for (; token != WJB_DONE && !buffer.overflowed();
         token = JsonbIteratorNext(&iterator, &value, false)) {
        const bool closes = token == WJB_END_ARRAY || token == WJB_END_OBJECT;
        if (!separated && !closes) {
            buffer.put(", ", 2);
        }
        separated = token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT || token == WJB_KEY;
        if (token == WJB_BEGIN_OBJECT || token == WJB_END_OBJECT) {
            buffer.put(closes ? '}' : '{');
        } else if (token == WJB_BEGIN_ARRAY || token == WJB_END_ARRAY) {
            if (!bare_scalar) {
                buffer.put(closes ? ']' : '[');
            }
        } else {
            put_scalar(buffer, value);
        }
        if (token == WJB_KEY) {
            buffer.put(": ", 2);
        }
    }
}

}  // namespace

void gather_jsonb(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    if (toast_raw_datum_size(datum) - VARHDRSZ > encoder.max_value_bytes) {
        set_oversize(out);
        return;
    }
    Jsonb* jsonb = DatumGetJsonbP(datum);
    const Size stored = VARSIZE(jsonb);
    ValueBuffer buffer(stored + stored / 4 + 32, encoder.max_value_bytes);
    put_document(buffer, &jsonb->root);
    if (buffer.overflowed()) {
        set_oversize(out);
        return;
    }
    set_server_text(encoder, buffer.begin(), buffer.size(), out);
}

}  // namespace penstock
