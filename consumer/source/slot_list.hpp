// The replication slots of a server, for people: what each holds back and whether it can still be
// used. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.hpp"
#include "engine/lsn.hpp"
#include "source/postgres_source.hpp"

namespace penstock {

struct SlotRow {
    std::string name;
    std::string plugin;  // "physical" for a physical slot.
    std::string database;
    bool active = false;
    bool temporary = false;
    Lsn confirmed_flush_lsn;
    std::optional<std::int64_t> retained_bytes;  // WAL that the server keeps for it.
    std::string wal_status;
};

// In order of name.
Result<std::vector<SlotRow>> list_slots(const SourceSettings& settings);

}  // namespace penstock
