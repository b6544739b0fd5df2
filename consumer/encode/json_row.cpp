#include "encode/json_row.hpp"

#include "encode/connect_schema.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

std::string field_prefix(std::string_view name, bool first) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    writer.put(first ? '{' : ',');
    put_json_string(writer, name);
    writer.put(':');
    writer.finish();
    return std::string(buffer.bytes());
}

std::string column_name(const Relation& relation, std::uint16_t slot) {
    return "\"" + relation.schema + "." + relation.name + "." + relation.columns[slot].name + "\"";
}

// What a key-only old row shows for a column that it does not tell: null, where that may be; the
// schema of a NOT NULL column allows no null, so that its default or its type's zero is written, as
// Debezium does.
std::string absent_value(const Column& column, const ValueType& type,
                         const EncodeOptions& options) {
    const bool required = column.not_null && options.schemas_enable;
    if (!required && !options.old_row_zeros) return "null";
    const std::string value = default_json(column, type, options);
    if (!value.empty()) return value;
    return column.not_null ? json_zero(type) : "null";
}

// Whatever the handling mode, a header shows a decimal as a number.
Outcome put_decimal_number(ByteWriter& out, const FieldValue& value, const ValueType&,
                           ValueContext&) {
    if (classify_decimal(value.bytes) != DecimalClass::kFinite) return Outcome::kUnrepresentable;
    out.put(value.bytes);
    return Outcome::kDone;
}

}  // namespace

std::vector<std::uint16_t> all_columns(const Relation& relation) {
    std::vector<std::uint16_t> columns;
    for (std::uint16_t i = 0; i < relation.columns.size(); ++i) {
        if (!relation.columns[i].key_only) columns.push_back(i);
    }
    return columns;
}

const char* reason_text(MarkReason reason) {
    switch (reason) {
        case MarkReason::kNotConvertible:
            return "its bytes are no valid text";
        case MarkReason::kOversize:
            return "it is larger than max_value_bytes";
        case MarkReason::kOutOfRange:
            return "it is out of the format's range";
        default:
            return "it could not be carried";
    }
}

Failure unrepresentable_value(const Relation& relation, std::uint16_t slot, const char* reason) {
    return fail(ErrorName::kMarkedValue,
                "cannot publish a value of column " + column_name(relation, slot) + ": " + reason,
                "The format has no place for this value.",
                "Choose a handling mode that has, or set format.unrepresentable = \"null\".");
}

Failure invalid_value(const Relation& relation, std::uint16_t slot) {
    return fail(ErrorName::kFrameInvalid, "invalid value in a change: column " +
                                              column_name(relation, slot) +
                                              " does not hold what its kind says");
}

JsonRow::JsonRow(const Relation& relation, const std::vector<std::uint16_t>& columns,
                 const EncodeOptions& options, JsonUse use)
    : relation_(relation) {
    for (const std::uint16_t index : columns) {
        const Column& column = relation.columns[index];
        JsonField field;
        field.type = value_type(column, options);
        if (field.type.form == ValueForm::kOmitted) continue;
        field.slot = index;
        field.prefix.assign(field_prefix(column.name, fields_.empty()));
        field.write = json_writer(field.type);
        if (use == JsonUse::kKeyHeader && field.type.form == ValueForm::kDecimal) {
            field.write = put_decimal_number;
        }
        field.placeholder = options.unchanged_as_null && use == JsonUse::kRow
                                ? "null"
                                : json_placeholder(field.type, options.unavailable_value);
        field.absent = absent_value(column, field.type, options);
        fields_.push_back(std::move(field));
    }
}

Status JsonRow::put(ByteWriter& out, const Row& row, ValueContext& context,
                    SharedFields* shared) const {
    for (const JsonField& field : fields_) {
        if (shared != nullptr && shared->has(out, row, field.slot)) continue;
        out.put(field.prefix);
        if (row.states[field.slot] == ColumnState::kValue) {
            const Outcome outcome = field.write(out, row.values[field.slot], field.type, context);
            if (outcome == Outcome::kDone) continue;
            if (outcome == Outcome::kInvalid) return invalid_value(relation_, field.slot);
            const Status status =
                put_unrepresentable(out, field, "the format cannot represent it", context);
            if (!status) return status;
        } else if (row.states[field.slot] == ColumnState::kNull) {
            out.put("null");
        } else {
            const Status status = put_absent(out, field, row, context);
            if (!status) return status;
        }
    }
    if (shared != nullptr) shared->end(out);
    if (fields_.empty()) out.put('{');
    out.put('}');
    return {};
}

Status JsonRow::put_absent(ByteWriter& out, const JsonField& field, const Row& row,
                           ValueContext& context) const {
    switch (row.states[field.slot]) {
        case ColumnState::kNotInImage:
            out.put(field.absent);
            return {};
        case ColumnState::kUnchanged:
            if (field.placeholder.empty()) {
                return put_unrepresentable(out, field,
                                           "it is an unchanged TOAST value, which its type cannot "
                                           "show without REPLICA IDENTITY FULL",
                                           context);
            }
            out.put(field.placeholder);
            return {};
        default:
            break;
    }
    const MarkReason reason = row.reasons[field.slot];
    if (reason == MarkReason::kOutOfRange &&
        put_json_far_moment(out, row.values[field.slot].bytes, field.type) == Outcome::kDone) {
        return {};
    }
    return put_unrepresentable(out, field, reason_text(reason), context);
}

Status JsonRow::put_unrepresentable(ByteWriter& out, const JsonField& field, const char* reason,
                                    const ValueContext& context) const {
    const bool null = context.unrepresentable == UnrepresentableValues::kNull;
    if (!null || !field.type.optional) {
        return unrepresentable_value(relation_, field.slot, reason);
    }
    out.put("null");
    return {};
}

}  // namespace penstock
