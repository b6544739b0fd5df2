// What a column's values become in a record: Debezium's table of types, in one place. A pure
// function of the column and the handling modes; every format and every schema text reads its
// result. Source of the mapping: io.debezium.connector.postgresql.PostgresValueConverter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/encode_options.hpp"
#include "engine/relation.hpp"

namespace penstock {

// Types of Kafka Connect's data model.
enum class ConnectKind : std::uint8_t {
    kBoolean,
    kInt16,
    kInt32,
    kInt64,
    kFloat,
    kDouble,
    kString,
    kBytes,
    kMap,     // Of string to optional string.
    kStruct,  // One of Debezium's own: VariableScaleDecimal, Point, Geometry, ...
    kArray,   // Of double or float: a vector of pgvector's.
};

// From the value on the wire to the value in the record.
enum class ValueForm : std::uint8_t {
    kOmitted,
    kBoolean,
    kInt16,
    kInt32,
    kInt64,
    kUnsignedText,  // xid8, oid aliases.
    kLsnText,
    kFloat,
    kDouble,
    kString,
    kUuidText,
    kDecimal,          // Bytes of the unscaled integer at ValueType::scale.
    kVariableDecimal,  // {scale, value}
    kDecimalText,
    kDecimalDouble,
    kDecimalNumber,  // JSON alone: a number with all its digits.
    kMoney,          // As kDecimal.
    kMoneyText,
    kMoneyDouble,
    kMoneyNumber,  // As kDecimalNumber.
    kBytes,
    kBytesBase64,
    kBytesBase64UrlSafe,
    kBytesHex,
    kBits,     // Little-endian bytes, no zeros at the end.
    kBitFlag,  // bit(1) as boolean.
    kDate,     // Days.
    kDateText,
    kTimeMillis,
    kTimeMicros,
    kTimeNanos,
    kTimeText,
    kTimestampMillis,
    kTimestampMicros,
    kTimestampNanos,
    kTimestampText,
    kZonedTimestamp,
    kZonedTime,
    kIntervalMicros,
    kIntervalText,
    kHstoreJson,
    kHstoreMap,
    kPoint,
    // From here on without a default in schemas (default_value).
    kPostgis,  // geometry and geography
    kBox,
    kSegment,
    kPath,
    kPolygon,
    kLine,
    kCircle,
    kVector,
    kHalfVector,
    kCount_,
};

struct ValueType {
    ValueForm form = ValueForm::kOmitted;  // Of the element when `array`.
    ValueKind kind = ValueKind::kUnspecified;
    bool array = false;
    bool optional = true;
    int scale = 0;       // Decimals: digits behind the point in the record.
    int precision = 0;   // Decimals: declared digits, 0 for none.
    int digits = 6;      // Times: declared digits of a second.
    int wire_scale = 0;  // Money: digits behind the point in the wire's integer.

    // The Connect schema of the value (of the element when `array`).
    ConnectKind connect = ConnectKind::kString;
    std::string_view semantic;  // "io.debezium.data.Json"; empty for none. Static storage.
    int version = 1;            // Of the semantic type.
    std::vector<std::pair<std::string, std::string>> parameters;

    // Whether Debezium's stream has this column as well.
    bool known_to_debezium = true;
};

// Whether a Geometry tells its shape as well: its second version, of Debezium 3.7.
inline bool has_extensions(const ValueType& type) {
    return type.version == 2;
}

// What the centre of a circle is.
ValueType point_type();

// The handling of `column` under `options`. kOmitted: no such field in records.
ValueType value_type(const Column& column, const EncodeOptions& options);

}  // namespace penstock
