// One value on its way from a Datum to the wire, between the two phases of the encoder.
//
// Gather may call PostgreSQL and therefore may be left by longjmp at any call: it fills plain
// GatheredValue structs and owns nothing but memory of the current (per change) memory context.
// Emit is noexcept, calls nothing, allocates nothing and writes through a raw pointer.
#pragma once

#include "pg.hpp"

#include <type_traits>

namespace penstock {

// Numbers are those of penstock.v1.ValueKind in proto/penstock.proto.
enum class ValueKind : uint8 {
    kBool = 1,
    kInt32,
    kInt64,
    kUint32,
    kUint64,
    kFloat,
    kDouble,
    kNumeric,
    kString,
    kBytes,
    kUuid,
    kDate,
    kTime,
    kTimestamp,
    kTimestamptz,
    kInterval,
    kMoney,
    kBit,
    kText,
};

// Numbers are those of penstock.v1.MarkReason.
enum class MarkReason : uint8 { kNone = 0, kNotConvertible, kOversize, kOutOfRange };

// How a gathered value lies on the wire.
enum class WireForm : uint8 { kVarint, kFixed32, kFixed64, kBytes };

struct GatheredValue {
    enum class State : uint8 { kNull, kValue, kUnchanged, kMarked, kAbsent };
    State state;
    WireForm form;
    MarkReason reason;  // With kMarked.
    uint32 size;        // kBytes: bytes at data. Marked: size of the raw bytes (0 for kOversize).
    uint64 bits;        // kVarint (zigzag already applied where the kind wants it), kFixed32, 64.
    const char* data;   // kBytes, or the raw bytes of a marked value. Points into the tuple or
                        // into the per change context; good until that context is reset.
};
static_assert(std::is_trivially_destructible_v<GatheredValue>);

// What is known of a column once per relation entry. Lives in the relation cache's context.
struct ValueEncoder;
struct EnumLabels;
using GatherFunction = void (*)(ValueEncoder& encoder, Datum datum, GatheredValue& out);

struct ValueEncoder {
    GatherFunction gather;  // May ereport only where the server itself must (a foreign type's
                            // output function); never for a reason of ours that is data.
    ValueKind kind;         // Of the element when `array`.
    bool array;
    bool needs_transcoding;  // Text whose bytes are in a server encoding that is not UTF-8.
    Oid type_oid;            // As declared.
    Oid base_type_oid;       // Domains resolved (arrays not).
    int32 typmod;            // Of the base type.
    int16 type_length;       // typlen, typbyval, typalign of the base type.
    bool type_by_value;
    char type_align;
    MemoryContext context;     // Where the entry lives, and with it the enum labels.
    Oid conversion;            // Procedure from the server encoding to UTF-8; invalid is none.
    FmgrInfo output_function;  // Resolved once; used by kText and where a type needs it.
    bool output_is_varlena;
    ValueEncoder* element;    // Arrays only.
    EnumLabels* enum_labels;  // Enums only; filled as labels turn up, dropped with the entry.
    int fraction_digits;      // kMoney only.
    uint64 fallbacks;         // Values that went through the text fallback; for statistics.
    Size max_value_bytes;     // A larger value is marked kOversize without detoasting it.
};
static_assert(std::is_trivially_destructible_v<ValueEncoder>);

// Fills `encoder` for a column of this type. Called once per relation entry, inside a callback with
// catalogue access, with CurrentMemoryContext = `context`, the one the entry lives in. Picks by the
// resolved output function's address where types share built-in functions (citext over text), by
// type oid otherwise. Never fails for a type: what is not known becomes kText.
void choose_value_encoder(Oid type_oid, int32 typmod, Size max_value_bytes, MemoryContext context,
                          ValueEncoder& encoder);

// Appends the value as JSON text to `out` (format=json and penstock.decode): numbers bare when JSON
// can hold them exactly, everything else a JSON string, arrays as (nested) JSON arrays.
void append_json_value(StringInfo out, const ValueEncoder& encoder, const GatheredValue& value);

// Appends `size` bytes of UTF-8 as a JSON string, quotes included. Where the server encoding is not
// UTF-8 the result is pure ASCII, because JSON output travels as text in the server encoding.
void append_json_string(StringInfo out, const char* data, Size size);

// Text of the server encoding as UTF-8, for names and labels. `convertible` is false, and `data`
// the bytes as they are, where no UTF-8 stands for them. The result is `data` itself when nothing
// had to be changed, otherwise memory of CurrentMemoryContext. Needs catalogue access; never raises
// an error for what the bytes are.
struct Utf8Text {
    const char* data;
    Size size;
    bool convertible;
};
Utf8Text utf8_from_server(const char* data, Size size);

// Pins the settings on which text output depends (DateStyle, IntervalStyle, TimeZone,
// extra_float_digits, bytea_output, xmlbinary, lc_monetary, search_path) for the fallback; returns
// the GUC nest level to hand to unpin. For a walsender the session calls it once at start-up.
int pin_text_settings();
void unpin_text_settings(int nest_level);

// The same for a session that calls the SQL functions: they hold until the session changes them, or
// until its transaction is rolled back.
void pin_session_settings();
// The first of these settings that has another value now; null when all are as pinned.
const char* unpinned_setting();

}  // namespace penstock
