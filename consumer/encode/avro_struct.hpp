// Values that Avro has as records and arrays of their own: Debezium's structures and vectors. What
// geometry and value_convert give, written down.
#pragma once

#include <string>

#include "encode/avro_value.hpp"

namespace penstock {

// The writer of a form that is one; null for all others.
AvroWriter avro_struct_writer(ValueForm form);

// The zero of such a form; empty for all others. The values are those of json_struct_zero().
std::string avro_struct_zero(const ValueType& type);

}  // namespace penstock
