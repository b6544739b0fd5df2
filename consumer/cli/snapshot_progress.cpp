#include "cli/snapshot_progress.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "source/postgres_error.hpp"

namespace penstock {
namespace {

constexpr std::size_t kBarWidth = 20;

std::string full_name(const SnapshotReport::Table& table) {
    return printable(table.schema + "." + table.name);
}

// Of the estimate, which the rows may well exceed.
std::string bar(const SnapshotReport::Table& table) {
    double part = 0;
    if (table.progress == "done") {
        part = 1;
    } else if (table.rows_estimated != 0) {
        part = std::min(
            0.99, static_cast<double>(table.rows) / static_cast<double>(table.rows_estimated));
    }
    const auto full = static_cast<std::size_t>(part * kBarWidth);
    char percent[8];
    std::snprintf(percent, sizeof percent, "%3.0f %%", part * 100);
    return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "] " + percent;
}

std::string duration_text(std::uint64_t seconds) {
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7200) return std::to_string(seconds / 60) + " min";
    return std::to_string(seconds / 3600) + " h";
}

std::string_view colour_of(const std::string& progress, const Palette& palette) {
    if (progress == "done") return palette.green;
    if (progress == "cancelled") return palette.red;
    return progress == "paused" ? palette.yellow : std::string_view();
}

std::string rows_text(const SnapshotReport::Table& table) {
    std::string text = std::to_string(table.rows);
    if (!is_over(table) && table.rows_estimated != 0) {
        text += " of about " + std::to_string(table.rows_estimated);
    }
    return text + (table.rows == 1 && table.rows_estimated == 0 ? " row" : " rows");
}

std::string reason_text(const SnapshotReport::Table& table) {
    if (table.waits_for.empty()) return {};
    return (is_over(table) ? "" : "waits for ") + printable(table.waits_for);
}

}  // namespace

bool is_over(const SnapshotReport::Table& table) {
    return table.progress == "done" || table.progress == "cancelled";
}

double SnapshotProgressView::rate(const std::string& name, std::uint64_t rows, Time now) {
    const auto [seen, added] = first_.try_emplace(name, Seen{rows, now});
    const double seconds = static_cast<double>((now - seen->second.at).count()) / 1000;
    if (added || seconds <= 0 || rows < seen->second.rows) return 0;
    return static_cast<double>(rows - seen->second.rows) / seconds;
}

std::string SnapshotProgressView::lines(const SnapshotReport& report, Time now) {
    std::vector<std::vector<TableCell>> table;
    for (const SnapshotReport::Table& row : report.tables) {
        const double per_second = rate(full_name(row), row.rows, now);
        std::string speed;
        if (row.progress == "reading" && per_second >= 1) {
            speed = std::to_string(static_cast<std::uint64_t>(per_second)) + " rows/s";
            if (row.rows_estimated > row.rows) {
                const double left = static_cast<double>(row.rows_estimated - row.rows);
                speed += ", " + duration_text(static_cast<std::uint64_t>(left / per_second) + 1) +
                         " left";
            }
        }
        std::string end = reason_text(row);
        if (end.empty()) end = speed;
        table.push_back({{full_name(row), palette_.bold},
                         {bar(row), {}},
                         {row.progress, colour_of(row.progress, palette_)},
                         {rows_text(row), {}},
                         {end, palette_.dim}});
    }
    return to_table(table, palette_);
}

std::string snapshot_table(const SnapshotReport& report, const Palette& palette) {
    std::vector<std::vector<TableCell>> table;
    for (const SnapshotReport::Table& row : report.tables) {
        table.push_back({{full_name(row), palette.bold},
                         {row.progress, colour_of(row.progress, palette)},
                         {rows_text(row), {}},
                         {reason_text(row), palette.dim}});
    }
    return to_table(table, palette);
}

}  // namespace penstock
