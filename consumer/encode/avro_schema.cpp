#include "encode/avro_schema.hpp"

#include <set>

#include "encode/connect_schema.hpp"
#include "encode/default_value.hpp"
#include "encode/struct_fields.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

constexpr std::string_view kSourceNamespace = "io.debezium.connector.postgresql";

constexpr std::string_view kSourceFields =
    R"("fields":[{"name":"version","type":"string"},{"name":"connector","type":"string"},)"
    R"({"name":"name","type":"string"},{"name":"ts_ms","type":"long"},)"
    R"({"name":"snapshot","type":[{"type":"string","connect.version":1,)"
    R"("connect.parameters":{"allowed":"true,first,first_in_data_collection,)"
    R"(last_in_data_collection,last,false,incremental"},"connect.default":"false",)"
    R"("connect.name":"io.debezium.data.Enum"},"null"],"default":"false"},)"
    R"({"name":"db","type":"string"},{"name":"sequence","type":["null","string"],"default":null},)"
    R"({"name":"ts_us","type":["null","long"],"default":null},)"
    R"({"name":"ts_ns","type":["null","long"],"default":null},)"
    R"({"name":"schema","type":"string"},{"name":"table","type":"string"},)"
    R"({"name":"txId","type":["null","long"],"default":null},)"
    R"({"name":"lsn","type":["null","long"],"default":null},)"
    R"({"name":"xmin","type":["null","long"],"default":null},)"
    R"({"name":"origin","type":["null","string"],"default":null},)"
    R"({"name":"origin_lsn","type":["null","long"],"default":null}],)"
    R"("connect.version":1,"connect.name":"io.debezium.connector.postgresql.Source"})";

constexpr std::string_view kTransactionField =
    R"({"name":"transaction","type":["null",{"type":"record","name":"block",)"
    R"("namespace":"event","fields":[)"
    R"({"name":"id","type":"string"},{"name":"total_order","type":"long"},)"
    R"({"name":"data_collection_order","type":"long"}],)"
    R"("connect.version":1,"connect.name":"event.block"}],"default":null})";

// AvroData's precision of a decimal that declares none.
constexpr int kUndeclaredPrecision = 64;

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string quoted(std::string_view text) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    put_json_string(writer, text);
    writer.finish();
    return std::string(buffer.bytes());
}

// Bytes in a default: one character for each, of the same number.
std::string quoted_bytes(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0U | byte >> 6);
            text += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return quoted(text);
}

std::string_view primitive_name(ConnectKind kind) {
    switch (kind) {
        case ConnectKind::kBoolean:
            return "boolean";
        case ConnectKind::kInt16:
        case ConnectKind::kInt32:
            return "int";
        case ConnectKind::kInt64:
            return "long";
        case ConnectKind::kFloat:
            return "float";
        case ConnectKind::kDouble:
            return "double";
        case ConnectKind::kBytes:
            return "bytes";
        default:
            return "string";
    }
}

bool is_decimal(const ValueType& type) {
    return type.semantic == "org.apache.kafka.connect.data.Decimal";
}

int precision_of(const ValueType& type) {
    return type.precision != 0 ? type.precision : kUndeclaredPrecision;
}

std::string_view logical_type(const ValueType& type) {
    if (type.semantic == "org.apache.kafka.connect.data.Date") return "date";
    if (type.semantic == "org.apache.kafka.connect.data.Time") return "time-millis";
    if (type.semantic == "org.apache.kafka.connect.data.Timestamp") return "timestamp-millis";
    // What Avro forbids for its own decimals stays out.
    const bool legal = type.scale >= 0 && type.scale <= precision_of(type);
    return is_decimal(type) && legal ? "decimal" : "";
}

std::string parameters_property(const Parameters& parameters) {
    if (parameters.empty()) return {};
    std::string text = ",\"connect.parameters\":{";
    for (const auto& [name, value] : parameters) {
        if (text.back() != '{') text += ',';
        text += quoted(name) + ":" + quoted(value);
    }
    return text + "}";
}

// What a Connect schema has besides its Avro type, each with a comma before it.
std::string properties(const ValueType& type, std::string_view default_json) {
    std::string text;
    if (is_decimal(type)) {
        text += ",\"scale\":" + std::to_string(type.scale) +
                ",\"precision\":" + std::to_string(precision_of(type));
    }
    if (!type.semantic.empty()) text += ",\"connect.version\":" + std::to_string(type.version);
    text += parameters_property(type.parameters);
    if (!default_json.empty()) text.append(",\"connect.default\":").append(default_json);
    if (!type.semantic.empty()) text += ",\"connect.name\":" + quoted(type.semantic);
    if (type.connect == ConnectKind::kInt16) text += ",\"connect.type\":\"int16\"";
    const std::string_view logical = logical_type(type);
    if (!logical.empty()) text += ",\"logicalType\":" + quoted(logical);
    return text;
}

// "a.b.C" as the members name and namespace.
std::string name_members(std::string_view name) {
    const std::size_t point = name.rfind('.');
    if (point == name.npos) return "\"name\":" + quoted(name);
    return "\"name\":" + quoted(name.substr(point + 1)) +
           ",\"namespace\":" + quoted(name.substr(0, point));
}

// The schemas of one text: a record that it has defined is named from then on.
class SchemaWriter {
public:
    std::string field(const Column& column, const AvroColumn& field) {
        const std::string type =
            field.type.array ? array(column, field.type) : scalar(field.type, field.default_json);
        std::string text = "{\"name\":" + quoted(field.name) + ",\"type\":";
        if (!field.optional()) {
            text += type;
            if (!field.default_json.empty()) text += ",\"default\":" + field.default_json;
        } else if (field.default_json.empty()) {
            text += "[\"null\"," + type + "],\"default\":null";
        } else {
            text += "[" + type + ",\"null\"],\"default\":" + field.default_json;
        }
        return text + "}";
    }

