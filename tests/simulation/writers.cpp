// What applications write in a schedule: rows, key updates, truncates, messages, interleaved and
// aborted transactions, large ones, and WAL that is none of our business.
#include <algorithm>

#include "plain_encoder.hpp"
#include "world.hpp"

namespace penstock::simulation {

SourceItem World::draw_item() {
    SourceItem item;
    const auto kind = writer_.below(10);
    item.kind = kind < 4   ? ItemKind::kInsert
                : kind < 7 ? ItemKind::kUpdate
                : kind < 8 ? ItemKind::kDelete
                           : ItemKind::kKeyUpdate;
    if (kind == 9) return draw_message();
    item.table = static_cast<std::uint32_t>(writer_.below(kTableCount));
    item.key = static_cast<std::uint32_t>(writer_.below(kKeyCount));
    item.old_key = static_cast<std::uint32_t>(writer_.below(kKeyCount));
    item.unchanged = writer_.percent(30);
    item.version = next_version_++;
    item.padding = static_cast<std::uint32_t>(writer_.below(settings.padding_max + 1));
    item.captured = !writer_.percent(10);
    return item;
}

SourceItem World::draw_message() {
    SourceItem item;
    item.kind = ItemKind::kMessage;
    item.table = kMessageTable;
    item.version = next_version_++;
    item.published = !writer_.percent(30);
    return item;
}

std::size_t World::write_transaction(std::uint32_t items_max) {
    const std::size_t open = postgres.begin_transaction();
    const auto items = writer_.between(1, items_max);
    const bool captured = !writer_.percent(5);
    for (std::uint64_t i = 0; i < items; ++i) {
        SourceItem item = draw_item();
        item.captured = item.captured && captured;
        postgres.write_item(open, item, writer_.percent(30));
    }
    postgres.commit_transaction(open);
    ++tally_.transactions;
    return open;
}

// A statement that truncates several tables: one record of WAL, one item per table.
void World::write_truncate() {
    const std::size_t open = postgres.begin_transaction();
    if (writer_.percent(50)) postgres.write_item(open, draw_item());
    const std::uint32_t group = next_group_++;
    const auto first = static_cast<std::uint32_t>(writer_.below(kTableCount));
    for (std::uint32_t table = first; table < kTableCount; ++table) {
        SourceItem item;
        item.kind = ItemKind::kTruncate;
        item.table = table;
        item.group = group;
        item.version = next_version_++;
        item.published = table != kTruncateSkippedTable;
        postgres.write_item(open, item, table != first);
    }
    if (writer_.percent(50)) postgres.write_item(open, draw_item());
    postgres.commit_transaction(open);
    ++tally_.transactions;
}

// Back to back: each begins where the one before ended.
void World::write_burst() {
    const auto count = writer_.between(2, 12);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (writer_.percent(15)) {
            postgres.write_free_message(draw_message());
        } else {
            write_transaction(3);
        }
    }
}

// Commit order is not the order of xids, nor that of the rows.
void World::write_interleaved() {
    std::vector<std::size_t> open;
    const auto count = writer_.between(2, 4);
    for (std::uint64_t i = 0; i < count; ++i) open.push_back(postgres.begin_transaction());
    for (int row = 0; row < 8; ++row) {
        postgres.write_item(open[writer_.below(open.size())], draw_item());
        if (writer_.percent(10)) postgres.write_free_message(draw_message());
    }
    while (!open.empty()) {
        const std::size_t chosen = writer_.below(open.size());
        if (writer_.percent(15)) {
            postgres.abort_transaction(open[chosen]);
        } else if (writer_.percent(15)) {
            open_writers_.push_back(open[chosen]);  // Commits some other time.
        } else {
            postgres.commit_transaction(open[chosen]);
            ++tally_.transactions;
        }
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
}

void World::write_something() {
    if (!postgres.takes_writes()) {
        open_writers_.clear();
        return;
    }
    if (!open_writers_.empty() && writer_.percent(30)) {
        postgres.commit_transaction(open_writers_.back());
        open_writers_.pop_back();
    }
    if (writer_.percent(settings.large_percent)) {
        write_transaction(settings.large_items_max);
        return;
    }
    const auto choice = writer_.below(100);
    if (choice < 40) {
        write_transaction(6);
    } else if (choice < 55) {
        write_burst();
    } else if (choice < 70) {
        write_interleaved();
    } else if (choice < 78) {
        postgres.write_free_message(draw_message());
    } else if (choice < 84) {
        write_truncate();
    } else {
        postgres.write_other(writer_.between(1, 200) * 64);
    }
}

void World::schedule_writer() {
    time.after(writer_.between(Duration{500}, settings.write_gap_max), [this] {
        if (!writing_) return;
        write_something();
        schedule_writer();
    });
}

}  // namespace penstock::simulation
