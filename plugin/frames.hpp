// What the plugin says, as plain structs: one for each frame of proto/penstock.proto. Filled by the
// session, written by a sink. They own nothing; every pointer is good only for the call.
//
// All text here is UTF-8 already. LSNs are PostgreSQL's, times are PostgreSQL's (microseconds since
// 2000-01-01 UTC); the sinks convert to the wire's epoch.
#pragma once

#include "pg.hpp"
#include "value.hpp"

#include <string_view>
#include <type_traits>

namespace penstock {

// Numbers are those of penstock.v1.ReplicaIdentity.
enum class ReplicaIdentity : uint8 { kDefault = 1, kNothing, kFull, kIndex };
// Numbers are those of penstock.v1.Operation.
enum class Operation : uint8 { kInsert = 1, kUpdate, kDelete };
// Numbers are those of penstock.v1.BeforeImage.
enum class BeforeImage : uint8 { kNone = 0, kKey, kFull };
// Numbers are those of penstock.v1.NoticeCode.
enum class NoticeCode : uint8 { kPublicationMissing = 1, kSelectionEmpty, kOptionIgnored };

struct OptionInForce {
    std::string_view name;
    std::string_view value;
};

struct SessionFrame {
    uint32 protocol_version;
    std::string_view plugin_version;
    uint32 server_version_num;
    uint64 system_identifier;
    TimeLineID timeline;
    std::string_view database;
    Oid database_oid;
    std::string_view slot;
    std::string_view server_encoding;
    const OptionInForce* options;
    int option_count;
};

struct ColumnDescription {
    std::string_view name;
    std::string_view type_name;
    std::string_view base_type_name;
    std::string_view element_type_name;   // Empty unless an array.
    std::string_view default_expression;  // With has_default.
    const std::string_view* enum_labels;
    int enum_label_count;
    Oid element_type_oid;
    uint32 field;  // Field number in row messages: the attnum, or that of the root.
    uint32 replica_key_position;
    uint32 primary_key_position;
    uint32 unique_key_position;
    char generated;  // As in pg_attribute; 0 is none.
    char identity;
    char type_kind;  // pg_type.typtype of the base type, or of the element.
    bool not_null;
    bool has_default;
    const ValueEncoder* encoder;  // The type oids, typmod and value kind.
};

struct RelationDescription {
    Oid oid;
    Oid leaf_oid;  // 0 unless published as its root.
    std::string_view schema;
    std::string_view name;
    char kind;
    ReplicaIdentity replica_identity;
    const ColumnDescription* columns;
    int column_count;
};

struct RelationFrame {
    uint32 id;
    uint64 fingerprint;
    const RelationDescription* description;
    std::string_view wire;  // The serialized Relation without id and fingerprint.
};

struct BeginFrame {
    TransactionId xid;
    XLogRecPtr first_lsn;
    XLogRecPtr commit_lsn;
    XLogRecPtr end_lsn;
    TimestampTz commit_time;
    bool has_origin;
    std::string_view origin;
    XLogRecPtr origin_lsn;
};

// One column of a row message. The hot path: what the walk and the sink need and no more.
struct ColumnPlan {
    uint32 field;
    int32 source;  // Index into the deformed tuple of the relation that holds the row.
    bool in_identity;
    bool varlena;  // typlen -1: may be an unchanged TOAST pointer.
    const ColumnDescription* description;
    ValueEncoder encoder;
};

// Where a change stands in its transaction.
struct ChangePosition {
    int64 lsn_delta;
    uint64 ordinal;
    bool has_ordinal;
};

// A row image is an array of column_count values, or null when the record has none. In `before`
// kAbsent means "not in this image" and kUnchanged means "the same as in after".
struct ChangeFrame {
    uint32 relation_id;
    const RelationDescription* relation;
    const ColumnPlan* columns;
    int column_count;
    Operation operation;
    BeforeImage before_image;
    const GatheredValue* before;
    const GatheredValue* after;
    ChangePosition position;
};

struct CommitFrame {
    XLogRecPtr end_lsn;
    uint64 sent;
    uint64 decoded;
};

struct TruncateFrame {
    const uint32* relation_ids;
    const RelationDescription* const* relations;
    int relation_count;
    bool cascade;
    bool restart_identity;
    ChangePosition position;
};

struct MessageFrame {
    bool transactional;
    XLogRecPtr lsn;
    TransactionId xid;
    std::string_view prefix;
    std::string_view content;
    ChangePosition position;  // Transactional only.
};

struct NoticeFrame {
    NoticeCode code;
    std::string_view name;
    std::string_view detail;
};

static_assert(std::is_trivially_destructible_v<SessionFrame>);
static_assert(std::is_trivially_destructible_v<RelationDescription>);
static_assert(std::is_trivially_destructible_v<ColumnPlan>);
static_assert(std::is_trivially_destructible_v<ChangeFrame>);

}  // namespace penstock
