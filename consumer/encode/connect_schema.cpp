#include "encode/connect_schema.hpp"

#include "encode/default_value.hpp"
#include "encode/json_row.hpp"
#include "encode/json_value.hpp"
#include "encode/struct_fields.hpp"
#include "encode/text_bytes.hpp"
#include "encode/topic_name.hpp"
#include "encode/value_type.hpp"

namespace penstock {
namespace {

constexpr std::string_view kSourceFields =
    R"({"type":"string","optional":false,"field":"version"},)"
    R"({"type":"string","optional":false,"field":"connector"},)"
    R"({"type":"string","optional":false,"field":"name"},)"
    R"({"type":"int64","optional":false,"field":"ts_ms"},)"
    R"({"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,)"
    R"("parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,last,)"
    R"(false,incremental"},"default":"false","field":"snapshot"},)"
    R"({"type":"string","optional":false,"field":"db"},)"
    R"({"type":"string","optional":true,"field":"sequence"},)"
    R"({"type":"int64","optional":true,"field":"ts_us"},)"
    R"({"type":"int64","optional":true,"field":"ts_ns"},)"
    R"({"type":"string","optional":false,"field":"schema"},)"
    R"({"type":"string","optional":false,"field":"table"},)"
    R"({"type":"int64","optional":true,"field":"txId"},)"
    R"({"type":"int64","optional":true,"field":"lsn"},)"
    R"({"type":"int64","optional":true,"field":"xmin"},)"
    R"({"type":"string","optional":true,"field":"origin"},)"
    R"({"type":"int64","optional":true,"field":"origin_lsn"})";

constexpr std::string_view kTransactionBlock =
    R"({"type":"struct","fields":[{"type":"string","optional":false,"field":"id"},)"
    R"({"type":"int64","optional":false,"field":"total_order"},)"
    R"({"type":"int64","optional":false,"field":"data_collection_order"}],"optional":true,)"
    R"("name":"event.block","version":1,"field":"transaction"})";

constexpr std::string_view kEnvelopeEnd =
    R"({"type":"string","optional":false,"field":"op"},)"
    R"({"type":"int64","optional":true,"field":"ts_ms"},)"
    R"({"type":"int64","optional":true,"field":"ts_us"},)"
    R"({"type":"int64","optional":true,"field":"ts_ns"}],"optional":false,"name":)";

std::string quoted(std::string_view text) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    put_json_string(writer, text);
    writer.finish();
    return std::string(buffer.bytes());
}

// The opening, up to the members that every type has.
std::string opening(const ValueType& type) {
    switch (type.connect) {
        case ConnectKind::kBoolean:
            return R"({"type":"boolean")";
        case ConnectKind::kInt16:
            return R"({"type":"int16")";
        case ConnectKind::kInt32:
            return R"({"type":"int32")";
        case ConnectKind::kInt64:
            return R"({"type":"int64")";
        case ConnectKind::kFloat:
            return R"({"type":"float")";
        case ConnectKind::kDouble:
            return R"({"type":"double")";
        case ConnectKind::kBytes:
            return R"({"type":"bytes")";
        case ConnectKind::kMap:
            return R"({"type":"map","keys":{"type":"string","optional":false},)"
                   R"("values":{"type":"string","optional":true})";
        case ConnectKind::kStruct:
            return R"({"type":"struct","fields":[)" + connect_struct_fields(type) + "]";
        case ConnectKind::kArray:
            return type.form == ValueForm::kHalfVector
                       ? R"({"type":"array","items":{"type":"float","optional":false})"
                       : R"({"type":"array","items":{"type":"double","optional":false})";
        default:
            return R"({"type":"string")";
    }
}

std::string parameters_member(const std::vector<std::pair<std::string, std::string>>& parameters) {
    if (parameters.empty()) return {};
    std::string text = ",\"parameters\":{";
    for (const auto& [name, value] : parameters) {
        if (text.back() != '{') text += ',';
        text += quoted(name) + ":" + quoted(value);
    }
    return text + "}";
}

// A value's or an element's schema, without the closing brace.
std::string scalar_schema(const ValueType& type, bool optional) {
    std::string text = opening(type);
    text += optional ? R"(,"optional":true)" : R"(,"optional":false)";
    if (!type.semantic.empty()) {
        text +=
            ",\"name\":" + quoted(type.semantic) + ",\"version\":" + std::to_string(type.version);
    }
    if (type.connect == ConnectKind::kStruct) {
        text += ",\"doc\":" + quoted(struct_doc(type));
    }
    return text + parameters_member(type.parameters);
}

