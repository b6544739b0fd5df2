#include "run/progress_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/amount_text.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// The server's default; only a measure of work.
constexpr std::uint64_t kBlockBytes = 8192;
constexpr std::size_t kBarWidth = 20;

std::uint64_t percent(std::uint64_t done, std::uint64_t all) {
    return all == 0 ? 100 : std::min<std::uint64_t>(done * 100 / all, 100);
}

std::string bar(std::uint64_t done, std::uint64_t all) {
    const std::size_t full = percent(done, all) * kBarWidth / 100;
    return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

std::string name_of(const TableProgress& table) {
    return printable(table.schema + "." + table.name);
}

std::string bar_line(const TableProgress& table, std::size_t name_width) {
    const std::string left =
        table.seconds_left ? ", " + seconds_text(*table.seconds_left) + " left" : "";
    return fmt::format("{:<{}} {} {:>3} %  {} rows, {} of {}, {} rows/s{}", name_of(table),
                       name_width, bar(table.blocks_done, table.blocks),
                       percent(table.blocks_done, table.blocks), table.rows,
                       bytes_text(table.blocks_done * kBlockBytes),
                       bytes_text(table.blocks * kBlockBytes), table.rows_per_second, left);
}

std::string sum_line(const std::vector<TableProgress>& tables) {
    std::uint64_t done = 0, rows = 0, blocks = 0, blocks_done = 0;
    for (const TableProgress& table : tables) {
        const bool over = table.progress == SnapshotProgress::kDone;
        done += over ? 1 : 0;
        rows += table.rows;
        blocks += table.blocks;
        blocks_done += over ? table.blocks : table.blocks_done;
    }
    return fmt::format("snapshot {} {:>3} %  {} of {} tables, {} rows", bar(blocks_done, blocks),
                       percent(blocks_done, blocks), done, tables.size(), rows);
}

}  // namespace

std::string progress_text(const TableProgress& table) {
    std::string text = fmt::format("{} rows", table.rows);
    if (table.progress != SnapshotProgress::kReading) return text;
    if (table.blocks != 0) {
        text = fmt::format("{} % of {}, {}", percent(table.blocks_done, table.blocks),
                           bytes_text(table.blocks * kBlockBytes), text);
    }
    text += fmt::format(", {} rows/s", table.rows_per_second);
    if (table.seconds_left) text += ", about " + seconds_text(*table.seconds_left) + " left";
    return text;
}

std::vector<std::string> progress_bars(const std::vector<TableProgress>& tables, std::size_t width,
                                       std::size_t lines_max) {
    std::vector<std::string> lines;
    if (tables.empty() || lines_max == 0) return lines;
    std::size_t name_width = 0;
    for (const TableProgress& table : tables) {
        if (table.progress != SnapshotProgress::kReading) continue;
        name_width = std::max(name_width, name_of(table).size());
    }
    for (const TableProgress& table : tables) {
        if (table.progress != SnapshotProgress::kReading) continue;
        if (lines.size() + 1 == lines_max) break;
        lines.push_back(bar_line(table, name_width));
    }
    lines.push_back(sum_line(tables));
    for (std::string& line : lines) line.resize(std::min(line.size(), width));
    return lines;
}

}  // namespace penstock
