#include "engine/snapshot_phase.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace penstock {
namespace {

std::string full_name(const SnapshotTable& table) {
    return table.schema + "." + table.name;
}

Failure marked_value(const SnapshotTable& table, const MarkedValue& value) {
    std::string column = std::to_string(value.attnum);
    for (const Column& candidate : table.relation->columns) {
        if (candidate.attnum == value.attnum) column = candidate.name;
    }
    return fail(ErrorName::kMarkedValue,
                "a value of column \"" + column + "\" of table \"" + full_name(table) +
                    "\" could not be carried",
                "It was read by the snapshot.");
}

}  // namespace

std::map<std::uint32_t, SnapshotState> new_snapshot_states(const SnapshotOpened& opened) {
    std::map<std::uint32_t, SnapshotState> states;
    for (const SnapshotTable& table : opened.tables) {
        SnapshotState& state = states[table.oid];
        state.snapshot = opened.snapshot;
        state.relfilenode = table.relfilenode;
        state.fingerprint = table.relation->fingerprint;
        state.schema = table.schema;
        state.table = table.name;
        state.predicate = table.predicate;
    }
    return states;
}

SnapshotPhase::SnapshotPhase(const EngineOptions& options, RecordEncoder& encoder, Router& router,
                             Outbox& outbox, BatchLedger& ledger, EngineStatistics& statistics)
    : options_(options),
      encoder_(encoder),
      router_(router),
      outbox_(outbox),
      ledger_(ledger),
      statistics_(statistics),
      pace_(options),
      buffer_(std::make_unique<RecordBuffer>()) {}

void SnapshotPhase::reset() {
    active_ = false;
    finished_ = false;
    tables_.clear();
    tasks_.clear();
    ended_.clear();
    marks_.clear();
    order_.clear();
    tasks_left_ = 0;
    rows_emitted_ = 0;
    held_.present = false;
    next_.present = false;
    block_begun_ = false;
    buffer_->clear();
    fill_ = {};
}

Status SnapshotPhase::begin(const StateView& state, const SnapshotOpened& opened,
                            const ServerFacts& facts, Instant now) {
    reset();
    pace_.begin(now);
    active_ = true;
    state_ = state;
    position_ = *state.position;
    position_.timeline = facts.timeline;
    begin_ = {};
    begin_.xid = opened.next_xid;
    begin_.first_lsn = begin_.commit_lsn = begin_.end_lsn = position_.lsn;
    begin_.commit_time_us = opened.time_us;
    context_ = {};
    context_.transaction = &begin_;
    context_.lsn = position_.lsn;
    router_.resume(state.topics);
    plan(opened);
    blocks_before_ = blocks_done();
    rows_before_ = rows_emitted_;
    outbox_.log(LogLine::Level::kInfo, "snapshot",
                {{"tables", std::to_string(tables_.size())},
                 {"ranges", std::to_string(tasks_.size())},
                 {"lsn", to_string(position_.lsn)}});
    plan_marks();
    if (!tasks_.empty()) outbox_.put(ReadSnapshot{tasks_});
    return proceed(now);
}

// What stood still meanwhile is no time of reading.
void SnapshotPhase::plan(const SnapshotOpened& opened) {
    found_ = opened.tables;
    tables_.resize(found_.size());
    const std::int64_t still =
        position_.wall_time_us == 0 ? 0 : opened.time_us - position_.wall_time_us;
    order_ = reading_order(found_);
    for (const std::size_t index : order_) {
        Table& table = tables_[index];
        table.found = &found_[index];
        std::string visible_in;
        if (opened.resumed) visible_in = resume_table(index, opened.snapshot);
        SnapshotState& state = state_of(index);
        table.rows_emitted = state.rows;
        rows_emitted_ += state.rows;
        if (state.progress == SnapshotProgress::kDone) continue;
        state.blocks = table.found->blocks;
        if (state.begun_us != 0) state.begun_us += std::max<std::int64_t>(still, 0);
        for (SnapshotTask& task :
             plan_table(index, *table.found, state, options_.snapshot_range_blocks, visible_in)) {
            tasks_.push_back(std::move(task));
            ++table.tasks_left;
        }
    }
    tasks_left_ = tasks_.size();
}

// One for each topic that holds rows already; leaves of one root share theirs.
void SnapshotPhase::plan_marks() {
    std::set<std::string> topics;
    for (const std::size_t index : order_) {
        SnapshotState& state = state_of(index);
        if (state.requested_by != kMarkDue) continue;
        state.requested_by.clear();
        if (!found_[index].relation) continue;
        const Result<std::string> topic = encoder_.topic_of(*found_[index].relation);
        if (!topic || !state_.topics.contains(*topic) || !topics.insert(*topic).second) continue;
        marks_.push_back(index);
    }
}

