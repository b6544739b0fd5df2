#include "encode/protobuf_schema.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "encode/avro_name.hpp"
#include "encode/protobuf_name.hpp"

namespace penstock {
namespace {

// How the values of a kind lie in a row message, and what a reader has to know of them.
struct KindText {
    std::string_view type;
    std::string_view array;    // The message of an array of them.
    std::string_view element;  // The type of its elements.
    std::string_view meaning;
};

constexpr std::string_view kInfinities = "the smallest and the largest are -infinity and infinity";

KindText text_of(ValueKind kind) {
    switch (kind) {
        case ValueKind::kBool:
            return {"bool", "BoolArray", "bool", ""};
        case ValueKind::kInt32:
            return {"sint32", "Sint32Array", "sint32", ""};
        case ValueKind::kInt64:
            return {"sint64", "Sint64Array", "sint64", ""};
        case ValueKind::kUint32:
            return {"uint32", "Uint32Array", "uint32", ""};
        case ValueKind::kUint64:
            return {"uint64", "Uint64Array", "uint64", ""};
        case ValueKind::kFloat:
            return {"float", "FloatArray", "float", ""};
        case ValueKind::kDouble:
            return {"double", "DoubleArray", "double", ""};
        case ValueKind::kNumeric:
            return {"string", "StringArray", "string",
                    "all digits of the decimal, or NaN, Infinity, -Infinity"};
        case ValueKind::kBytes:
            return {"bytes", "BytesArray", "bytes", ""};
        case ValueKind::kUuid:
            return {"bytes", "BytesArray", "bytes", "16 bytes in the order of the text"};
        case ValueKind::kDate:
            return {"sint32", "Sint32Array", "sint32", "days since 1970-01-01"};
        case ValueKind::kTime:
            return {"int64", "Int64Array", "int64",
                    "microseconds since midnight; 24:00 is 86400000000"};
        case ValueKind::kTimestamp:
            return {"sfixed64", "Sfixed64Array", "sfixed64",
                    "microseconds since 1970-01-01 00:00:00, in no time zone"};
        case ValueKind::kTimestamptz:
            return {"sfixed64", "Sfixed64Array", "sfixed64",
                    "microseconds since 1970-01-01 00:00:00 UTC"};
        case ValueKind::kInterval:
            return {"Interval", "IntervalArray", "Interval", ""};
        case ValueKind::kMoney:
            return {"sint64", "Sint64Array", "sint64", "in the smallest unit of the currency"};
        case ValueKind::kBit:
            return {"string", "StringArray", "string", "digits 0 and 1"};
        case ValueKind::kText:
            return {"string", "StringArray", "string", "as PostgreSQL prints it"};
        default:
            return {"string", "StringArray", "string", ""};
    }
}

bool has_infinities(ValueKind kind) {
    return kind == ValueKind::kDate || kind == ValueKind::kTimestamp ||
           kind == ValueKind::kTimestamptz;
}

std::string digits_of(const Column& column) {
    if (column.kind != ValueKind::kNumeric || column.typmod < 4) return {};
    const int modifier = column.typmod - 4;
    const int scale = ((modifier & 0x7FF) ^ 1024) - 1024;  // Eleven bits with a sign.
    return "(" + std::to_string(modifier >> 16 & 0xFFFF) + "," + std::to_string(scale) + ")";
}

// "numeric(10,2)", "int4[]", "public.positive (int4)".
std::string type_of(const Column& column) {
    const std::string base = column.array ? column.element_type_name + digits_of(column) + "[]"
                                          : column.base_type_name + digits_of(column);
    if (column.type_oid == column.base_type_oid) return base;
    return column.type_name + " (" + base + ")";
}

std::string meaning_of(const Column& column) {
    std::string meaning(text_of(column.kind).meaning);
    if (column.kind == ValueKind::kMoney) {
        meaning += ", with " + std::to_string(column.fraction_digits.value_or(2)) +
                   " digits behind the point";
    }
    if (has_infinities(column.kind)) meaning += std::string("; ").append(kInfinities);
    return meaning;
}

using Columns = std::vector<const Column*>;

Columns in_number_order(Columns columns) {
    std::sort(columns.begin(), columns.end(),
              [](const Column* a, const Column* b) { return field_number(*a) < field_number(*b); });
    return columns;
}

// Returns the field's name.
std::string put_column(std::string& out, const Column& column, ProtobufFieldNames& names,
                       std::string_view indent, bool optional) {
    const std::uint32_t number = field_number(column);
    const std::string name = names.name_of(column.name, number);
    std::string comment = type_of(column);
    if (column.not_null) comment += " not null";
    if (name != column.name) comment += ", column \"" + column.name + "\"";
    const std::string meaning = meaning_of(column);
    if (!meaning.empty()) comment += ": " + meaning;
    const KindText kind = text_of(column.kind);
    out.append(indent).append("// ").append(comment_text(comment)).append("\n").append(indent);
    if (optional) out += "optional ";
    out.append(column.array ? kind.array : kind.type);
    out.append(" ").append(name).append(" = ").append(std::to_string(number)).append(";\n");
    return name;
}

void append_listed(std::string& list, const std::string& item) {
    if (!list.empty()) list += ", ";
    list += item;
}

// Numbers and names: some registries want both. A name that a field has again cannot be kept.
void put_retired(std::string& out, const std::vector<RetiredField>& retired,
                 std::set<std::string> names) {
    std::string reserved;
    std::string reserved_names;
    for (const RetiredField& field : retired) {
        append_listed(reserved, std::to_string(field.number));
        const std::string name = avro_field_name(field.name);
        if (names.insert(name).second) append_listed(reserved_names, '"' + name + '"');
    }
    if (reserved.empty()) return;
    out += "        // Columns that are gone.\n        reserved " + reserved + ";\n";
    if (!reserved_names.empty()) out += "        reserved " + reserved_names + ";\n";
}

void put_row(std::string& out, const Relation& relation) {
    Columns columns;
    for (const Column& column : relation.columns) columns.push_back(&column);
    ProtobufFieldNames names;
    std::set<std::string> taken;
    out += "\n    message Row {\n";
    for (const Column* column : in_number_order(columns)) {
        taken.insert(put_column(out, *column, names, "        ", true));
    }
    put_retired(out, relation.retired, std::move(taken));
    out += "    }\n";
}

// The message of an interval, indented by four; arrays use it as well.
constexpr std::string_view kInterval = R"(
    // The three parts count each for itself: a month is no number of days. All three at their
    // smallest or largest values: -infinity or infinity.
    message Interval {
        sint32 months = 1;
        sint32 days = 2;
        sint64 microseconds = 3;
    }
)";

void put_array(std::string& out, std::string_view name, std::string_view element) {
    out.append("\n    message ").append(name).append(" {\n");
    out.append("        // What is not null, in the order of storage.\n");
    out.append("        repeated ").append(element).append(" element = 1;\n");
    out.append("        // Places of the nulls among all elements, from 0.\n");
    out.append("        repeated uint32 null_position = 2;\n");
    out.append("        // Only when it is not of one dimension from 1.\n");
    out.append("        repeated uint32 dimension = 3;\n");
    out.append("        repeated sint32 lower_bound = 4;\n    }\n");
}

// The messages that the columns' values are made of, and for an array its element's type.
using ValueMessages = std::map<std::string, std::string_view>;

constexpr const char* kIntervalName = "Interval";

ValueMessages value_messages(const Columns& columns) {
    ValueMessages messages;
    for (const Column* column : columns) {
        const KindText kind = text_of(column->kind);
        if (column->array) messages[std::string(kind.array)] = kind.element;
        if (column->kind == ValueKind::kInterval) messages[kIntervalName] = {};
    }
    return messages;
}

void put_value_messages(std::string& out, const ValueMessages& messages) {
    for (const auto& [name, element] : messages) {
        if (name == kIntervalName) {
            out += kInterval;
        } else {
            put_array(out, name, element);
        }
    }
}

std::set<std::string> names_of(const ValueMessages& messages) {
    std::set<std::string> names;
    for (const auto& [name, element] : messages) names.insert(name);
    return names;
}

std::string head(const Relation& relation, std::string_view what, const std::string& topic) {
    const std::string package = protobuf_package(topic);
    return "// " + std::string(what) + " of table " +
           comment_text(relation.schema + "." + relation.name) +
           ", as penstock writes them to Kafka.\nsyntax = \"proto3\";\n\npackage " + package +
           ";\n\noption java_multiple_files = true;\noption java_package = \"" +
           java_package(package) + "\";\n";
}

constexpr std::string_view kEnvelope = R"(
// A column of a row is exactly one of: value (the field is there), null (it is not), unchanged (a
// large value that the server did not log again), marked (a value that could not be carried), not
// in this image (see before_image).
message Envelope {
    Operation op = 1;
    // The old row, as far as the replica identity of the table logs it.
    Row before = 2;
    Row after = 3;
    BeforeImage before_image = 4;
    // Numbers of the fields of `after` that are unchanged.
    repeated uint32 unchanged = 5;
    // Pairs: the number of a field, 65536 more for one of `before`; the reason, 1 for what has no
    // text in UTF-8, 2 for what is too large, 3 for what is out of range.
    repeated uint32 marked = 6;
    // Numbers of fields that are left out of `before` for being the same in `after`.
    repeated uint32 same_as_after = 7;
    // The bytes of the marked values but those that are too large, in order.
    repeated bytes marked_raw = 8;
    reserved 9 to 15;
    Source source = 16;
    // When the change became a record: nanoseconds since 1970-01-01 00:00:00 UTC.
    sfixed64 published_time_ns = 17;

    enum Operation {
        OPERATION_UNSPECIFIED = 0;
        INSERT = 1;
        UPDATE = 2;
        DELETE = 3;
        // A row of a snapshot.
        READ = 4;
        // Neither before nor after.
        TRUNCATE = 5;
    }

    enum BeforeImage {
        NONE = 0;
        // Only the columns of the replica identity are in `before`.
        KEY = 1;
        // All columns are.
        FULL = 2;
    }
)";

constexpr std::string_view kSource = R"(
    message Source {
        // The prefix of the topics.
        string server = 1;
        string database = 2;
        string schema = 3;
        string table = 4;
        uint32 xid = 5;
        // Position in the WAL where the commit record of the transaction begins.
        fixed64 commit_lsn = 6;
        // Microseconds since 1970-01-01 00:00:00 UTC.
        sfixed64 commit_time_us = 7;
        // The replication origin, and the position there.
        optional string origin = 8;
        optional fixed64 origin_lsn = 9;
        // Position in the WAL of the change itself.
        fixed64 lsn = 10;
        // The number of the change in its transaction, from 0: with commit_lsn it names a change
        // for ever, and orders all of them.
        uint64 ordinal = 11;
    }
)";

}  // namespace

std::string protobuf_value_schema(const Relation& relation, const std::string& topic) {
    Columns columns;
    for (const Column& column : relation.columns) columns.push_back(&column);
    std::string text = head(relation, "Changes", topic);
    text += kEnvelope;
    put_row(text, relation);
    text += kSource;
    put_value_messages(text, value_messages(columns));
    text += "}\n";
    return text;
}

std::string protobuf_key_schema(const Relation& relation, const std::string& topic,
                                const std::vector<std::uint16_t>& columns) {
    Columns chosen;
    for (const std::uint16_t index : columns) chosen.push_back(&relation.columns[index]);
    std::string text = head(relation, "Keys", topic);
    text += "\nmessage Key {\n";
    const ValueMessages messages = value_messages(chosen);
    ProtobufFieldNames names(names_of(messages));
    for (const Column* column : in_number_order(chosen)) {
        put_column(text, *column, names, "    ", !column->not_null);
    }
    put_value_messages(text, messages);
    text += "}\n";
    return text;
}

}  // namespace penstock
