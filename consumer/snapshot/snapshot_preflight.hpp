// What a snapshot needs of the database and of its role, looked at before a slot is made: each item
// with the statement that mends it. Changes nothing.
#pragma once

#include <vector>

#include "engine/check_item.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace penstock {

// Never fails itself: what cannot be looked at is a failed item.
std::vector<CheckItem> check_snapshot(const SnapshotSettings& settings);

}  // namespace penstock
