// Names out of the catalogs as the wire wants them: valid UTF-8, whatever the server's encoding.
//
// For names, option values and prefixes, which are few and short; column values are converted by
// the value encoders. It never raises an error for what the bytes are.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace penstock {

// A copy in CurrentMemoryContext. Bytes that no UTF-8 stands for (a SQL_ASCII database holds
// anything) become \xHH, so that two names stay two; so do all that are not ASCII where the server
// encoding is not UTF-8 and no transaction is open, for a conversion is looked up in the catalogs.
// A null pointer gives an empty name.
std::string_view utf8_name(const char* name);

}  // namespace penstock
