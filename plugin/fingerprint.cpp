// The only file that sees xxhash: header only, everything inlined, so nothing is linked.
#include "relation_wire.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace penstock {

uint64 fingerprint(std::string_view canonical) {
    return XXH64(canonical.data(), canonical.size(), 0);
}

}  // namespace penstock
