#include "engine/on_demand.hpp"

#include <algorithm>

#include "engine/mutant.hpp"
#include "engine/table_name.hpp"

namespace penstock {
namespace {

// Requests that wait for the one in front of them (I7).
constexpr std::size_t kRequestsMax = 64;

bool is_unfinished(SnapshotProgress progress) {
    return progress == SnapshotProgress::kQueued || progress == SnapshotProgress::kReading ||
           progress == SnapshotProgress::kPaused;
}

std::string error_line(const Error& error) {
    return std::string(error_row(error.name).text) + ": " + error.message;
}

const char* progress_text(SnapshotProgress progress) {
    switch (progress) {
        case SnapshotProgress::kReading:
            return "reading";
        case SnapshotProgress::kDone:
            return "done";
        case SnapshotProgress::kCancelled:
            return "cancelled";
        case SnapshotProgress::kPaused:
            return "paused";
        case SnapshotProgress::kUnspecified:
        case SnapshotProgress::kQueued:
            break;
    }
    return "queued";
}

}  // namespace

bool OnDemand::is_runnable(SnapshotProgress progress) {
    return progress == SnapshotProgress::kQueued || progress == SnapshotProgress::kReading;
}

std::string OnDemand::full_name(const SnapshotState& state) {
    return state.schema + "." + state.table;
}

// ---- the session -----------------------------------------------------------------------------

void OnDemand::resume(const std::map<std::uint32_t, SnapshotState>& states) {
    reset();
    active_ = true;
    tables_.clear();
    published_ = 0;
    for (const auto& [oid, state] : states) {
        if (state.initial) continue;
        Table& table = tables_[oid];
        table.state = state;
        table.published_in = 0;
        table.order = ++last_order_;
    }
    report_due_ = true;
}

// The tables stay to be looked at by --list; the next session says what is true of them.
void OnDemand::reset() {
    active_ = false;
    changed_ = false;
    finding_ = false;
    looking_for_ = 0;
    find_at_.reset();
    find_waits_for_.clear();
    merge_.end();
    for (Asked& asked : asked_) {
        asked.again = asked.again || asked.stage == Asked::Stage::kWriting;
        asked.stage = Asked::Stage::kNew;
        asked.written_in = kNotYet;
    }
}

// ---- requests --------------------------------------------------------------------------------

void OnDemand::request(SnapshotRequest request) {
    if (request.kind == SnapshotRequest::Kind::kList) return answer(request, {});
    if (asked_.size() >= kRequestsMax) return refuse(request, "too many requests wait already");
    if (request.kind == SnapshotRequest::Kind::kStart && request.tables.empty()) {
        return refuse(request, "no table is named");
    }
    asked_.emplace_back().request = std::move(request);
    proceed();
}

void OnDemand::refuse(const SnapshotRequest& request, std::string why) {
    if (request.kind == SnapshotRequest::Kind::kList) return answer(request, {});
    answer(request,
           fail(ErrorName::kSnapshotRequestRefused, "the request is refused: " + std::move(why)));
}

void OnDemand::proceed() {
    while (active_ && !asked_.empty() && asked_.front().stage == Asked::Stage::kNew) {
        if (finding_) return;
        Asked& first = asked_.front();
        if (first.request.kind == SnapshotRequest::Kind::kStart) {
            first.stage = Asked::Stage::kFinding;
            return find(first.request.tables, first.request.predicate);
        }
        const auto oids = named(first.request.tables);
        if (!oids) {
            first.stage = Asked::Stage::kFinding;
            return find(first.request.tables, {});
        }
        if (Status steered = steer(*oids); !steered) {
            answer_front(std::move(steered));
        } else {
            first.stage = Asked::Stage::kWriting;
        }
    }
}

void OnDemand::find(std::vector<std::string> names, std::string predicate) {
    finding_ = true;
    looking_for_ = 0;
    outbox_.put(FindTables{++ticket_, std::move(names), std::move(predicate)});
}

void OnDemand::found(const TablesFound& event) {
    if (!finding_ || event.ticket != ticket_) return;
    finding_ = false;
    if (looking_for_ != 0) {
        const auto entry = tables_.find(std::exchange(looking_for_, 0));
        if (entry != tables_.end()) found_again(*entry, event.tables);
        return;
    }
    if (asked_.empty() || asked_.front().stage != Asked::Stage::kFinding) return;
    Status outcome;
    if (asked_.front().request.kind == SnapshotRequest::Kind::kStart) {
        if (any_unwritten(event.tables)) {
            asked_.front().stage = Asked::Stage::kNew;  // Once what is known of them is written.
            return;
        }
        outcome = start(event.tables);
    } else {
        std::vector<std::uint32_t> oids;
        for (const ChunkTable& table : event.tables) oids.push_back(table.oid);
        outcome = steer(oids);
    }
    if (!outcome) {
        answer_front(std::move(outcome));
    } else {
        asked_.front().stage = Asked::Stage::kWriting;
    }
    proceed();
}

void OnDemand::not_found(const TablesNotFound& event, Instant now) {
    if (!finding_ || event.ticket != ticket_) return;
    finding_ = false;
    if (looking_for_ == 0) {
        if (asked_.empty() || asked_.front().stage != Asked::Stage::kFinding) return;
        answer_front(Failure(event.error));
        return proceed();
    }
    const auto entry = tables_.find(std::exchange(looking_for_, 0));
    if (entry == tables_.end()) return;
    if (event.error.error_class() == ErrorClass::kRetry) {
        find_at_ = now + kFindAgain;
        find_waits_for_ = event.error.message;
        report_due_ = true;
    } else if (is_runnable(entry->second.state.progress)) {
        cancel(*entry, event.error);
    }
}

// Rows of an earlier request are in the open batch: the batch has to say so.
bool OnDemand::any_unwritten(const std::vector<ChunkTable>& tables) const {
    return std::any_of(tables.begin(), tables.end(), [this](const ChunkTable& table) {
        const auto known = tables_.find(table.oid);
        return known != tables_.end() && known->second.changed;
    });
}

// The same request once more: somebody asks twice, or its outcome was lost with a session. Then the
// state is another than the request found, or it has to be carried out after all.
bool OnDemand::starts_again(const ChunkTable& table, const std::string& predicate) const {
    const auto known = tables_.find(table.oid);
    if (known == tables_.end()) return false;
    const SnapshotState& state = known->second.state;
    if (state.predicate != predicate) return false;
    if (asked_.front().again) {
        const auto before = asked_.front().before.find(table.oid);
        return before == asked_.front().before.end() || before->second != state;
    }
    return state.progress == SnapshotProgress::kQueued && state.cursor.empty();
}

Status OnDemand::check_start(const ChunkTable& table) const {
    const auto known = tables_.find(table.oid);
    if (known == tables_.end()) return {};
    const SnapshotState& state = known->second.state;
    if (!is_unfinished(state.progress)) return {};
    return fail(ErrorName::kSnapshotRequestRefused,
                "a snapshot of table \"" + full_name(state) + "\" is in work",
                "It is " + std::string(progress_text(state.progress)) + ", with " +
                    std::to_string(state.rows) + " rows so far.",
                "Wait for it, or cancel it first: penstock snapshot --cancel.");
}

Status OnDemand::start(const std::vector<ChunkTable>& tables) {
    const SnapshotRequest& request = asked_.front().request;
    if (tables.empty()) {
        return fail(ErrorName::kSnapshotRequestRefused, "the request names no table to read");
    }
    for (const ChunkTable& table : tables) {
        if (starts_again(table, request.predicate)) continue;
        if (Status free = check_start(table); !free) return free;
    }
    for (const ChunkTable& found : tables) {
        const auto before = tables_.find(found.oid);
        if (before != tables_.end() && !asked_.front().again) {
            asked_.front().before[found.oid] = before->second.state;
        }
        if (starts_again(found, request.predicate)) {
            Table& known = tables_.at(found.oid);
            change(known, known.state.progress);
            continue;
        }
        Table& table = tables_[found.oid];
        table = {};
        table.state.initial = false;
        table.state.schema = found.schema;
        table.state.table = found.name;
        table.state.predicate = request.predicate;
        table.state.requested_by = request.requested_by;
        table.found = found;
        table.key = found.key;
        table.order = ++last_order_;
        table.rows_estimated = found.rows;
        change(table, SnapshotProgress::kQueued);
        outbox_.log(LogLine::Level::kInfo, "snapshot_queued",
                    {{"table", full_name(table.state)}, {"requested_by", request.requested_by}});
    }
    return {};
}

// ---- cancel, pause, resume -------------------------------------------------------------------

// Nothing: a name that no table in the state has. It may be that of a partitioned table.
std::optional<std::vector<std::uint32_t>> OnDemand::named(
    const std::vector<std::string>& names) const {
    std::vector<std::uint32_t> oids;
    for (const std::string& name : names) {
        const auto named = std::find_if(tables_.begin(), tables_.end(), [&](const Entry& entry) {
            return is_table_name(name, entry.second.state.schema, entry.second.state.table);
        });
        if (named == tables_.end()) return std::nullopt;
        oids.push_back(named->first);
    }
    if (!names.empty()) return oids;
    for (const auto& [oid, table] : tables_) oids.push_back(oid);
    return oids;
}

bool OnDemand::steers(SnapshotProgress progress) const {
    switch (asked_.front().request.kind) {
        case SnapshotRequest::Kind::kCancel:
            return is_unfinished(progress);
        case SnapshotRequest::Kind::kPause:
            return is_runnable(progress);
        case SnapshotRequest::Kind::kResume:
            return progress == SnapshotProgress::kPaused;
        default:
            return false;
    }
}

Status OnDemand::steer(const std::vector<std::uint32_t>& oids) {
    const SnapshotRequest::Kind kind = asked_.front().request.kind;
    bool done = false;
    for (const std::uint32_t oid : oids) {
        const auto entry = tables_.find(oid);
        if (entry == tables_.end() || !steers(entry->second.state.progress)) continue;
        done = true;
        if (in_work() == &*entry) merge_.end();
        Table& table = entry->second;
        if (kind == SnapshotRequest::Kind::kCancel) {
            change(table, SnapshotProgress::kCancelled);
        } else if (kind == SnapshotRequest::Kind::kPause) {
            change(table, SnapshotProgress::kPaused);
        } else {
            const bool begun = !table.state.cursor.empty() || !table.state.until.empty();
            change(table, begun ? SnapshotProgress::kReading : SnapshotProgress::kQueued);
        }
        outbox_.log(
            LogLine::Level::kInfo, "snapshot_changed",
            {{"table", full_name(table.state)}, {"progress", progress_text(table.state.progress)}});
    }
    if (done || asked_.front().again) return {};
    const char* what = kind == SnapshotRequest::Kind::kCancel  ? "cancel"
                       : kind == SnapshotRequest::Kind::kPause ? "pause"
                                                               : "resume";
    return fail(ErrorName::kSnapshotRequestRefused, std::string("there is no snapshot to ") + what);
}

// ---- answers ---------------------------------------------------------------------------------

void OnDemand::answer_front(Status outcome) {
    const SnapshotRequest request = std::move(asked_.front().request);
    asked_.pop_front();
    answer(request, std::move(outcome));
}

void OnDemand::answer(const SnapshotRequest& request, Status outcome) {
    if (!outcome) {
        outbox_.log(
            LogLine::Level::kWarning, "snapshot_request_refused",
            {{"requested_by", request.requested_by}, {"error", error_line(outcome.error())}});
    }
    if (request.client == 0) return;
    AnswerRequest command;
    command.client = request.client;
    if (outcome) {
        command.report = report();
    } else {
        command.report = Failure(outcome.error());
    }
    outbox_.put(std::move(command));
}

SnapshotReport OnDemand::report() const {
    SnapshotReport report;
    for (const auto& [oid, table] : tables_) {
        SnapshotReport::Table line;
        line.schema = table.state.schema;
        line.name = table.state.table;
        line.progress = progress_text(table.state.progress);
        line.rows = table.state.rows;
        line.rows_estimated = table.rows_estimated;
        line.waits_for = table.ended_by;
        if (!merge_.idle() && merge_.table() == oid) line.waits_for = merge_.waits_for();
        if (looking_for_ == oid) line.waits_for = find_waits_for_;
        report.tables.push_back(std::move(line));
    }
    return report;
}

// ---- the state -------------------------------------------------------------------------------

void OnDemand::change(Table& table, SnapshotProgress progress) {
    table.state.progress = progress;
    table.changed = true;
    changed_ = true;
    report_due_ = true;
}

std::vector<std::pair<std::uint32_t, SnapshotState>> OnDemand::take_changed() {
    std::vector<std::pair<std::uint32_t, SnapshotState>> changed;
    if (!std::exchange(changed_, false)) return changed;
    for (const auto& [oid, table] : tables_) {
        if (table.changed) changed.emplace_back(oid, table.state);
    }
    return changed;
}

void OnDemand::closed(std::uint64_t sequence) {
    for (auto& [oid, table] : tables_) {
        if (!std::exchange(table.changed, false)) continue;
        if (table.published_in == kNotYet) table.published_in = sequence;
    }
    for (Asked& asked : asked_) {
        const bool writing = asked.stage == Asked::Stage::kWriting;
        if (writing && asked.written_in == kNotYet) asked.written_in = sequence;
    }
}

void OnDemand::published(std::uint64_t sequence) {
    published_ = sequence;
    while (!asked_.empty() && asked_.front().stage == Asked::Stage::kWriting &&
           asked_.front().written_in <= sequence) {
        answer_front({});
    }
    proceed();
}

}  // namespace penstock
