// Values that JSON has as objects and lists: Debezium's structures and vectors. What geometry and
// value_convert give, written down.
#pragma once

#include <string>

#include "encode/json_value.hpp"

namespace penstock {

// The writer of a form that is one; null for all others.
JsonWriter json_struct_writer(ValueForm form);

// The zero of such a form; empty for all others.
std::string json_struct_zero(const ValueType& type);

}  // namespace penstock
