// A table's description as the stream carries it: penstock.v1.Relation as plain structs. Field
// meanings, units and numbers are those of proto/penstock.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace penstock {

enum class ValueKind : std::uint8_t {
    kUnspecified = 0,
    kBool,
    kInt32,
    kInt64,
    kUint32,
    kUint64,
    kFloat,
    kDouble,
    kNumeric,
    kString,
    kBytes,
    kUuid,
    kDate,
    kTime,
    kTimestamp,
    kTimestamptz,
    kInterval,
    kMoney,
    kBit,
    kText,
};

enum class ReplicaIdentity : std::uint8_t { kUnspecified = 0, kDefault, kNothing, kFull, kIndex };

struct Column {
    std::uint32_t attnum = 0;  // Field number in row messages.
    std::string name;
    std::uint32_t type_oid = 0;
    std::string type_name;
    std::uint32_t base_type_oid = 0;
    std::string base_type_name;
    std::int32_t typmod = -1;
    ValueKind kind = ValueKind::kUnspecified;  // Of the element when `array`.
    bool array = false;
    bool not_null = false;
    char generated = 0;
    char identity = 0;
    std::uint32_t replica_key_position = 0;
    std::uint32_t primary_key_position = 0;
    std::uint32_t unique_key_position = 0;
    std::optional<std::string> default_expression;
    std::vector<std::string> enum_labels;
    std::optional<std::uint32_t> fraction_digits;
    std::uint32_t element_type_oid = 0;
    std::string element_type_name;
    char type_kind = 0;

    // Never of the stream: what the consumer's own lists make of the column.
    std::uint32_t number = 0;  // In records that number their fields; 0 is attnum (field_number()).
    bool key_only = false;     // In the key of records, not in their rows.
    std::vector<std::pair<std::string, std::string>> notes;  // For schemas: names and values.
};

constexpr std::uint32_t field_number(const Column& column) {
    return column.number != 0 ? column.number : column.attnum;
}

// A field number that records of a topic have had, and the last name of its column.
struct RetiredField {
    std::uint32_t number = 0;
    std::string name;
    bool operator==(const RetiredField&) const = default;
};

struct Relation {
    std::uint32_t id = 0;  // Of the session that sent it.
    std::uint64_t fingerprint = 0;
    std::uint32_t oid = 0;
    std::string schema;
    std::string name;
    char kind = 0;
    ReplicaIdentity replica_identity = ReplicaIdentity::kUnspecified;
    std::uint32_t leaf_oid = 0;
    std::vector<Column> columns;  // In ascending attnum.

    // Never of the stream: what the records of the topic have had (assign_field_numbers()).
    std::vector<RetiredField> retired;
};

}  // namespace penstock
