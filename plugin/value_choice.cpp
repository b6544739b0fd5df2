#include "pg.hpp"

#include <cstring>

#include "value_gather.hpp"

namespace penstock {

namespace {

// What stands for a built-in type: its output function and how a value lies in memory. Types of
// extensions and users that are declared over the same function (citext over textout) are caught
// with it, and one that has borrowed the function for another layout is not.
struct TypeRule {
    PGFunction output;
    int16 length;
    bool by_value;
    ValueKind kind;
    GatherFunction gather;
};
static_assert(std::is_trivially_destructible_v<TypeRule>);

constexpr int16 kVarlena = -1;
constexpr int16 kCString = -2;

const TypeRule kRules[] = {
    {boolout, 1, true, ValueKind::kBool, gather_bool},
    {int2out, 2, true, ValueKind::kInt32, gather_int16},
    {int4out, 4, true, ValueKind::kInt32, gather_int32},
    {int8out, 8, true, ValueKind::kInt64, gather_int64},
    {oidout, 4, true, ValueKind::kUint32, gather_uint32},
    {xidout, 4, true, ValueKind::kUint32, gather_uint32},
    {cidout, 4, true, ValueKind::kUint32, gather_uint32},
    {regprocout, 4, true, ValueKind::kUint32, gather_uint32},
    {regprocedureout, 4, true, ValueKind::kUint32, gather_uint32},
    {regoperout, 4, true, ValueKind::kUint32, gather_uint32},
    {regoperatorout, 4, true, ValueKind::kUint32, gather_uint32},
    {regclassout, 4, true, ValueKind::kUint32, gather_uint32},
    {regcollationout, 4, true, ValueKind::kUint32, gather_uint32},
    {regtypeout, 4, true, ValueKind::kUint32, gather_uint32},
    {regconfigout, 4, true, ValueKind::kUint32, gather_uint32},
    {regdictionaryout, 4, true, ValueKind::kUint32, gather_uint32},
    {regnamespaceout, 4, true, ValueKind::kUint32, gather_uint32},
    {regroleout, 4, true, ValueKind::kUint32, gather_uint32},
    {xid8out, 8, true, ValueKind::kUint64, gather_uint64},
    {pg_lsn_out, 8, true, ValueKind::kUint64, gather_uint64},
    {float4out, 4, true, ValueKind::kFloat, gather_float},
    {float8out, 8, true, ValueKind::kDouble, gather_double},
    {numeric_out, kVarlena, false, ValueKind::kNumeric, gather_numeric},
    {textout, kVarlena, false, ValueKind::kString, gather_text},
    {varcharout, kVarlena, false, ValueKind::kString, gather_text},
    {bpcharout, kVarlena, false, ValueKind::kString, gather_text},
    {json_out, kVarlena, false, ValueKind::kString, gather_text},
    {jsonb_out, kVarlena, false, ValueKind::kString, gather_jsonb},
    {xml_out, kVarlena, false, ValueKind::kString, gather_xml},
    {nameout, NAMEDATALEN, false, ValueKind::kString, gather_name},
    {charout, 1, true, ValueKind::kString, gather_char},
    {cstring_out, kCString, false, ValueKind::kString, gather_cstring},
    {unknownout, kCString, false, ValueKind::kString, gather_cstring},
    {byteaout, kVarlena, false, ValueKind::kBytes, gather_bytes},
    {uuid_out, 16, false, ValueKind::kUuid, gather_uuid},
    {date_out, 4, true, ValueKind::kDate, gather_date},
    {time_out, 8, true, ValueKind::kTime, gather_time},
    {timestamp_out, 8, true, ValueKind::kTimestamp, gather_timestamp},
    {timestamptz_out, 8, true, ValueKind::kTimestamptz, gather_timestamp},
    {interval_out, 16, false, ValueKind::kInterval, gather_interval},
    {cash_out, 8, true, ValueKind::kMoney, gather_int64},
    {bit_out, kVarlena, false, ValueKind::kBit, gather_bit},
    {varbit_out, kVarlena, false, ValueKind::kBit, gather_bit},
};

// Types whose text is what readers expect and whose output function writes it.
const PGFunction kTextByOutput[] = {
    inet_out,  cidr_out,       macaddr_out,  macaddr8_out, tsvectorout,     tsqueryout, point_out,
    lseg_out,  path_out,       box_out,      poly_out,     line_out,        circle_out, timetz_out,
    range_out, multirange_out, jsonpath_out, tidout,       pg_snapshot_out,
};

const TypeRule* find_rule(const ValueEncoder& encoder) {
    for (const TypeRule& rule : kRules) {
        if (rule.output == encoder.output_function.fn_addr && rule.length == encoder.type_length &&
            rule.by_value == encoder.type_by_value) {
            return &rule;
        }
    }
    return nullptr;
}

// ltree is an extension's type, so neither its oid nor its function has a fixed address.
bool is_text_by_output(const ValueEncoder& encoder) {
    for (const PGFunction output : kTextByOutput) {
        if (output == encoder.output_function.fn_addr) {
            return true;
        }
    }
    const char* name = get_func_name(encoder.output_function.fn_oid);
    return name != nullptr && strcmp(name, "ltree_out") == 0;
}

void set_kind(ValueEncoder& encoder, ValueKind kind, GatherFunction gather) {
    encoder.kind = kind;
    encoder.gather = gather;
}

void choose_scalar(ValueEncoder& encoder) {
    if (get_typtype(encoder.base_type_oid) == TYPTYPE_ENUM) {
        set_kind(encoder, ValueKind::kString, gather_enum);
        return;
    }
    if (const TypeRule* rule = find_rule(encoder)) {
        set_kind(encoder, rule->kind, rule->gather);
        if (rule->kind == ValueKind::kMoney) {
            encoder.fraction_digits = money_fraction_digits();
        }
        return;
    }
    const bool text = is_text_by_output(encoder);
    set_kind(encoder, text ? ValueKind::kString : ValueKind::kText, gather_output);
}

// Everything but kind and gather.
void describe_type(Oid type_oid, int32 typmod, ValueEncoder& encoder) {
    encoder.type_oid = type_oid;
    encoder.typmod = typmod;
    encoder.base_type_oid = getBaseTypeAndTypmod(type_oid, &encoder.typmod);
    get_typlenbyvalalign(encoder.base_type_oid, &encoder.type_length, &encoder.type_by_value,
                         &encoder.type_align);
    Oid output = InvalidOid;
    getTypeOutputInfo(encoder.base_type_oid, &output, &encoder.output_is_varlena);
    fmgr_info_cxt(output, &encoder.output_function, encoder.context);
    const int encoding = GetDatabaseEncoding();
    encoder.needs_transcoding = encoding != PG_UTF8;
    if (encoder.needs_transcoding && encoding != PG_SQL_ASCII) {
        encoder.conversion = FindDefaultConversionProc(encoding, PG_UTF8);
    }
}

// An array of arrays, possible only through a domain over an array, has no message of its own and
// stays text.
bool choose_array(ValueEncoder& encoder) {
    const Oid element_type = get_element_type(encoder.base_type_oid);
    if (!OidIsValid(element_type) || OidIsValid(get_base_element_type(element_type))) {
        return false;
    }
    auto* element =
        static_cast<ValueEncoder*>(MemoryContextAllocZero(encoder.context, sizeof(ValueEncoder)));
    element->context = encoder.context;
    element->max_value_bytes = encoder.max_value_bytes;
    describe_type(element_type, encoder.typmod, *element);
    choose_scalar(*element);
    encoder.element = element;
    encoder.array = true;
    encoder.fraction_digits = element->fraction_digits;
    set_kind(encoder, element->kind, gather_array);
    return true;
}

}  // namespace

void choose_value_encoder(Oid type_oid, int32 typmod, Size max_value_bytes, MemoryContext context,
                          ValueEncoder& encoder) {
    encoder = {};
    encoder.context = context;
    encoder.max_value_bytes = max_value_bytes;
    describe_type(type_oid, typmod, encoder);
    if (!choose_array(encoder)) {
        choose_scalar(encoder);
    }
}

}  // namespace penstock
