// The canonical bytes of a relation's description: message Relation of proto/penstock.proto without
// id and fingerprint. What the fingerprint is computed over and what the Relation frame carries.
#pragma once

#include "frames.hpp"

#include <string_view>

namespace penstock {

// Allocated in CurrentMemoryContext.
std::string_view serialize_relation(const RelationDescription& description);

// XXH64, seed 0, of the canonical bytes: the same in every session for the same table.
uint64 fingerprint(std::string_view canonical);

}  // namespace penstock
