// How far the tables of a snapshot are, as text for people: one line per table. Pure: time and
// width are arguments.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "cli/terminal.hpp"
#include "engine/chunk.hpp"

namespace penstock {

class SnapshotProgressView {
public:
    using Time = std::chrono::milliseconds;  // Since any moment.

    explicit SnapshotProgressView(const Palette& palette) : palette_(palette) {}

    // A line per table: name, bar, rows, rows/s and time left, as far as they can be told from this
    // report and those before.
    std::string lines(const SnapshotReport& report, Time now);

private:
    struct Seen {
        std::uint64_t rows = 0;
        Time at{};
    };
    double rate(const std::string& name, std::uint64_t rows, Time now);

    Palette palette_;
    std::map<std::string, Seen> first_;  // By table.
};

// The same without bars and rates, for files and pipes.
std::string snapshot_table(const SnapshotReport& report, const Palette& palette);

// Whether something of it is still to be done, or will be once it is resumed.
bool is_over(const SnapshotReport::Table& table);

}  // namespace penstock
