// The schema that Kafka Connect's JsonConverter puts into every record when schemas.enable is on:
// the text of {"type":...} for columns, keys and envelopes, in Connect's order of members. Built
// once per relation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/value_type.hpp"
#include "engine/relation.hpp"

namespace penstock {

// Of a row's value: the whole envelope.
std::string envelope_schema(const Relation& relation, const EncodeOptions& options);

// The relation as keys show it: what lists note of columns is told in rows only, as Debezium does.
Relation without_notes(const Relation& relation);

// Of one column's value, as a field of the name `field`, or without a name when that is empty.
std::string column_schema(const Column& column, const EncodeOptions& options,
                          std::string_view field);

// Of a flat record: the row's fields and then `more`, the text of further ones.
std::string flat_schema(const Relation& relation, const EncodeOptions& options,
                        std::string_view more);

// Of a key with these columns (indexes into relation.columns, in key order).
std::string key_schema(const Relation& relation, const std::vector<std::uint16_t>& columns,
                       const EncodeOptions& options);

// The name of one of a table's schemas: "<prefix>.<schema>.<table>.<suffix>".
std::string schema_name(const Relation& relation, const EncodeOptions& options,
                        std::string_view suffix);

// The members `source` and `transaction` that every envelope has.
std::string source_schema();
std::string_view transaction_block_schema();

// A column's default as JSON, in the form of its values; empty when schemas show none.
std::string default_json(const Column& column, const ValueType& type, const EncodeOptions& options);

}  // namespace penstock