// All in one batch, before the first row of any table.
Status SnapshotPhase::emit_marks(Instant now) {
    while (!marks_.empty()) {
        const std::shared_ptr<const Relation>& relation = found_[marks_.front()].relation;
        if (!router_.routed(relation->id)) {
            if (Status asked = router_.describe(relation); !asked) return asked;
            if (!router_.routed(relation->id)) return {};
        }
        const std::size_t bytes_before = buffer_->size_bytes();
        context_.snapshot = SnapshotMarker::kNone;
        context_.item = 0;
        if (Status done = encoder_.encode_truncate(relation->id, {}, context_, *buffer_); !done) {
            return done;
        }
        count_emitted(bytes_before, now);
        marks_.pop_front();
    }
    for (Table& table : tables_) table.changed = true;
    close();
    return {};
}

// R2: what the state says of a table holds only for the file and the shape that it was written of.
// Returns the snapshot that its rows are filtered by, empty for none. A table that is read whole is
// one of the snapshot that does so from then on.
std::string SnapshotPhase::resume_table(std::size_t index, const std::string& snapshot) {
    SnapshotState& state = state_of(index);
    const SnapshotTable& found = *tables_[index].found;
    if (state.progress == SnapshotProgress::kDone) return {};
    const SnapshotResume resume = resume_of(found, state);
    if (resume == SnapshotResume::kGoOn) {
        warn_without_key(found);
        return state.snapshot;
    }
    tables_[index].changed = true;
    if (resume == SnapshotResume::kGone) {
        state.progress = SnapshotProgress::kDone;
        outbox_.log(LogLine::Level::kWarning, "snapshot_table_dropped",
                    {{"table", full_name(found)}});
        return {};
    }
    state.finished.clear();
    state.rows = 0;
    state.relfilenode = found.relfilenode;
    state.fingerprint = found.relation->fingerprint;
    outbox_.log(LogLine::Level::kWarning, "snapshot_restarted",
                {{"table", full_name(found)},
                 {"reason", resume == SnapshotResume::kRewrite ? "rewritten" : "moved"}});
    if (resume == SnapshotResume::kRestart) return state.snapshot;
    state.snapshot = snapshot;
    return {};
}

// A row that was changed since the first snapshot comes as that change alone. A reader that goes by
// keys ends with the same table; one that has no key to go by cannot.
void SnapshotPhase::warn_without_key(const SnapshotTable& table) {
    for (const Column& column : table.relation->columns) {
        if (column.primary_key_position != 0 || column.unique_key_position != 0) return;
    }
    outbox_.log(LogLine::Level::kWarning, "snapshot_resumed_without_key",
                {{"table", full_name(table)}});
}

SnapshotState& SnapshotPhase::state_of(std::size_t table) {
    return state_.snapshots[found_[table].oid];
}

bool SnapshotPhase::wants_rows() const {
    if (!active_ || finished_ || next_.present || router_.held()) return false;
    if (pace_.rests() || !marks_.empty()) return false;
    return window_bytes() < options_.window_bytes_max &&
           ledger_.in_flight() < options_.batches_in_flight_max;
}

std::size_t SnapshotPhase::window_bytes() const {
    return ledger_.window_bytes() + BatchLedger::weight(*buffer_);
}

Status SnapshotPhase::take(const SnapshotRow& row, Instant now, WallTime wall) {
    if (row.task >= tasks_.size()) {
        return fail(ErrorName::kFrameInvalid, "a row belongs to no range of the snapshot");
    }
    context_.now = wall;
    pace_.took_row(now);
    next_.present = true;
    next_.task = row.task;
    next_.block = row.block;
    next_.bytes.assign(row.bytes);
    return proceed(now);
}

Status SnapshotPhase::range_read(const SnapshotRangeRead& read, Instant now) {
    if (read.task >= tasks_.size() || tasks_left_ == 0) {
        return fail(ErrorName::kFrameInvalid, "a range ended that the snapshot does not read");
    }
    ended_.push_back(read.task);
    --tasks_left_;
    return proceed(now);
}

Status SnapshotPhase::topic_ready(const TopicReady& ready, Instant now) {
    Status done = router_.topic_ready(ready);
    return done ? proceed(now) : done;
}

Status SnapshotPhase::schemas_ready(const SchemasReady& ready, Instant now) {
    Status done = router_.schemas_ready(ready);
    return done ? proceed(now) : done;
}

