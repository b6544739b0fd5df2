// The progress of a snapshot as people read it: a bar for each table in a terminal, half a line in
// `status`. Pure text; who writes it where is decided elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/snapshot_progress.hpp"

namespace penstock {

// "45 % of 1.2 GiB, 540000 rows, 56000 rows/s, about 3 min left"
std::string progress_text(const TableProgress& table);

// A line for each table in work, and one for all: at most `lines_max`, each at most `width` wide,
// without a line end at the last. Empty when there is nothing to show.
std::vector<std::string> progress_bars(const std::vector<TableProgress>& tables, std::size_t width,
                                       std::size_t lines_max);

}  // namespace penstock
