// LSNs as people read them. The server's own macro for this, LSN_FORMAT_ARGS, does not compile as
// C++ on every version.
#pragma once

#include "pg.hpp"

namespace penstock {

// Like "16/B374D848", in CurrentMemoryContext.
inline const char* lsn_text(XLogRecPtr lsn) {
    return psprintf("%X/%X", static_cast<uint32>(lsn >> 32), static_cast<uint32>(lsn));
}

}  // namespace penstock
