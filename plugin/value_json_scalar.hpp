// JSON text of the single kinds of scalars, for people and the regression tests, from the form in
// which they travel on the wire. Numbers are bare where JSON holds them exactly; everything else is
// a JSON string. It knows nothing of encoders, columns or rows; append_json_value chooses among
// these.
#pragma once

#include "pg.hpp"

namespace penstock {

// A JSON number where it is finite; the shortest text that reads back as the same bits. "NaN" and
// the infinities are strings.
void append_json_float(StringInfo out, float value);
void append_json_double(StringInfo out, double value);

// Two hexadecimal digits a byte, behind \\x, as psql shows a bytea.
void append_json_bytes(StringInfo out, const char* data, Size size);
void append_json_uuid(StringInfo out, const char* data);

// ISO 8601 as in to_json: days or microseconds since 1970-01-01, microseconds since midnight; with
// `utc` the offset +00:00 is shown.
void append_json_date(StringInfo out, int64 days);
void append_json_time(StringInfo out, int64 microseconds);
void append_json_timestamp(StringInfo out, int64 microseconds, bool utc);

// Units with the decimal point put in, as a string like every other decimal.
void append_json_money(StringInfo out, int64 units, int fraction_digits);

}  // namespace penstock
