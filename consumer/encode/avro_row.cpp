#include "encode/avro_row.hpp"

#include "encode/avro_name.hpp"
#include "encode/avro_schema.hpp"
#include "encode/default_value.hpp"
#include "encode/json_row.hpp"

namespace penstock {
namespace {

constexpr const char* kUnchangedToast =
    "it is an unchanged TOAST value, which its type cannot show without REPLICA IDENTITY FULL";

std::string default_bytes(const Column& column, const ValueType& type,
                          const EncodeOptions& options) {
    const auto value = default_value(column, type, options.compat);
    if (!value) return {};
    ValueContext context(options);
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    if (avro_writer(type)(writer, value->view(), type, context) != Outcome::kDone) return {};
    writer.finish();
    return std::string(buffer.bytes());
}

// What a key-only old row shows for a column that it does not tell: null, where that may be; the
// schema of a NOT NULL column allows no null, so that its default or its type's zero is written, as
// Debezium does.
std::string absent_value(const Relation& relation, const AvroColumn& column,
                         const EncodeOptions& options) {
    if (column.optional() && (!options.old_row_zeros || column.default_json.empty())) {
        return std::string(1, column.null());
    }
    std::string value;
    if (!column.default_json.empty()) {
        value = default_bytes(relation.columns[column.slot], column.type, options);
    }
    if (value.empty()) value = avro_zero(column.type);
    return column.optional() ? column.present() + value : value;
}

std::string placeholder_of(const AvroColumn& column, const EncodeOptions& options) {
    if (column.optional() && options.unchanged_as_null) {
        return std::string(1, column.null());
    }
    const std::string value = avro_placeholder(column.type, options.unavailable_value);
    return column.optional() && !value.empty() ? column.present() + value : value;
}

AvroInline inline_of(const ValueType& type) {
    if (type.array) return AvroInline::kNone;
    switch (type.form) {
        case ValueForm::kBoolean:
            return AvroInline::kBoolean;
        case ValueForm::kInt16:
        case ValueForm::kInt32:
        case ValueForm::kInt64:
        case ValueForm::kTimeMicros:
            return AvroInline::kLong;
        case ValueForm::kFloat:
            return AvroInline::kFour;
        case ValueForm::kDouble:
            return AvroInline::kEight;
        case ValueForm::kString:
            return AvroInline::kText;
        default:
            return AvroInline::kNone;
    }
}

// The bytes that the field's writer would write; kAvroLongMax and the value's bytes of room.
char* put_inline(char* to, AvroInline form, const FieldValue& value) {
    switch (form) {
        case AvroInline::kBoolean:
            *to = value.number != 0 ? '\1' : '\0';
            return to + 1;
        case AvroInline::kLong:
            return put_avro_long(to, value.integer());
        case AvroInline::kFour:
            std::memcpy(to, &value.number, 4);
            return to + 4;
        case AvroInline::kEight:
            std::memcpy(to, &value.number, 8);
            return to + 8;
        case AvroInline::kText:
            to = put_avro_long(to, static_cast<std::int64_t>(value.bytes.size()));
            return put_short_copy(to, value.bytes);
        case AvroInline::kNone:
            break;
    }
    return to;
}

}  // namespace

std::vector<AvroColumn> avro_columns(const Relation& relation,
                                     const std::vector<std::uint16_t>& columns,
                                     const EncodeOptions& options) {
    std::vector<AvroColumn> fields;
    for (const std::uint16_t index : columns) {
        const Column& column = relation.columns[index];
        AvroColumn field;
        field.type = value_type(column, options);
        if (field.type.form == ValueForm::kOmitted) continue;
        field.slot = index;
        field.name = avro_field_name(column.name);
        field.default_json = avro_default_json(column, field.type, options);
        fields.push_back(std::move(field));
    }
    return fields;
}

AvroRow::AvroRow(const Relation& relation, const std::vector<AvroColumn>& columns,
                 const EncodeOptions& options)
    : relation_(relation), null_allowed_(options.unrepresentable == UnrepresentableValues::kNull) {
    types_.reserve(columns.size());  // Fields point into it.
    for (const AvroColumn& column : columns) {
        const ValueType& type = types_.emplace_back(column.type);
        fields_.push_back({.write = avro_writer(type),
                           .type = &type,
                           .slot = column.slot,
                           .in_line = inline_of(type),
                           .optional = column.optional(),
                           .present = column.present(),
                           .null = column.null(),
                           .index = static_cast<std::uint16_t>(absences_.size())});
        absences_.push_back(
            {placeholder_of(column, options), absent_value(relation, column, options)});
    }
}

Status AvroRow::put(ByteWriter& out, const Row& row, ValueContext& context,
                    SharedFields* shared) const {
    for (const Field& field : fields_) {
        if (shared != nullptr && shared->has(out, row, field.slot)) continue;
        const ColumnState state = row.states[field.slot];
        if (state == ColumnState::kValue && field.in_line != AvroInline::kNone) {
            const FieldValue& value = row.values[field.slot];
            out.ensure(1 + kAvroLongMax + value.bytes.size());
            char* to = out.at();
            if (field.optional) *to++ = field.present;
            out.advance(put_inline(to, field.in_line, value));
        } else if (state == ColumnState::kValue) {
            if (field.optional) out.put(field.present);
            const Outcome outcome = field.write(out, row.values[field.slot], *field.type, context);
            if (outcome == Outcome::kDone) continue;
            if (outcome == Outcome::kInvalid) return invalid_value(relation_, field.slot);
            if (!field.optional || !null_allowed_) {
                return unrepresentable_value(relation_, field.slot,
                                             "the format cannot represent it");
            }
            out.at()[-1] = field.null;
        } else if (state == ColumnState::kNull) {
            const Status status =
                put_null(out, field, "it is null in a column that is NOT NULL", field.optional);
            if (!status) return status;
        } else {
            const Status status = put_absent(out, field, row);
            if (!status) return status;
        }
    }
    if (shared != nullptr) shared->end(out);
    return {};
}

Status AvroRow::put_absent(ByteWriter& out, const Field& field, const Row& row) const {
    const bool null_allowed = field.optional && null_allowed_;
    const std::string& placeholder = absences_[field.index].placeholder;
    switch (row.states[field.slot]) {
        case ColumnState::kNotInImage:
            out.put(absences_[field.index].absent);
            return {};
        case ColumnState::kUnchanged:
            if (placeholder.empty()) return put_null(out, field, kUnchangedToast, null_allowed);
            out.put(placeholder);
            return {};
        default:
            break;
    }
    const MarkReason reason = row.reasons[field.slot];
    if (reason == MarkReason::kOutOfRange) {
        if (field.optional) out.put(field.present);
        const std::string_view raw = row.values[field.slot].bytes;
        if (put_avro_far_moment(out, raw, *field.type) == Outcome::kDone) return {};
        if (!null_allowed) return unrepresentable_value(relation_, field.slot, reason_text(reason));
        out.at()[-1] = field.null;
        return {};
    }
    return put_null(out, field, reason_text(reason), null_allowed);
}

// A null where that may be; else the stop that names `reason`.
Status AvroRow::put_null(ByteWriter& out, const Field& field, const char* reason,
                         bool allowed) const {
    if (!allowed) return unrepresentable_value(relation_, field.slot, reason);
    out.put(field.null);
    return {};
}

}  // namespace penstock
