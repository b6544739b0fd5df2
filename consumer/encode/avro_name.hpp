// Names in Avro schemas, made from the names of topics and columns. Names of columns are hostile
// input: any byte may come, and two of them can meet in one Avro name.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

// A record's full name as Debezium adjusts it ("schema.name.adjustment.mode=avro"): what is not in
// [a-zA-Z0-9_.] is an underscore, and so is a digit at the very beginning. A digit at the beginning
// of a later part stays, although Avro allows none there: readers have the schemas so. Source:
// io.debezium.schema.SchemaNameAdjuster.
std::string avro_record_name(std::string_view name);

// A field's name ("field.name.adjustment.mode=avro"): each UTF-16 unit outside of [a-zA-Z0-9_] is
// an underscore, and one stands before a digit at the beginning.
std::string avro_field_name(std::string_view name);

// The record of our own formats for the topic `name`: different topics have different names. A byte
// outside of [a-zA-Z0-9_.], a digit that begins a part and an underscore that would read as such an
// escape are "_xHH".
std::string injective_avro_name(std::string_view name);

}  // namespace penstock
