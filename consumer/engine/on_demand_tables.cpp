// The table in work: which one is next, what the reader says of it, how far it is.
#include "engine/on_demand.hpp"

#include <algorithm>

#include "engine/mutant.hpp"
#include "engine/table_name.hpp"

namespace penstock {

// ---- which table -----------------------------------------------------------------------------

OnDemand::Entry* OnDemand::in_work() {
    if (merge_.idle()) return nullptr;
    const auto found = tables_.find(merge_.table());
    return found == tables_.end() ? nullptr : &*found;
}

// What is begun goes first, then whoever came first.
OnDemand::Entry* OnDemand::next_table() {
    Entry* next = nullptr;
    const auto rank = [](const Entry& entry) {
        const Table& table = entry.second;
        return std::pair{table.state.progress != SnapshotProgress::kReading, table.order};
    };
    for (Entry& entry : tables_) {
        const Table& table = entry.second;
        if (!is_runnable(table.state.progress) || table.published_in > published_) continue;
        if (next == nullptr || rank(entry) < rank(*next)) next = &entry;
    }
    return next;
}

void OnDemand::take_up(Entry& entry) {
    auto& [oid, table] = entry;
    if (table.found) {
        merge_.begin(*table.found, table.state);
        report_due_ = true;
        return;
    }
    if (find_at_) return;
    find({quoted_name(table.state.schema, table.state.table)}, table.state.predicate);
    looking_for_ = oid;
}

// A table that a state of an earlier session names.
void OnDemand::found_again(Entry& entry, const std::vector<ChunkTable>& tables) {
    auto& [oid, table] = entry;
    const auto same = std::find_if(tables.begin(), tables.end(),
                                   [&oid = oid](const auto& found) { return found.oid == oid; });
    if (same != tables.end()) {
        if (!table.key.empty() && table.key != same->key) restart(table, "its key is another");
        table.found = *same;
        table.key = same->key;
        table.rows_estimated = same->rows;
        return;
    }
    if (!is_runnable(table.state.progress)) return;
    SnapshotState state = table.state;
    cancel(entry,
           {ErrorName::kSnapshotTableRefused,
            "table \"" + full_name(state) + "\" was dropped",
            tables.size() == 1 ? "A table of that name is there, and is read from its start." : "",
            {}});
    if (tables.size() != 1 || tables_.contains(tables.front().oid)) return;
    Table& anew = tables_[tables.front().oid];
    anew.state = std::move(state);
    anew.found = tables.front();
    anew.rows_estimated = tables.front().rows;
    anew.order = ++last_order_;
    restart(anew, "it was dropped and made anew");
}

void OnDemand::restart(Table& table, const char* why) {
    outbox_.log(LogLine::Level::kWarning, "snapshot_restarted",
                {{"table", full_name(table.state)}, {"reason", why}});
    table.state.cursor.clear();
    table.state.until.clear();
    table.state.rows = 0;
    change(table, SnapshotProgress::kQueued);
}

void OnDemand::cancel(Entry& entry, const Error& error) {
    if (in_work() == &entry) merge_.end();
    Table& table = entry.second;
    table.ended_by = std::string(error_row(error.name).text) + ": " + error.message;
    change(table, SnapshotProgress::kCancelled);
    outbox_.log(LogLine::Level::kError, "snapshot_cancelled",
                {{"table", full_name(table.state)},
                 {"error", std::string(error_row(error.name).text)},
                 {"message", error.message},
                 {"detail", error.detail}});
}

void OnDemand::give_up(const Error& error) {
    if (Entry* const entry = in_work()) cancel(*entry, error);
}

// ---- the reader's answers --------------------------------------------------------------------

void OnDemand::read(ChunkRead chunk, Instant now) {
    Entry* const entry = in_work();
    if (entry == nullptr || !merge_.expects(chunk.ticket)) return;
    Table& table = entry->second;
    if (chunk.gone) {
        return cancel(*entry, {ErrorName::kSnapshotTableRefused,
                               "table \"" + full_name(table.state) + "\" is no longer captured",
                               "It was dropped, or taken out of the publication.",
                               {}});
    }
    if (chunk.rewritten) return merge_.read_again("the table, which was written anew", now);
    if (merge_.without_key() && !chunk.last) {
        return cancel(*entry,
                      {ErrorName::kSnapshotTableTooLarge,
                       "table \"" + full_name(table.state) + "\" has no key and holds more than " +
                           std::to_string(options_.snapshot_keyless_bytes) + " bytes",
                       "Its rows cannot be told from one another, so they enter all at once.",
                       {}});
    }
    if (mutant(Mutant::kCursorWithoutRows) && !chunk.rows.empty() && !chunk.last) {
        table.state.cursor = chunk.cursor(chunk.rows.size() - 1);
        table.state.until = chunk.until;
        change(table, SnapshotProgress::kReading);
    }
    merge_.take(std::move(chunk), now);
}

void OnDemand::failed(const ChunkFailed& event, Instant now) {
    Entry* const entry = in_work();
    if (entry == nullptr || !merge_.expects(event.ticket)) return;
    if (event.error.error_class() != ErrorClass::kRetry) return cancel(*entry, event.error);
    merge_.read_again(event.error.message, now);
}

// ---- chunks ----------------------------------------------------------------------------------

std::optional<ChunkVerdict> OnDemand::judge(Instant now) {
    std::optional<ChunkVerdict> verdict = merge_.judge(now);
    if (verdict || !merge_.key_lost()) return verdict;
    // Its key may be another by now.
    if (Entry* const entry = in_work()) entry->second.found.reset();
    merge_.end();
    find_at_ = now + kFindAgain;
    return std::nullopt;
}

void OnDemand::entered(const ChunkVerdict& verdict, std::uint64_t rows) {
    Entry* const entry = in_work();
    if (entry == nullptr) return;
    Table& table = entry->second;
    const ChunkRead& chunk = *merge_.chunk();
    if (verdict.read != 0) table.state.cursor = chunk.cursor(verdict.read - 1);
    table.state.until = chunk.until;
    table.state.rows += rows;
    if (mutant(Mutant::kRowsWithoutCursor) && !verdict.last) return merge_.entered(verdict);
    change(table, verdict.last ? SnapshotProgress::kDone : SnapshotProgress::kReading);
    if (verdict.last) {
        outbox_.log(
            LogLine::Level::kInfo, "snapshot_table_done",
            {{"table", full_name(table.state)}, {"rows", std::to_string(table.state.rows)}});
    }
    merge_.entered(verdict);
}

// ---- time ------------------------------------------------------------------------------------

void OnDemand::advance(Instant now) {
    if (!active_) return;
    if (find_at_ && now >= *find_at_) find_at_.reset();
    proceed();
    merge_.advance(now);
    if (merge_.idle() && !finding_) {
        if (Entry* const next = next_table()) take_up(*next);
    }
    if (!report_due_ && told_ == merge_.waits_for()) return;
    report_due_ = false;
    told_ = merge_.waits_for();
    statistics_.snapshots = report();
}

std::optional<Instant> OnDemand::next_deadline() const {
    if (!active_) return std::nullopt;
    const std::optional<Instant> merge = merge_.next_deadline();
    if (!find_at_ || (merge && *merge < *find_at_)) return merge;
    return find_at_;
}

}  // namespace penstock
