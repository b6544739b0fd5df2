// The .proto files that readers of the format "protobuf" compile: one for the values of a topic and
// one for its keys, each with a single top-level message, so that the index in Confluent's frame is
// always the first. For people, too: units and epochs are in the comments. The bytes are those of
// proto/record.proto with the row messages spelled out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/relation.hpp"

namespace penstock {

// Message Envelope: a change of a row of `relation`.
std::string protobuf_value_schema(const Relation& relation, const std::string& topic);

// Message Key: the columns (indexes into Relation::columns) of a record's key.
std::string protobuf_key_schema(const Relation& relation, const std::string& topic,
                                const std::vector<std::uint16_t>& columns);

}  // namespace penstock
