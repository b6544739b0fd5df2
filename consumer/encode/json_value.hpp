// Values of columns as JSON, in the bytes of Kafka Connect's JsonConverter: what a conversion of
// value_convert gives, written down. Does not decide what a type becomes (value_type does) nor what
// happens to a value that has no place (the row does).
#pragma once

#include <string>

#include "encode/byte_writer.hpp"
#include "encode/value_convert.hpp"

namespace penstock {

// Writes one value that is not null. Unless it answers kDone it has written nothing that counts:
// a scalar nothing at all, an array an unfinished beginning.
using JsonWriter = Outcome (*)(ByteWriter& out, const FieldValue& value, const ValueType& type,
                               ValueContext& context);

// The writer of a type that is not kOmitted.
JsonWriter json_writer(const ValueType& type);

// A value that came marked as out of range, where the form has room for it.
Outcome put_json_far_moment(ByteWriter& out, std::string_view raw, const ValueType& type);

// The JSON that stands for an unchanged TOAST value; empty where the type cannot hold the
// placeholder. Source: io.debezium.connector.postgresql.UnchangedToastedPlaceholder.
std::string json_placeholder(const ValueType& type, std::string_view placeholder);

// The zero that Debezium invents for a NOT NULL column which an old row does not tell.
std::string json_zero(const ValueType& type);

}  // namespace penstock
