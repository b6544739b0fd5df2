// The Avro schemas that Confluent's AvroConverter makes of Debezium's Connect schemas: the text of
// records for keys, rows and envelopes, in the converter's order of members, so that a registry
// finds what Debezium registered. Built once per relation. Source of the rules:
// io.confluent.connect.avro.AvroData.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/avro_row.hpp"
#include "encode/encode_options.hpp"
#include "encode/value_type.hpp"
#include "engine/relation.hpp"

namespace penstock {

// A column's default as the JSON of an Avro schema, empty when schemas show none. Maps and points
// have none: Avro has no right text for theirs.
std::string avro_default_json(const Column& column, const ValueType& type,
                              const EncodeOptions& options);

// Of a record `name` (a full name) with these columns, which are relation's, and `tail` behind
// them: further fields as text, each with a comma before it. No connect.name when `connect_name` is
// empty.
std::string avro_record_schema(const Relation& relation, std::string_view name,
                               const std::vector<AvroColumn>& columns, std::string_view tail,
                               std::string_view connect_name);

// Of the whole envelope of rows with these columns. `topic_name`: the record's namespace, adjusted.
std::string avro_envelope_schema(const Relation& relation, std::string_view topic_name,
                                 const std::vector<AvroColumn>& columns);

// Of the source block, as a type in a record of the namespace `inside`: within its own it needs no
// name of it.
std::string avro_source_schema(std::string_view inside);
// The field of the transaction block.
std::string_view avro_transaction_field();

}  // namespace penstock