// As far as it goes without another row: the row before is out once its topic is there and what
// comes after it is known.
Status SnapshotPhase::proceed(Instant now) {
    if (!active_ || finished_ || router_.held()) return {};
    if (!marks_.empty()) {
        if (Status done = emit_marks(now); !done || !marks_.empty()) return done;
    }
    const bool last = tasks_left_ == 0 && !next_.present;
    if (!next_.present && !last) return {};
    if (held_.present) {
        const Result<bool> out = emit_held(now);
        if (!out) return Failure(out.error());
        if (!*out) return {};
        held_.present = false;
        block_begun_ = !last && !starts_block();
        if (block_begun_) return take_up_next();
        finish_block(held_.task, held_.block + 1);
        for (const std::size_t ended : std::exchange(ended_, {})) finish_task(ended);
        if (!last) close_if_due(now);
    }
    if (last) {
        end();
        return {};
    }
    return take_up_next();
}

void SnapshotPhase::advance(Instant now) {
    pace_.advance(now);
    if (between_blocks()) close_if_due(now);
    if (!active_ || finished_) return;
    if (pace_.report_due(now)) report(now);
    if (pace_.age_due(now)) warn_of_age(now);
}

std::uint64_t SnapshotPhase::blocks_done() const {
    std::uint64_t done = 0;
    for (const SnapshotTable& table : found_) {
        const auto state = state_.snapshots.find(table.oid);
        if (state != state_.snapshots.end()) done += blocks_read(state->second, table.blocks);
    }
    return done;
}

std::vector<TableProgress> SnapshotPhase::progress(WallTime wall) const {
    std::vector<TableProgress> told;
    if (!active_) return told;
    for (const std::size_t index : order_) {
        const auto state = state_.snapshots.find(found_[index].oid);
        if (state != state_.snapshots.end()) {
            told.push_back(progress_of(state->second, wall.count() / 1000));
        }
    }
    return told;
}

// What is left is guessed from the blocks that this process has read so far.
void SnapshotPhase::report(Instant now) {
    std::uint64_t blocks = 0;
    for (const SnapshotTable& table : found_) blocks += table.blocks;
    const std::uint64_t done = blocks_done();
    const std::uint64_t seconds = pace_.seconds(now);
    const std::uint64_t read = done - std::min(done, blocks_before_);
    outbox_.log(LogLine::Level::kInfo, "snapshot_progress",
                {{"table", held_.present ? full_name(found_[table_of(held_.task)]) : ""},
                 {"rows", std::to_string(rows_emitted_)},
                 {"rows_per_second", std::to_string((rows_emitted_ - rows_before_) /
                                                    std::max<std::uint64_t>(seconds, 1))},
                 {"blocks", std::to_string(done) + "/" + std::to_string(blocks)},
                 {"seconds_left",
                  read == 0 ? "unknown"
                            : std::to_string((blocks - std::min(done, blocks)) * seconds / read)}});
}

void SnapshotPhase::warn_of_age(Instant now) {
    outbox_.log(LogLine::Level::kWarning, "snapshot_transaction_old",
                {{"seconds", std::to_string(pace_.seconds(now))},
                 {"message",
                  "rows that die meanwhile cannot be vacuumed in any table of the "
                  "database"}});
}

bool SnapshotPhase::between_blocks() const {
    return active_ && !finished_ && !block_begun_ && fill_.rows != 0;
}

std::optional<Instant> SnapshotPhase::next_deadline() const {
    if (!active_ || finished_) return std::nullopt;
    if (!between_blocks() || ledger_.in_flight() != 0) return pace_.next();
    return std::min(pace_.next(), fill_.opened_at + options_.batch_age_max);
}

bool SnapshotPhase::starts_block() const {
    return held_.task != next_.task || held_.block != next_.block;
}

bool SnapshotPhase::starts_table() const {
    return !next_.present || table_of(held_.task) != table_of(next_.task);
}

// The topic of a table is made when its first row is there, and the row waits for it.
Status SnapshotPhase::take_up_next() {
    std::swap(held_, next_);
    held_.present = true;
    next_.present = false;
    const SnapshotTable& table = found_[table_of(held_.task)];
    if (router_.routed(table.relation->id)) return {};
    return router_.describe(table.relation);
}

void SnapshotPhase::end() {
    for (const std::size_t ended : std::exchange(ended_, {})) finish_task(ended);
    finished_ = true;
    // From here on nothing of the snapshot is needed to go on, so the selection is free to change.
    // Where no stream follows the phase stays, and says why there is no slot.
    if (options_.snapshot_mode != SnapshotMode::kOnly) {
        position_.phase = Phase::kStreaming;
        position_.snapshot_keys = 0;
    }
    close();
    outbox_.log(LogLine::Level::kInfo, "snapshot_done", {{"rows", std::to_string(rows_emitted_)}});
}

