#include "run/shape_wiring.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "config/value_text.hpp"

namespace penstock {
namespace {

void add_counted_rules(std::vector<ColumnRule>& rules, ColumnChange change,
                       const std::vector<std::string>& items) {
    for (const std::string& item : items) {
        const auto counted = parse_counted_pattern(item);
        if (counted) rules.push_back({change, counted->pattern, counted->length});
    }
}

// The configuration has been checked against the same names.
FlatDeletes flat_deletes(const std::string& name) {
    if (name == "drop") return FlatDeletes::kDrop;
    if (name == "rewrite") return FlatDeletes::kRewrite;
    if (name == "rewrite-with-tombstone") return FlatDeletes::kRewriteWithTombstone;
    return FlatDeletes::kTombstone;  // And "delete-to-tombstone".
}

// "source.lsn" is shown as <prefix>source_lsn, "source.lsn:at" as <prefix>at.
std::vector<FlatField> flat_fields(const std::vector<std::string>& items,
                                   const std::string& prefix) {
    std::vector<FlatField> fields;
    for (const std::string& item : items) {
        const auto colon = item.find(':');
        FlatField field{item.substr(0, colon), {}};
        field.name = colon == std::string::npos ? field.fact : item.substr(colon + 1);
        std::replace(field.name.begin(), field.name.end(), '.', '_');
        field.name.insert(0, prefix);
        fields.push_back(std::move(field));
    }
    return fields;
}

FlattenOptions make_flatten_options(const Configuration& configuration) {
    FlattenOptions flatten;
    flatten.enabled = configuration.flatten_enabled;
    flatten.deletes = flat_deletes(configuration.flatten_deletes);
    flatten.fields =
        flat_fields(configuration.flatten_add_fields, configuration.flatten_add_fields_prefix);
    flatten.headers =
        flat_fields(configuration.flatten_add_headers, configuration.flatten_add_headers_prefix);
    return flatten;
}

ShapeOptions make_shape_options(const Configuration& configuration) {
    ShapeOptions shape;
    shape.schema_include = configuration.filter_schema_include;
    shape.schema_exclude = configuration.filter_schema_exclude;
    shape.table_include = configuration.filter_table_include;
    shape.table_exclude = configuration.filter_table_exclude;
    shape.column_include = configuration.filter_column_include;
    shape.column_exclude = configuration.filter_column_exclude;
    shape.source_type = configuration.columns_source_type;
    shape.hash_salt = configuration.columns_hash_salt.reveal();
    shape.hash_input =
        configuration.columns_hash_version == "v1" ? HashInput::kJavaSerialized : HashInput::kUtf8;
    add_counted_rules(shape.rules, ColumnChange::kMask, configuration.columns_mask);
    for (const std::string& pattern : configuration.columns_hash) {
        shape.rules.push_back({ColumnChange::kHash, pattern, 0});
    }
    add_counted_rules(shape.rules, ColumnChange::kTruncate, configuration.columns_truncate);
    return shape;
}

// "column:header", "column:envelope:name" or "column:partition"; another form was refused with the
// configuration.
OutboxField outbox_field(const std::string& item) {
    const auto colon = item.find(':');
    const auto second = item.find(':', colon + 1);
    OutboxField field;
    field.column = item.substr(0, colon);
    const std::string place = item.substr(colon + 1, second - colon - 1);
    field.place = place == "envelope"    ? OutboxField::Place::kEnvelope
                  : place == "partition" ? OutboxField::Place::kPartition
                                         : OutboxField::Place::kHeader;
    field.name = second == std::string::npos ? field.column : item.substr(second + 1);
    return field;
}

OutboxOptions make_outbox_options(const Configuration& configuration) {
    OutboxOptions outbox;
    outbox.tables = configuration.outbox_tables;
    outbox.id = configuration.outbox_id;
    outbox.key = configuration.outbox_key;
    outbox.payload = configuration.outbox_payload;
    outbox.timestamp = configuration.outbox_timestamp;
    outbox.route_by = configuration.outbox_route_by;
    outbox.route_pattern = configuration.outbox_route_pattern;
    outbox.route_topic = configuration.outbox_route_topic;
    for (const std::string& item : configuration.outbox_fields) {
        outbox.fields.push_back(outbox_field(item));
    }
    outbox.schema_version = configuration.outbox_schema_version;
    outbox.tracing = configuration.outbox_tracing;
    outbox.expand_json = configuration.outbox_expand_json;
    outbox.tombstone_on_empty_payload = configuration.outbox_tombstone_on_empty_payload;
    outbox.updates =
        configuration.outbox_updates == "stop" ? OutboxUpdates::kStop : OutboxUpdates::kSkip;
    outbox.format = configuration.outbox_format == "raw" ? OutboxFormat::kRaw : OutboxFormat::kJson;
    return outbox;
}

}  // namespace

void set_shape_options(const Configuration& configuration, EncodeOptions& options) {
    options.shape = make_shape_options(configuration);
    options.flatten = make_flatten_options(configuration);
    options.outbox = make_outbox_options(configuration);
    options.null_unrepresentable = configuration.format_unrepresentable_null;
    options.bytes_unrepresentable = configuration.format_unrepresentable_bytes;
    options.skip_too_large = configuration.filter_skip_too_large;
    add_counted_rules(options.cut_too_large, ColumnChange::kTruncate,
                      configuration.filter_cut_too_large);
    options.emit = {configuration.emit_topics, configuration.emit_unlisted == "skip"};
}

}  // namespace penstock
