// What a user may choose about records: the format, the handling modes of Debezium by their own
// names, and what happens where a value has no right place in the format. Plain data, filled from
// the configuration once; no encoder reads anything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace penstock {

enum class ValueFormat : std::uint8_t {
    kDebeziumJson,  // "debezium-json"
    kDebeziumAvro,  // "debezium-avro"
    kProtobuf,      // "protobuf"
    kFlatJson,      // "flat-json"
};

// The Debezium release whose bytes are imitated; it is also source.version.
enum class DebeziumCompat : std::uint8_t {
    k36,  // 3.6.1.Final
    k37,  // 3.7.0.Final
};

enum class DecimalHandling : std::uint8_t { kPrecise, kString, kDouble };
enum class TimePrecision : std::uint8_t {
    kAdaptive,
    kAdaptiveTimeMicroseconds,
    kConnect,
    kIsoString,
    kMicroseconds,
    kNanoseconds,
};
enum class BinaryHandling : std::uint8_t { kBytes, kBase64, kBase64UrlSafe, kHex };
enum class HstoreHandling : std::uint8_t { kJson, kMap };
enum class IntervalHandling : std::uint8_t { kNumeric, kString };

// How types that Debezium leaves out (pg_lsn, xid8, composites, multiranges ...) travel.
enum class UnknownTypes : std::uint8_t { kText, kOmit };

// What becomes of a value that the format has no place for: NaN in a Connect Decimal, a timestamp
// after 294247, a value that the server side marked, an unchanged TOAST value of a type that cannot
// hold the placeholder. A null is only ever written where the column may be null.
enum class UnrepresentableValues : std::uint8_t { kStop, kNull };

// An UPDATE or DELETE of a table that logs no old row.
enum class NoIdentity : std::uint8_t { kStop, kPublish };

// Which bytes of a key choose its partition.
enum class Partitioner : std::uint8_t {
    kKafka,   // As written, schema id included: what Kafka's own producer does.
    kStable,  // Without the schema id.
};

// How a protobuf value or an Avro value names its schema.
enum class SchemaFraming : std::uint8_t {
    kNone,       // Bare bytes.
    kConfluent,  // 0, four bytes of id; for protobuf the index byte 0 as well.
};

// A key of the user's own choosing for one table.
struct KeyColumns {
    std::string schema;
    std::string table;
    std::vector<std::string> columns;
};

struct EncodeOptions {
    ValueFormat format = ValueFormat::kDebeziumJson;
    std::string topic_prefix;
    std::string database;

    bool schemas_enable = false;  // debezium-json: {"schema":...,"payload":...}.
    DebeziumCompat compat = DebeziumCompat::k36;
    DecimalHandling decimal = DecimalHandling::kPrecise;
    TimePrecision time = TimePrecision::kAdaptive;
    BinaryHandling binary = BinaryHandling::kBytes;
    HstoreHandling hstore = HstoreHandling::kJson;
    IntervalHandling interval = IntervalHandling::kNumeric;
    std::uint32_t money_fraction_digits = 2;
    UnknownTypes unknown_types = UnknownTypes::kText;
    std::string unavailable_value = "__debezium_unavailable_value";
    bool tombstones = true;
    bool truncates = false;          // Records with op "t"; Debezium skips them by default too.
    bool generated_columns = false;  // Stored generated columns, which Debezium's stream lacks.
    bool transaction_metadata = false;

    // What preset debezium-exact copies although it is not true: old rows in which absent NOT NULL
    // columns hold their type's zero, and the dates that Debezium makes of the infinities.
    bool old_row_zeros = false;
    bool debezium_infinite_dates = false;
    bool context_headers = false;

    UnrepresentableValues unrepresentable = UnrepresentableValues::kStop;
    NoIdentity no_identity = NoIdentity::kStop;
    Partitioner partitioner = Partitioner::kKafka;
    SchemaFraming framing = SchemaFraming::kNone;
    std::vector<KeyColumns> key_columns;
};

// Whether the names and bytes of `format` are Debezium's.
constexpr bool is_debezium(ValueFormat format) {
    return format == ValueFormat::kDebeziumJson || format == ValueFormat::kDebeziumAvro;
}

}  // namespace penstock