SnapshotMarker SnapshotPhase::marker() const {
    if (!next_.present) return SnapshotMarker::kLast;
    if (rows_emitted_ == 0) return SnapshotMarker::kFirst;
    if (starts_table()) return SnapshotMarker::kLastInTable;
    if (tables_[table_of(held_.task)].rows_emitted == 0) return SnapshotMarker::kFirstInTable;
    return SnapshotMarker::kTrue;
}

// False: its topic has to be made first.
Result<bool> SnapshotPhase::emit_held(Instant now) {
    const std::size_t index = table_of(held_.task);
    const SnapshotTable& found = found_[index];
    const Result<ChangeFrame> change = change_.make(found.relation->id, held_.bytes);
    if (!change) return Failure(change.error());
    if (!change->marked.empty() && !encoder_.judges_marked_values()) {
        return marked_value(found, change->marked.front());
    }
    context_.snapshot = marker();
    context_.item = rows_emitted_;
    const std::size_t bytes_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    if (Status done = encoder_.encode(*change, context_, *buffer_); !done) {
        return Failure(done.error());
    }
    if (buffer_->size_bytes() == bytes_before) {
        if (std::optional<WantedTopic> wanted = encoder_.wanted_topic()) {
            if (Status asked = router_.want(std::move(*wanted)); !asked) {
                return Failure(asked.error());
            }
            return false;
        }
    }
    if (Status fits = check_size(records_before); !fits) return Failure(fits.error());
    ++rows_emitted_;
    ++tables_[index].rows_emitted;
    SnapshotState& state = state_of(index);
    ++state.rows;
    if (state.begun_us == 0) state.begun_us = context_.now.count() / 1000;
    count_emitted(bytes_before, now);
    return true;
}

void SnapshotPhase::count_emitted(std::size_t bytes_before, Instant now) {
    if (fill_.rows++ == 0) fill_.opened_at = now;
    ++statistics_.items;
    fill_.bytes += buffer_->size_bytes() - bytes_before;
    if (BatchLedger::weight(*buffer_) >= options_.chunk_bytes) hand_over();
}

Status SnapshotPhase::check_size(std::size_t records_before) const {
    Status fits = router_.check_size(*buffer_, records_before);
    if (fits) return fits;
    Error error = std::move(fits.error());
    error.detail = "It was read by the snapshot.";
    return Failure(std::move(error));
}

void SnapshotPhase::finish_block(std::size_t task, std::uint64_t to_block) {
    const SnapshotTask& range = tasks_[task];
    SnapshotState& state = state_of(range.table);
    state.progress = SnapshotProgress::kReading;
    add_range(state.finished, {range.from_block, std::min(to_block, range.to_block)});
    tables_[range.table].changed = true;
}

void SnapshotPhase::finish_task(std::size_t task) {
    finish_block(task, tasks_[task].to_block);
    Table& table = tables_[table_of(task)];
    if (--table.tasks_left != 0) return;
    SnapshotState& state = state_of(table_of(task));
    state.progress = SnapshotProgress::kDone;
    outbox_.log(LogLine::Level::kInfo, "snapshot_table_done",
                {{"table", full_name(*table.found)}, {"rows", std::to_string(state.rows)}});
}

void SnapshotPhase::close_if_due(Instant now) {
    if (fill_.rows == 0) return;
    const bool full =
        fill_.rows >= options_.batch_rows_max || fill_.bytes >= options_.batch_bytes_max;
    const bool old = now - fill_.opened_at >= options_.batch_age_max && ledger_.in_flight() == 0;
    if (full || old) close();
}

// I2: the ranges that ride in this batch are exactly those whose rows are in it or before it.
void SnapshotPhase::close() {
    hand_over();
    std::vector<std::pair<std::uint32_t, SnapshotState>> changed;
    for (std::size_t index = 0; index < tables_.size(); ++index) {
        if (!std::exchange(tables_[index].changed, false)) continue;
        changed.emplace_back(found_[index].oid, state_of(index));
    }
    auto topics = router_.take_changed();
    for (const auto& [name, topic] : topics) state_.topics[name] = topic;
    position_.topic_keys = static_cast<std::uint32_t>(router_.topic_keys());
    state_.position = position_;
    ledger_.close(position_, std::move(topics), std::move(changed));
    fill_ = {};
}

void SnapshotPhase::hand_over() {
    if (buffer_->empty()) return;
    statistics_.records += buffer_->records().size();
    statistics_.record_bytes += buffer_->size_bytes();
    ledger_.produce(std::move(buffer_));
    buffer_ = spare_.take();
}

}  // namespace penstock
