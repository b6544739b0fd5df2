// What a snapshot needs of the database and of its role, looked at before a slot is made: each item
// with the statement that mends it. Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "engine/check_item.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace penstock {

struct SnapshotPreflight {
    std::vector<CheckItem> items;
    std::string forecast;  // How long it takes and what WAL it keeps, for the plan; or empty.
};

// Never fails itself: what cannot be looked at is a failed item.
SnapshotPreflight check_snapshot(const SnapshotSettings& settings);

}  // namespace penstock
