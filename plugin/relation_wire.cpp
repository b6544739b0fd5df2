#include "relation_wire.hpp"

#include "proto_writer.hpp"

namespace penstock {

namespace {

std::string_view serialize_column(const ColumnDescription& column) {
    const ValueEncoder& encoder = *column.encoder;
    ProtoWriter out;
    out.open();
    out.varint(1, column.field);
    out.text(2, column.name);
    out.varint(3, encoder.type_oid);
    out.text(4, column.type_name);
    out.varint(5, encoder.base_type_oid);
    out.text(6, column.base_type_name);
    out.varint(7, wire::zigzag(encoder.typmod));
    out.varint(8, static_cast<uint64>(encoder.kind));
    out.varint(9, encoder.array);
    out.varint(10, column.not_null);
    out.varint(11, static_cast<unsigned char>(column.generated));
    out.varint(12, static_cast<unsigned char>(column.identity));
    out.varint(13, column.replica_key_position);
    out.varint(14, column.primary_key_position);
    out.varint(15, column.unique_key_position);
    if (column.has_default) out.text_always(16, column.default_expression);
    for (int i = 0; i < column.enum_label_count; i++) out.text_always(17, column.enum_labels[i]);
    if (encoder.kind == ValueKind::kMoney) {
        out.varint_always(18, static_cast<uint64>(encoder.fraction_digits));
    }
    out.varint(19, column.element_type_oid);
    out.text(20, column.element_type_name);
    out.varint(21, static_cast<unsigned char>(column.type_kind));
    return out.bytes();
}

}  // namespace

std::string_view serialize_relation(const RelationDescription& description) {
    ProtoWriter out;
    out.open();
    out.varint(3, description.oid);
    out.text(4, description.schema);
    out.text(5, description.name);
    out.varint(6, static_cast<unsigned char>(description.kind));
    out.varint(7, static_cast<uint64>(description.replica_identity));
    out.varint(8, description.leaf_oid);
    for (int i = 0; i < description.column_count; i++) {
        out.text_always(9, serialize_column(description.columns[i]));
    }
    return out.bytes();
}

}  // namespace penstock
