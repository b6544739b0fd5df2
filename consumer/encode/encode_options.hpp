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
    kFlatAvro,      // "flat-avro"
};

// The Debezium release whose bytes are imitated; it is also source.version.
enum class DebeziumCompat : std::uint8_t {
    k36,  // 3.6.1.Final
    k37,  // 3.7.0.Final
};

enum class DecimalHandling : std::uint8_t {
    kPrecise,
    kString,
    kDouble,
    kBounded,  // kPrecise for declared decimals of at most 38 digits, kString for all others.
};
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

// How protobuf keys and values name their schemas. Avro's have Confluent's frame always.
enum class SchemaFraming : std::uint8_t {
    kNone,       // Bare bytes.
    kConfluent,  // In front: 0, four bytes of id, the index byte 0.
    kHeader,     // The same in the headers __key_schema_id and __value_schema_id.
};

// A key of the user's own choosing for the tables whose "schema.table" the pattern matches.
struct KeyColumns {
    std::string table;
    std::vector<std::string> columns;
};

// What becomes of the values of the columns whose "schema.table.column" a pattern matches.
enum class ColumnChange : std::uint8_t {
    kMask,      // `length` asterisks, for a null as well.
    kHash,      // SHA-256 of salt and value in hexadecimal, cut to the declared length.
    kTruncate,  // The first `length` characters, counted as UTF-16 does.
};

struct ColumnRule {
    ColumnChange change = ColumnChange::kMask;
    std::string pattern;
    std::uint32_t length = 0;
};

// Which bytes of a text a hash is made of.
enum class HashInput : std::uint8_t {
    kUtf8,            // "v2" of Debezium.
    kJavaSerialized,  // "v1": as Java's ObjectOutputStream writes the string.
};

// What of the source becomes records at all. Patterns are regular expressions (name_pattern.hpp);
// of each pair at most one list is given.
struct ShapeOptions {
    std::vector<std::string> schema_include;
    std::vector<std::string> schema_exclude;
    std::vector<std::string> table_include;  // Of "schema.table".
    std::vector<std::string> table_exclude;
    std::vector<std::string> column_include;  // Of "schema.table.column".
    std::vector<std::string> column_exclude;
    std::vector<ColumnRule> rules;
    std::string hash_salt;
    HashInput hash_input = HashInput::kUtf8;
    // Columns whose schema tells their type in the source.
    std::vector<std::string> source_type;
};

// Logical messages of this prefix go to a topic as they are: their bytes are the value.
struct MessageTopic {
    std::string prefix;
    std::string topic;
};

// Where events of penstock.emit() may go. Off without topics.
struct EmitOptions {
    std::vector<std::string> topics;
    bool skip_unlisted = false;  // Pass over one for another topic instead of stopping.
};

// What a DELETE becomes where records are flat.
enum class FlatDeletes : std::uint8_t {
    kTombstone,             // A null value.
    kDrop,                  // Nothing.
    kRewrite,               // The old row, with the deleted field true.
    kRewriteWithTombstone,  // Both.
};

// A fact of the change beside the row: its Debezium name ("op", "source.ts_ms") and the name of the
// field or header that shows it.
struct FlatField {
    std::string fact;
    std::string name;
};

// debezium-json without the envelope, as ExtractNewRecordState makes it.
struct FlattenOptions {
    bool enabled = false;
    FlatDeletes deletes = FlatDeletes::kTombstone;
    std::vector<FlatField> fields;
    std::vector<FlatField> headers;
};

// A column of an outbox table that travels beside the payload, under a name of its own.
struct OutboxField {
    enum class Place : std::uint8_t { kHeader, kEnvelope, kPartition };
    std::string column;
    Place place = Place::kHeader;
    std::string name;
};

// What an UPDATE of an outbox table means: its rows are events, which do not change.
enum class OutboxUpdates : std::uint8_t { kSkip, kStop };

// How keys and payloads of outbox records are written.
enum class OutboxFormat : std::uint8_t {
    kJson,  // As Connect's JsonConverter: a text is a JSON string.
    kRaw,   // The bytes of the text or of the bytea.
};

// Tables whose rows are events, as Debezium's EventRouter has them. Off without tables.
struct OutboxOptions {
    std::vector<std::string> tables;  // Patterns of "schema.table".
    std::string id = "id";
    std::string key = "aggregateid";
    std::string payload = "payload";
    std::string timestamp;  // A column with milliseconds or a timestamp; empty: none.
    std::string route_by = "aggregatetype";
    std::string route_pattern = "(?<routedByValue>.*)";
    std::string route_topic = "outbox.event.${routedByValue}";
    std::vector<OutboxField> fields;
    std::string schema_version;  // A column with the version of an envelope's schema.
    std::string tracing;         // A column with Java properties that become headers.
    bool expand_json = false;
    bool tombstone_on_empty_payload = false;
    OutboxUpdates updates = OutboxUpdates::kSkip;
    OutboxFormat format = OutboxFormat::kJson;
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
    bool decimal_numbers = false;  // JSON, kPrecise: decimals as numbers, not as base64 of bytes.
    std::uint32_t money_fraction_digits = 2;
    UnknownTypes unknown_types = UnknownTypes::kText;
    std::string unavailable_value = "__debezium_unavailable_value";
    bool tombstones = true;
    bool truncates = false;          // Records with op "t"; Debezium skips them by default too.
    bool generated_columns = false;  // Stored generated columns, which Debezium's stream lacks.

    // Records that belong to no table, each to a topic of its own.
    bool transaction_metadata = false;  // Begin and end; envelopes have their transaction block.
    bool heartbeat = false;
    std::vector<std::string> message_prefixes;  // Regular expressions; none publishes no message.
    std::vector<MessageTopic> message_topics;   // Come before the prefixes.

    // What preset debezium-exact copies although it is not true: old rows in which absent NOT NULL
    // columns hold their type's zero, and the dates that Debezium makes of the infinities.
    bool old_row_zeros = false;
    bool debezium_infinite_dates = false;
    // The headers __debezium.context.*, on rows and events of outbox tables.
    bool context_headers = false;
    std::string run_id;  // Of the last of them: a UUID, new at each start.

    UnrepresentableValues unrepresentable = UnrepresentableValues::kStop;
    // Tables (patterns) for which it is kNull whatever it is for others.
    std::vector<std::string> null_unrepresentable;
    // Tables (patterns) whose texts are shown as their bytes where these are no valid text.
    std::vector<std::string> bytes_unrepresentable;
    NoIdentity no_identity = NoIdentity::kStop;
    Partitioner partitioner = Partitioner::kKafka;
    SchemaFraming framing = SchemaFraming::kNone;
    bool publish_schemas = false;  // Protobuf: there is a registry, and it gets the schemas.
    std::vector<KeyColumns> key_columns;
    ShapeOptions shape;
    FlattenOptions flatten;
    OutboxOptions outbox;
    EmitOptions emit;
    // Tables (patterns) whose records are left out when Kafka would refuse them for their size.
    std::vector<std::string> skip_too_large;
    // Columns that are cut first in such records: kTruncate always.
    std::vector<ColumnRule> cut_too_large;

    // An unchanged TOAST value is null: the format tells in another place which columns these are.
    bool unchanged_as_null = false;
};

// Whether the names and bytes of `format` are Debezium's.
constexpr bool is_debezium(ValueFormat format) {
    return format == ValueFormat::kDebeziumJson || format == ValueFormat::kDebeziumAvro;
}

}  // namespace penstock
