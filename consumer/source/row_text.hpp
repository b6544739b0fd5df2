// Values as a person reads them in a terminal: close to what psql shows, strings in quotes, control
// bytes escaped (a value may not steer the terminal), long values cut. Not a format: nothing may
// parse it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "encode/row.hpp"
#include "engine/relation.hpp"

namespace penstock {

// Bytes of one value that are shown; a longer one ends in "...".
inline constexpr std::size_t kValueTextMax = 120;

// Appends the value of `column`. A value that does not fit its kind is shown as what it is: a
// broken one.
void append_value_text(std::string& out, const Column& column, const FieldValue& value);

// Appends `text` without the quotes: control bytes as \xHH, cut at kValueTextMax.
void append_printable(std::string& out, std::string_view text);

}  // namespace penstock
