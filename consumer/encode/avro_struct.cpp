#include "encode/avro_struct.hpp"

#include <bit>

#include "encode/geometry.hpp"

namespace penstock {
namespace {

void put_long(ByteWriter& out, std::int64_t value) {
    out.ensure(kAvroLongMax);
    out.advance(put_avro_long(out.at(), value));
}

void put_float(ByteWriter& out, float number) {
    static_assert(std::endian::native == std::endian::little);
    out.put({reinterpret_cast<const char*>(&number), sizeof(number)});
}

void put_double(ByteWriter& out, double number) {
    static_assert(std::endian::native == std::endian::little);
    out.put({reinterpret_cast<const char*>(&number), sizeof(number)});
}

// io.debezium.data.VariableScaleDecimal: {scale, value}.
Outcome put_variable_decimal(ByteWriter& out, const FieldValue& value, const ValueType&,
                             ValueContext& context) {
    VariableDecimal decimal;
    const Outcome outcome = to_variable_decimal(value, context, decimal);
    if (outcome != Outcome::kDone) return outcome;
    put_long(out, decimal.scale);
    put_avro_bytes(out, decimal.bytes);
    return Outcome::kDone;
}

void put_point_record(ByteWriter& out, const PointValue& point) {
    put_double(out, point.x);
    put_double(out, point.y);
    out.put(kAvroPresent);
    put_avro_bytes(out, {point.wkb, sizeof(point.wkb)});
    out.put(kAvroNull);  // srid
}

Outcome put_point(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    PointValue point;
    if (!to_point(value.bytes, point)) return Outcome::kInvalid;
    put_point_record(out, point);
    return Outcome::kDone;
}

// A map of strings in one block.
void put_extensions(ByteWriter& out, const GeometryValue& geometry) {
    if (geometry.type.empty()) return out.put(kAvroNull);
    out.put(kAvroPresent);
    put_long(out, geometry.closed ? 2 : 1);
    put_avro_bytes(out, "type");
    put_avro_bytes(out, geometry.type);
    if (geometry.closed) {
        put_avro_bytes(out, "closed");
        put_avro_bytes(out, *geometry.closed ? "true" : "false");
    }
    put_long(out, 0);
}

void put_geometry_record(ByteWriter& out, const GeometryValue& geometry, const ValueType& type) {
    put_avro_bytes(out, geometry.wkb);
    out.put(geometry.srid ? kAvroPresent : kAvroNull);
    if (geometry.srid) put_long(out, *geometry.srid);
    if (has_extensions(type)) put_extensions(out, geometry);
}

Outcome put_geometry(ByteWriter& out, const FieldValue& value, const ValueType& type,
                     ValueContext& context) {
    GeometryValue geometry;
    const Outcome outcome = to_geometry(value.bytes, type.form, context, geometry);
    if (outcome == Outcome::kDone) put_geometry_record(out, geometry, type);
    return outcome;
}

void put_line_record(ByteWriter& out, const LineValue& line) {
    put_double(out, line.a);
    put_double(out, line.b);
    put_double(out, line.c);
}

Outcome put_line(ByteWriter& out, const FieldValue& value, const ValueType&,
                 ValueContext& context) {
    LineValue line;
    const Outcome outcome = to_line(value.bytes, context, line);
    if (outcome == Outcome::kDone) put_line_record(out, line);
    return outcome;
}

void put_circle_record(ByteWriter& out, const CircleValue& circle) {
    put_point_record(out, circle.center);
    put_double(out, circle.radius);
}

Outcome put_circle(ByteWriter& out, const FieldValue& value, const ValueType&,
                   ValueContext& context) {
    CircleValue circle;
    const Outcome outcome = to_circle(value.bytes, context, circle);
    if (outcome == Outcome::kDone) put_circle_record(out, circle);
    return outcome;
}

Outcome put_vector(ByteWriter& out, const FieldValue& value, const ValueType& type,
                   ValueContext& context) {
    const Outcome outcome = to_vector(value.bytes, context);
    if (outcome != Outcome::kDone) return outcome;
    put_long(out, static_cast<std::int64_t>(context.numbers.size()));
    for (const double number : context.numbers) {
        if (type.form == ValueForm::kHalfVector) {
            put_float(out, static_cast<float>(number));
        } else {
            put_double(out, number);
        }
    }
    put_long(out, 0);
    return Outcome::kDone;
}

}  // namespace

AvroWriter avro_struct_writer(ValueForm form) {
    switch (form) {
        case ValueForm::kVariableDecimal:
            return put_variable_decimal;
        case ValueForm::kPoint:
            return put_point;
        case ValueForm::kPostgis:
        case ValueForm::kBox:
        case ValueForm::kSegment:
        case ValueForm::kPath:
        case ValueForm::kPolygon:
            return put_geometry;
        case ValueForm::kLine:
            return put_line;
        case ValueForm::kCircle:
            return put_circle;
        case ValueForm::kVector:
        case ValueForm::kHalfVector:
            return put_vector;
        default:
            return nullptr;
    }
}

std::string avro_struct_zero(const ValueType& type) {
    RecordBuffer buffer;
    ByteWriter out(buffer);
    GeometryValue empty;
    empty.wkb = kEmptyGeometry;
    switch (type.form) {
        case ValueForm::kVariableDecimal:
            put_long(out, 0);
            put_avro_bytes(out, std::string_view("\0", 1));
            break;
        case ValueForm::kPoint:
            put_point_record(out, point_at(0, 0));
            break;
        case ValueForm::kPostgis:
        case ValueForm::kBox:
        case ValueForm::kSegment:
        case ValueForm::kPath:
        case ValueForm::kPolygon:
            put_geometry_record(out, empty, type);
            break;
        case ValueForm::kLine:
            put_line_record(out, {});
            break;
        case ValueForm::kCircle:
            put_circle_record(out, {point_at(0, 0), 0});
            break;
        case ValueForm::kVector:
        case ValueForm::kHalfVector:
            put_long(out, 0);
            break;
        default:
            return {};
    }
    out.finish();
    return std::string(buffer.bytes());
}

}  // namespace penstock
