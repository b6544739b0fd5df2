// The rows of the table of keys about what records show of the source: [filter], [flatten],
// [columns]. Data only.
#include "config/key_table.hpp"

namespace penstock {
namespace {

using C = Configuration;
using enum KeyBound;
using enum KeyUnit;

constexpr KeyRow kRows[] = {
    {.name = "filter.schema_include",
     .place = &C::filter_schema_include,
     .unit = kPatterns,
     .help = "schemas whose tables have records; none is every schema"},
    {.name = "filter.schema_exclude",
     .place = &C::filter_schema_exclude,
     .unit = kPatterns,
     .help = "schemas whose tables have no records"},
    {.name = "filter.table_include",
     .place = &C::filter_table_include,
     .unit = kPatterns,
     .help = "tables (schema.table) that have records; none is every table"},
    {.name = "filter.table_exclude",
     .place = &C::filter_table_exclude,
     .unit = kPatterns,
     .help = "tables (schema.table) that have no records"},
    {.name = "filter.column_include",
     .place = &C::filter_column_include,
     .unit = kPatterns,
     .help = "columns (schema.table.column) that rows show; a key's stay in the key"},
    {.name = "filter.column_exclude",
     .place = &C::filter_column_exclude,
     .unit = kPatterns,
     .help = "columns (schema.table.column) that rows leave out; a key's stay in the key"},

    {.name = "format.unrepresentable_null",
     .place = &C::format_unrepresentable_null,
     .unit = kPatterns,
     .help = "tables (schema.table) for which format.unrepresentable is null"},
    {.name = "format.unrepresentable_bytes",
     .place = &C::format_unrepresentable_bytes,
     .unit = kPatterns,
     .help =
         "tables (schema.table) whose texts are written as \\x and hexadecimal digits where they "
         "are no valid text; the header __penstock_bytes names the columns"},
    {.name = "format.context_headers",
     .place = &C::format_context_headers,
     .help = "Debezium formats: the headers __debezium.context.* (extended.headers.enabled)"},
    {.name = "filter.cut_too_large",
     .place = &C::filter_cut_too_large,
     .unit = kPatterns,
     .help = "length:pattern; texts of these columns (schema.table.column) are cut to so many "
             "characters in records that Kafka would refuse for their size, with a note in "
             "<prefix>.__penstock_skipped; columns of the key are never cut"},
    {.name = "filter.skip_too_large",
     .place = &C::filter_skip_too_large,
     .unit = kPatterns,
     .help =
         "tables (schema.table) whose records may be left out when Kafka would refuse them for "
         "their size, with a note in <prefix>.__penstock_skipped; of others they stop the pipe"},

    {.name = "flatten.enabled",
     .place = &C::flatten_enabled,
     .help = "debezium-json: the row instead of the envelope, as ExtractNewRecordState makes it"},
    {.name = "flatten.deletes",
     .place = &C::flatten_deletes,
     .choices = "tombstone|drop|rewrite|rewrite-with-tombstone|delete-to-tombstone",
     .help = "delete.tombstone.handling.mode of Debezium"},
    {.name = "flatten.add_fields",
     .place = &C::flatten_add_fields,
     .help = "facts of the change as fields, such as op, source.lsn, source.ts_ms:committed"},
    {.name = "flatten.add_fields_prefix",
     .place = &C::flatten_add_fields_prefix,
     .help = "stands before their names"},
    {.name = "flatten.add_headers",
     .place = &C::flatten_add_headers,
     .help = "the same as headers"},
    {.name = "flatten.add_headers_prefix",
     .place = &C::flatten_add_headers_prefix,
     .help = "stands before their names"},

    {.name = "outbox.tables",
     .place = &C::outbox_tables,
     .unit = kPatterns,
     .help = "tables (schema.table) whose rows are events, as Debezium's EventRouter has them"},
    {.name = "outbox.id", .place = &C::outbox_id, .help = "column of the header id"},
    {.name = "outbox.key", .place = &C::outbox_key, .help = "column of the key"},
    {.name = "outbox.payload", .place = &C::outbox_payload, .help = "column of the value"},
    {.name = "outbox.timestamp",
     .place = &C::outbox_timestamp,
     .help = "column of the record's time: milliseconds since 1970 or a timestamp"},
    {.name = "outbox.route_by",
     .place = &C::outbox_route_by,
     .help = "column that chooses the topic"},
    {.name = "outbox.route_pattern",
     .place = &C::outbox_route_pattern,
     .help = "regular expression over its value"},
    {.name = "outbox.route_topic",
     .place = &C::outbox_route_topic,
     .help = "the topic, with ${name} and $1 for groups of the pattern"},
    {.name = "outbox.fields",
     .place = &C::outbox_fields,
     .help = "further columns: column:header or column:envelope, with :name for another name; "
             "column:partition chooses the record's partition"},
    {.name = "outbox.schema_version",
     .place = &C::outbox_schema_version,
     .help = "column with the version of the schema of values that have an envelope"},
    {.name = "outbox.tracing",
     .place = &C::outbox_tracing,
     .help = "column with the tracing context as Java properties, whose entries (traceparent and "
             "the like) become headers; none by default"},
    {.name = "outbox.expand_json",
     .place = &C::outbox_expand_json,
     .help = "write a payload of JSON as the value it is, not as a text"},
    {.name = "outbox.tombstone_on_empty_payload",
     .place = &C::outbox_tombstone_on_empty_payload,
     .help = "write a record without value for a payload that is null"},
    {.name = "outbox.updates",
     .place = &C::outbox_updates,
     .choices = "skip|stop",
     .help = "what an UPDATE of an outbox table means"},
    {.name = "outbox.format",
     .place = &C::outbox_format,
     .choices = "json|raw",
     .help = "key and payload as Connect's JSON (a text is a JSON string) or their bare bytes"},

    {.name = "emit.topics",
     .place = &C::emit_topics,
     .bound = kSelection,
     .help = "topics to which penstock.emit() may publish; none takes no such events"},
    {.name = "emit.unlisted",
     .place = &C::emit_unlisted,
     .choices = "stop|skip",
     .help = "what an event of penstock.emit() for another topic means: stop by name, or pass over "
             "it; every role that may connect can make one"},

    {.name = "columns.mask",
     .place = &C::columns_mask,
     .unit = kPatterns,
     .help = "length:pattern; texts of these columns are so many asterisks"},
    {.name = "columns.hash",
     .place = &C::columns_hash,
     .unit = kPatterns,
     .help = "texts of these columns are their salted SHA-256, cut to the column's length"},
    {.name = "columns.hash_salt", .place = &C::columns_hash_salt, .help = "salt of columns.hash"},
    {.name = "columns.hash_salt_file",
     .place = &C::columns_hash_salt,
     .unit = kSecretFile,
     .help = "file that holds columns.hash_salt"},
    {.name = "columns.hash_version",
     .place = &C::columns_hash_version,
     .choices = "v2|v1",
     .help = "what is hashed: the text (Debezium's hash.v2) or what Java serializes it to (hash)"},
    {.name = "columns.truncate",
     .place = &C::columns_truncate,
     .unit = kPatterns,
     .help = "length:pattern; texts of these columns are cut to so many characters"},
    {.name = "columns.source_type",
     .place = &C::columns_source_type,
     .unit = kPatterns,
     .help = "columns whose schema tells their type in the source"},
};

}  // namespace

std::span<const KeyRow> shape_rows() {
    return kRows;
}

}  // namespace penstock