    std::string fields(const Relation& relation, const std::vector<AvroColumn>& columns) {
        std::string text;
        for (const AvroColumn& column : columns) {
            if (!text.empty()) text += ',';
            text += field(relation.columns[column.slot], column);
        }
        return text;
    }

private:
    std::string scalar(const ValueType& type, std::string_view default_json) {
        if (type.connect == ConnectKind::kStruct) return record(type, default_json);
        const std::string more = properties(type, default_json);
        if (type.connect == ConnectKind::kArray) {
            const bool half = type.form == ValueForm::kHalfVector;
            return std::string("{\"type\":\"array\",\"items\":") +
                   (half ? "\"float\"" : "\"double\"") + more + "}";
        }
        if (type.connect == ConnectKind::kMap) {
            return "{\"type\":\"map\",\"values\":[\"null\",\"string\"]" + more + "}";
        }
        const std::string name = quoted(primitive_name(type.connect));
        return more.empty() ? name : "{\"type\":" + name + more + "}";
    }

    std::string record(const ValueType& type, std::string_view default_json) {
        if (!defined_.insert(std::string(type.semantic)).second) return quoted(type.semantic);
        return "{\"type\":\"record\"," + name_members(type.semantic) + ",\"fields\":[" +
               record_fields(type) + "],\"connect.doc\":" + quoted(struct_doc(type)) +
               properties(type, default_json) + "}";
    }

    // A circle's centre is a record of its own, which the same text may have defined before.
    std::string record_fields(const ValueType& type) {
        if (type.form != ValueForm::kCircle) return std::string(avro_struct_fields(type));
        return "{\"name\":\"center\",\"type\":" + record(point_type(), {}) +
               "},{\"name\":\"radius\",\"type\":\"double\"}";
    }

    std::string array(const Column& column, const ValueType& type) {
        return "{\"type\":\"array\",\"items\":[\"null\"," + scalar(type, {}) + "]" +
               parameters_property(column.notes) + "}";
    }

    std::set<std::string> defined_;
};

std::string decimal_json(const FieldValue& value, ValueContext& context) {
    VariableDecimal decimal;
    if (to_variable_decimal(value, context, decimal) != Outcome::kDone) return {};
    return "{\"scale\":" + std::to_string(decimal.scale) +
           ",\"value\":" + quoted_bytes(decimal.bytes) + "}";
}

}  // namespace

std::string avro_default_json(const Column& column, const ValueType& type,
                              const EncodeOptions& options) {
    const auto value = default_value(column, type, options.compat);
    if (!value || type.connect == ConnectKind::kMap || type.form == ValueForm::kPoint) return {};
    ValueContext context(options);
    if (type.form == ValueForm::kVariableDecimal) return decimal_json(value->view(), context);
    if (type.connect == ConnectKind::kBytes) {
        std::string_view bytes;
        const bool right = to_bytes(value->view(), type, context, bytes) == Outcome::kDone;
        return right ? quoted_bytes(bytes) : std::string();
    }
    std::string json = default_json(column, type, options);
    // NaN and the infinities have no number in JSON.
    const bool floating =
        type.connect == ConnectKind::kFloat || type.connect == ConnectKind::kDouble;
    if (floating && !json.empty() && json[0] == '"') return {};
    return json;
}

std::string avro_record_schema(const Relation& relation, std::string_view name,
                               const std::vector<AvroColumn>& columns, std::string_view tail,
                               std::string_view connect_name) {
    std::string text = "{\"type\":\"record\"," + name_members(name) + ",\"fields\":[" +
                       SchemaWriter().fields(relation, columns);
    // Without a column there is nothing for the first comma to separate.
    text += columns.empty() && !tail.empty() ? tail.substr(1) : tail;
    text += "]";
    if (!connect_name.empty()) text += ",\"connect.name\":" + quoted(connect_name);
    return text + "}";
}

std::string avro_source_schema(std::string_view inside) {
    std::string text = R"({"type":"record","name":"Source",)";
    if (inside != kSourceNamespace) text += "\"namespace\":" + quoted(kSourceNamespace) + ",";
    return text.append(kSourceFields);
}

std::string_view avro_transaction_field() {
    return kTransactionField;
}

std::string avro_envelope_schema(const Relation& relation, std::string_view topic_name,
                                 const std::vector<AvroColumn>& columns) {
    const std::string name(topic_name);
    constexpr std::string_view kNullDefault = ",\"default\":null}";
    constexpr std::string_view kOptionalLong = R"(,"type":["null","long"],"default":null})";
    std::string text = "{\"type\":\"record\"," + name_members(name + ".Envelope") + ",\"fields\":[";
    text += R"({"name":"before","type":["null",{"type":"record","name":"Value","fields":[)";
    text += SchemaWriter().fields(relation, columns);
    text += "],\"connect.name\":" + quoted(name + ".Value") + "}]";
    text.append(kNullDefault).append(R"(,{"name":"after","type":["null","Value"])");
    text.append(kNullDefault).append(R"(,{"name":"source","type":)");
    text.append(avro_source_schema(name)).append("},").append(kTransactionField);
    text.append(R"(,{"name":"op","type":"string"})");
    for (const std::string_view clock : {"ts_ms", "ts_us", "ts_ns"}) {
        text.append(",{\"name\":").append(quoted(clock)).append(kOptionalLong);
    }
    return text + "],\"connect.version\":2,\"connect.name\":" + quoted(name + ".Envelope") + "}";
}

}  // namespace penstock
