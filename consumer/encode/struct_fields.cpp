#include "encode/struct_fields.hpp"

namespace penstock {
namespace {

constexpr std::string_view kDecimalConnect = R"({"type":"int32","optional":false,"field":"scale"},)"
                                             R"({"type":"bytes","optional":false,"field":"value"})";
constexpr std::string_view kDecimalAvro =
    R"({"name":"scale","type":"int"},{"name":"value","type":"bytes"})";

constexpr std::string_view kPointConnect = R"({"type":"double","optional":false,"field":"x"},)"
                                           R"({"type":"double","optional":false,"field":"y"},)"
                                           R"({"type":"bytes","optional":true,"field":"wkb"},)"
                                           R"({"type":"int32","optional":true,"field":"srid"})";
constexpr std::string_view kPointAvro =
    R"({"name":"x","type":"double"},{"name":"y","type":"double"},)"
    R"({"name":"wkb","type":["null","bytes"],"default":null},)"
    R"({"name":"srid","type":["null","int"],"default":null})";

constexpr std::string_view kGeometryConnect = R"({"type":"bytes","optional":false,"field":"wkb"},)"
                                              R"({"type":"int32","optional":true,"field":"srid"})";
constexpr std::string_view kGeometryAvro =
    R"({"name":"wkb","type":"bytes"},)"
    R"({"name":"srid","type":["null","int"],"default":null})";

constexpr std::string_view kExtendedConnect =
    R"({"type":"bytes","optional":false,"field":"wkb"},)"
    R"({"type":"int32","optional":true,"field":"srid"},)"
    R"({"type":"map","keys":{"type":"string","optional":false},)"
    R"("values":{"type":"string","optional":false},"optional":true,"field":"extensions"})";
constexpr std::string_view kExtendedAvro =
    R"({"name":"wkb","type":"bytes"},)"
    R"({"name":"srid","type":["null","int"],"default":null},)"
    R"({"name":"extensions","type":["null",{"type":"map","values":"string"}],"default":null})";

constexpr std::string_view kLineConnect = R"({"type":"double","optional":false,"field":"a"},)"
                                          R"({"type":"double","optional":false,"field":"b"},)"
                                          R"({"type":"double","optional":false,"field":"c"})";
constexpr std::string_view kLineAvro =
    R"({"name":"a","type":"double"},{"name":"b","type":"double"},{"name":"c","type":"double"})";

constexpr std::string_view kPointDoc = "Geometry (POINT)";

struct StructRow {
    std::string_view connect;
    std::string_view avro;
    std::string_view doc;
};

StructRow row_of(const ValueType& type) {
    switch (type.form) {
        case ValueForm::kPoint:
            return {kPointConnect, kPointAvro, kPointDoc};
        case ValueForm::kLine:
            return {kLineConnect, kLineAvro, "Geometry (LINE)"};
        case ValueForm::kCircle:
            return {{}, {}, "Geometry (CIRCLE)"};
        case ValueForm::kVariableDecimal:
            return {kDecimalConnect, kDecimalAvro, "Variable scaled decimal"};
        default:
            break;
    }
    const bool geography = type.semantic.ends_with("Geography");
    const std::string_view doc = geography ? "Geography" : "Geometry";
    if (has_extensions(type)) return {kExtendedConnect, kExtendedAvro, doc};
    return {kGeometryConnect, kGeometryAvro, doc};
}

std::string circle_fields() {
    return R"({"type":"struct","fields":[)" + std::string(kPointConnect) +
           R"(],"optional":false,"name":"io.debezium.data.geometry.Point","version":1,"doc":")" +
           std::string(kPointDoc) +
           R"(","field":"center"},{"type":"double","optional":false,"field":"radius"})";
}

}  // namespace

std::string connect_struct_fields(const ValueType& type) {
    return type.form == ValueForm::kCircle ? circle_fields() : std::string(row_of(type).connect);
}

std::string_view avro_struct_fields(const ValueType& type) {
    return row_of(type).avro;
}

std::string_view struct_doc(const ValueType& type) {
    return row_of(type).doc;
}

}  // namespace penstock
