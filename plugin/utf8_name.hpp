// Names out of the catalogs as the wire wants them: valid UTF-8, whatever the server's encoding.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace penstock {

// A copy in CurrentMemoryContext. Bytes that no UTF-8 stands for (a SQL_ASCII database holds
// anything) become \xHH, so that two names stay two. Needs catalog access where the server encoding
// is not UTF-8. A null pointer gives an empty name.
std::string_view utf8_name(const char* name);

}  // namespace penstock
