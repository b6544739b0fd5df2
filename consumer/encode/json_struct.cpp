#include "encode/json_struct.hpp"

#include "encode/geometry.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

void put_integer(ByteWriter& out, std::int64_t integer) {
    out.ensure(kIntegerTextMax);
    out.advance(put_signed(out.at(), integer));
}

void put_number(ByteWriter& out, double number) {
    out.ensure(kDoubleTextMax);
    out.advance(put_java_double(out.at(), number));
}

void put_bytes(ByteWriter& out, std::string_view bytes) {
    out.put('"');
    out.ensure(base64_size(bytes.size()));
    put_base64(out, bytes);
    out.put('"');
}

Outcome put_variable_decimal(ByteWriter& out, const FieldValue& value, const ValueType&,
                             ValueContext& context) {
    VariableDecimal decimal;
    const Outcome outcome = to_variable_decimal(value, context, decimal);
    if (outcome != Outcome::kDone) return outcome;
    out.put("{\"scale\":");
    put_integer(out, decimal.scale);
    out.put(",\"value\":");
    put_bytes(out, decimal.bytes);
    out.put('}');
    return Outcome::kDone;
}

void put_point_object(ByteWriter& out, const PointValue& point) {
    out.put("{\"x\":");
    put_number(out, point.x);
    out.put(",\"y\":");
    put_number(out, point.y);
    out.put(",\"wkb\":");
    put_bytes(out, {point.wkb, sizeof(point.wkb)});
    out.put(",\"srid\":null}");
}

Outcome put_point(ByteWriter& out, const FieldValue& value, const ValueType&, ValueContext&) {
    PointValue point;
    if (!to_point(value.bytes, point)) return Outcome::kInvalid;
    put_point_object(out, point);
    return Outcome::kDone;
}

void put_extensions(ByteWriter& out, const GeometryValue& geometry) {
    out.put(",\"extensions\":");
    if (geometry.type.empty()) return out.put("null");
    out.put("{\"type\":\"");
    out.put(geometry.type);
    out.put('"');
    if (geometry.closed) {
        out.put(*geometry.closed ? std::string_view(",\"closed\":\"true\"")
                                 : std::string_view(",\"closed\":\"false\""));
    }
    out.put('}');
}

void put_geometry_object(ByteWriter& out, const GeometryValue& geometry, const ValueType& type) {
    out.put("{\"wkb\":");
    put_bytes(out, geometry.wkb);
    out.put(",\"srid\":");
    if (geometry.srid) {
        put_integer(out, *geometry.srid);
    } else {
        out.put("null");
    }
    if (has_extensions(type)) put_extensions(out, geometry);
    out.put('}');
}

Outcome put_geometry(ByteWriter& out, const FieldValue& value, const ValueType& type,
                     ValueContext& context) {
    GeometryValue geometry;
    const Outcome outcome = to_geometry(value.bytes, type.form, context, geometry);
    if (outcome == Outcome::kDone) put_geometry_object(out, geometry, type);
    return outcome;
}

void put_line_object(ByteWriter& out, const LineValue& line) {
    out.put("{\"a\":");
    put_number(out, line.a);
    out.put(",\"b\":");
    put_number(out, line.b);
    out.put(",\"c\":");
    put_number(out, line.c);
    out.put('}');
}

Outcome put_line(ByteWriter& out, const FieldValue& value, const ValueType&,
                 ValueContext& context) {
    LineValue line;
    const Outcome outcome = to_line(value.bytes, context, line);
    if (outcome == Outcome::kDone) put_line_object(out, line);
    return outcome;
}

void put_circle_object(ByteWriter& out, const CircleValue& circle) {
    out.put("{\"center\":");
    put_point_object(out, circle.center);
    out.put(",\"radius\":");
    put_number(out, circle.radius);
    out.put('}');
}

Outcome put_circle(ByteWriter& out, const FieldValue& value, const ValueType&,
                   ValueContext& context) {
    CircleValue circle;
    const Outcome outcome = to_circle(value.bytes, context, circle);
    if (outcome == Outcome::kDone) put_circle_object(out, circle);
    return outcome;
}

Outcome put_vector(ByteWriter& out, const FieldValue& value, const ValueType& type,
                   ValueContext& context) {
    const Outcome outcome = to_vector(value.bytes, context);
    if (outcome != Outcome::kDone) return outcome;
    char before = '[';
    for (const double number : context.numbers) {
        out.put(before);
        before = ',';
        out.ensure(kDoubleTextMax);
        out.advance(type.form == ValueForm::kHalfVector
                        ? put_java_float(out.at(), static_cast<float>(number))
                        : put_java_double(out.at(), number));
    }
    out.put(']');
    return Outcome::kDone;
}

// "GEOMETRYCOLLECTION EMPTY".
GeometryValue empty_geometry() {
    GeometryValue geometry;
    geometry.wkb = kEmptyGeometry;
    return geometry;
}

}  // namespace

JsonWriter json_struct_writer(ValueForm form) {
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

std::string json_struct_zero(const ValueType& type) {
    RecordBuffer buffer;
    ByteWriter out(buffer);
    switch (type.form) {
        case ValueForm::kVariableDecimal:
            return "{\"scale\":0,\"value\":\"AA==\"}";
        case ValueForm::kPoint:
            put_point_object(out, point_at(0, 0));
            break;
        case ValueForm::kPostgis:
        case ValueForm::kBox:
        case ValueForm::kSegment:
        case ValueForm::kPath:
        case ValueForm::kPolygon:
            put_geometry_object(out, empty_geometry(), type);
            break;
        case ValueForm::kLine:
            put_line_object(out, {});
            break;
        case ValueForm::kCircle:
            put_circle_object(out, {point_at(0, 0), 0});
            break;
        case ValueForm::kVector:
        case ValueForm::kHalfVector:
            return "[]";
        default:
            return {};
    }
    out.finish();
    return std::string(buffer.bytes());
}

}  // namespace penstock
