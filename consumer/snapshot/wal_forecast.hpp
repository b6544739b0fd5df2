// How much WAL a slot keeps while tables are read, beside what the server lets a slot keep. A
// guess, from what the server has written on average; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/check_item.hpp"

namespace penstock {

struct WalForecast {
    std::uint64_t bytes_to_read = 0;          // Of tables.
    std::uint64_t wal_bytes_per_second = 0;   // On average since the statistics were reset.
    std::optional<std::uint64_t> keep_bytes;  // max_slot_wal_keep_size; nothing is no limit.

    std::uint64_t seconds() const;  // To read.
    std::uint64_t bytes_kept() const;
    bool loses_slot() const { return keep_bytes && bytes_kept() > *keep_bytes; }
};

// "12.0 GiB to read, about 7 min; the slot keeps about 1.2 GiB of WAL meanwhile, of at most 50.0
// GiB"
std::string forecast_text(const WalForecast& forecast);

// A warning where the slot would be lost before the tables are read.
CheckItem check_forecast(const WalForecast& forecast);

}  // namespace penstock
