// The fields of Debezium's structures in Connect's and in Avro's schemas, side by side, because a
// value's bytes are written by the one table that both read from. Source: the classes of
// io.debezium.data and io.debezium.data.geometry.
#pragma once

#include <string>
#include <string_view>

#include "encode/value_type.hpp"

namespace penstock {

// `type` is a ConnectKind::kStruct.
std::string connect_struct_fields(const ValueType& type);

// The same for Avro, but for a circle, whose centre is a record of its own.
std::string_view avro_struct_fields(const ValueType& type);

std::string_view struct_doc(const ValueType& type);

}  // namespace penstock