std::string default_member(const Column& column, const ValueType& type,
                           const EncodeOptions& options) {
    const std::string value = default_json(column, type, options);
    return value.empty() ? value : ",\"default\":" + value;
}

std::string field_schema(const Column& column, const EncodeOptions& options,
                         std::string_view name) {
    const ValueType type = value_type(column, options);
    if (type.form == ValueForm::kOmitted) return {};
    std::string text;
    if (type.array) {
        text = R"({"type":"array","items":)" + scalar_schema(type, true) + "}";
        text += type.optional ? R"(,"optional":true)" : R"(,"optional":false)";
        text += parameters_member(column.notes);
    } else {
        text = scalar_schema(type, type.optional) + default_member(column, type, options);
    }
    return name.empty() ? text + "}" : text + ",\"field\":" + quoted(name) + "}";
}

std::string fields_schema(const Relation& relation, const std::vector<std::uint16_t>& columns,
                          const EncodeOptions& options) {
    std::string text;
    for (const std::uint16_t index : columns) {
        const std::string field =
            field_schema(relation.columns[index], options, relation.columns[index].name);
        if (field.empty()) continue;
        if (!text.empty()) text += ',';
        text += field;
    }
    return text;
}

std::string row_schema(const Relation& relation, const EncodeOptions& options,
                       std::string_view field) {
    return R"({"type":"struct","fields":[)" +
           fields_schema(relation, all_columns(relation), options) +
           R"(],"optional":true,"name":)" + quoted(schema_name(relation, options, "Value")) +
           ",\"field\":" + quoted(field) + "}";
}

}  // namespace

std::string default_json(const Column& column, const ValueType& type,
                         const EncodeOptions& options) {
    const auto value = default_value(column, type, options.compat);
    if (!value) return {};
    ValueContext context(options);
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    if (json_writer(type)(writer, value->view(), type, context) != Outcome::kDone) return {};
    writer.finish();
    return std::string(buffer.bytes());
}

std::string schema_name(const Relation& relation, const EncodeOptions& options,
                        std::string_view suffix) {
    return debezium_topic_name(options.topic_prefix, relation.schema, relation.name) + "." +
           std::string(suffix);
}

std::string source_schema() {
    return R"({"type":"struct","fields":[)" + std::string(kSourceFields) +
           R"(],"optional":false,"name":"io.debezium.connector.postgresql.Source","version":1,)"
           R"("field":"source"})";
}

std::string_view transaction_block_schema() {
    return kTransactionBlock;
}

std::string envelope_schema(const Relation& relation, const EncodeOptions& options) {
    std::string text = R"({"type":"struct","fields":[)";
    text += row_schema(relation, options, "before") + ",";
    text += row_schema(relation, options, "after") + ",";
    text += source_schema() + ",";
    text.append(transaction_block_schema()).append(",").append(kEnvelopeEnd);
    return text + quoted(schema_name(relation, options, "Envelope")) + ",\"version\":2}";
}

Relation without_notes(const Relation& relation) {
    Relation bare = relation;
    for (Column& column : bare.columns) column.notes.clear();
    return bare;
}

std::string column_schema(const Column& column, const EncodeOptions& options,
                          std::string_view field) {
    return field_schema(column, options, field);
}

std::string flat_schema(const Relation& relation, const EncodeOptions& options,
                        std::string_view more) {
    std::string fields = fields_schema(relation, all_columns(relation), options);
    if (!fields.empty() && !more.empty()) fields += ',';
    fields += more;
    return R"({"type":"struct","fields":[)" + fields + R"(],"optional":false,"name":)" +
           quoted(schema_name(relation, options, "Value")) + "}";
}

std::string key_schema(const Relation& relation, const std::vector<std::uint16_t>& columns,
                       const EncodeOptions& options) {
    const Relation bare = without_notes(relation);
    return R"({"type":"struct","fields":[)" + fields_schema(bare, columns, options) +
           R"(],"optional":false,"name":)" + quoted(schema_name(relation, options, "Key")) + "}";
}

}  // namespace penstock
