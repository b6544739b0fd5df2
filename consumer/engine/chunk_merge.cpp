#include "engine/chunk_merge.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/mutant.hpp"

namespace penstock {
namespace {

constexpr Duration kBackoffMin{100'000};
constexpr Duration kBackoffMax{5'000'000};
// How often a server is asked for its place in a quiet stream.
constexpr Duration kAskServerMin{20'000};
constexpr Duration kAskServerMax{200'000};
// Commits remembered while a look is on its way; those beyond are found over by the next look.
constexpr std::size_t kCommitsMax = 4096;

std::string full_name(const ChunkTable& table) {
    return table.schema + "." + table.name;
}

}  // namespace

ChunkMerge::ChunkMerge(const EngineOptions& options, Outbox& outbox)
    : options_(options), outbox_(outbox) {}

void ChunkMerge::begin(const ChunkTable& table, const SnapshotState& state) {
    end();
    table_ = table;
    predicate_ = state.predicate;
    after_ = state.cursor;
    until_ = state.until;
    key_ = MergeKey(table.key);
    rows_max_ = std::max<std::size_t>(options_.snapshot_chunk_rows, 1);
    backoff_ = {};
    step_ = Step::kBegin;
}

void ChunkMerge::end() {
    step_ = Step::kIdle;
    noting_ = false;
    holding_ = false;
    notes_.clear();
    suspects_.clear();
    chunk_.reset();
    key_lost_ = false;
    ask_server_at_.reset();
    waits_for_.clear();
}

// ---- the stream ------------------------------------------------------------------------------

void ChunkMerge::note(const ChangeFrame& change, const Relation& relation, Xid xid) {
    if (relation.oid != table_.published_as || mutant(Mutant::kMergeWithoutNoting)) return;
    if (key_.empty() || !key_.of_change(change, touched_)) {
        notes_.note_unknown(xid);
    } else {
        const bool incomplete = touched_.incomplete && !mutant(Mutant::kUnchangedNotNoted);
        const auto mark = incomplete ? KeyNotes::Mark::kIncomplete : KeyNotes::Mark::kWhole;
        notes_.note(xid, touched_.key, mark);
        if (touched_.moved && !mutant(Mutant::kOldKeyNotNoted)) {
            notes_.note(xid, touched_.old_key, mark);
        }
    }
    if (notes_.bytes() > options_.snapshot_note_bytes) {
        rows_max_ = std::max<std::size_t>(rows_max_ / 2, 1);
        note_anew("too much of the table changes while a chunk of it is read");
    }
}

void ChunkMerge::note_truncate(const Relation& relation, Xid xid) {
    if (relation.oid != table_.published_as || mutant(Mutant::kTruncateNotNoted)) return;
    if (key_.empty()) {
        notes_.note_unknown(xid);
    } else {
        notes_.note_truncate(xid);
    }
}

void ChunkMerge::committed(Xid xid) {
    if (step_ == Step::kLook && committed_.size() < kCommitsMax) committed_.push_back(xid.value);
    if (!suspects_.empty()) drop_suspect(xid.value);
}

void ChunkMerge::drop_suspect(std::uint32_t over) {
    std::erase_if(suspects_, [over](std::uint64_t suspect) {
        return static_cast<std::uint32_t>(suspect) == over;
    });
}

// What was noted is forgotten, so all that was streamed up to here has to be visible once more.
void ChunkMerge::note_anew(const char* why) {
    outbox_.log(LogLine::Level::kInfo, "snapshot_chunk_thrown_away",
                {{"table", full_name(table_)}, {"reason", why}});
    noting_ = false;
    holding_ = false;
    notes_.clear();
    chunk_.reset();
    ask_server_at_.reset();
    step_ = Step::kBegin;
}

void ChunkMerge::between_transactions(Instant now) {
    if (step_ == Step::kBegin) {
        noting_ = true;
        looked_ = false;
        suspect_named_ = false;
        suspects_.clear();
        look();
    } else if (step_ == Step::kHold) {
        holding_ = true;
        hold_until_ = now + options_.snapshot_hold_max;
        ask_for_chunk();
    }
}

// ---- rule a: what was streamed before the noting began is visible ----------------------------

void ChunkMerge::look() {
    step_ = Step::kLook;
    committed_.clear();
    outbox_.put(LookAtSnapshot{++ticket_});
}

// A suspect is over when a later look does not find it running, or when the stream has brought its
// commit: then all of it came after the noting began.
void ChunkMerge::looked(const SnapshotLooked& look, Instant now) {
    if (step_ != Step::kLook || look.ticket != ticket_) return;
    const std::vector<std::uint64_t>& running = look.visible.running;
    if (!std::exchange(looked_, true)) {
        suspects_ = running;
    } else {
        std::erase_if(suspects_, [&](std::uint64_t suspect) {
            return !std::binary_search(running.begin(), running.end(), suspect);
        });
    }
    for (const std::uint32_t over : committed_) drop_suspect(over);
    if (suspects_.empty() || mutant(Mutant::kSuspectsIgnored)) return want_chunk();
    step_ = Step::kSuspects;
    again_at_ = now + wait_longer();
    waits_for_ = "transaction " + std::to_string(suspects_.front()) +
                 ", which was running when the snapshot was taken up";
    if (std::exchange(suspect_named_, true)) return;
    outbox_.log(LogLine::Level::kInfo, "snapshot_waits_for_transaction",
                {{"table", full_name(table_)},
                 {"transaction", std::to_string(suspects_.front())},
                 {"transactions", std::to_string(suspects_.size())}});
}

// ---- reading ---------------------------------------------------------------------------------

// A table without a key is read while the stream stands between two transactions, so that what it
// brings up to the chunk's LSN is as little as can be.
void ChunkMerge::want_chunk() {
    waits_for_.clear();
    if (key_.empty()) {
        step_ = Step::kHold;
    } else {
        ask_for_chunk();
    }
}

void ChunkMerge::ask_for_chunk() {
    step_ = Step::kRead;
    ReadChunk command;
    command.ticket = ++ticket_;
    command.table = table_;
    command.predicate = predicate_;
    command.after = after_;
    command.until = until_;
    const bool whole = key_.empty();
    command.rows_max = whole ? std::numeric_limits<std::size_t>::max() : rows_max_;
    command.bytes_max = whole ? options_.snapshot_keyless_bytes : options_.snapshot_chunk_bytes;
    outbox_.put(std::move(command));
}

void ChunkMerge::take(ChunkRead chunk, Instant now) {
    chunk_ = std::move(chunk);
    until_ = chunk_->until;
    notes_.forget_visible(chunk_->visible);
    holding_ = false;
    step_ = Step::kWait;
    waits_for_.clear();
    ask_server_at_ = now;
    ask_server_pause_ = kAskServerMin;
}

void ChunkMerge::read_again(std::string why, Instant now) {
    chunk_.reset();
    ask_server_at_.reset();
    holding_ = false;
    // Nothing is known yet of what runs; otherwise only the chunk is asked for again.
    step_ = step_ == Step::kLook ? Step::kSuspects : Step::kPause;
    again_at_ = now + wait_longer();
    waits_for_ = std::move(why);
}

Duration ChunkMerge::wait_longer() {
    backoff_ = std::clamp(2 * backoff_, kBackoffMin, kBackoffMax);
    return backoff_;
}

// ---- rules b and c: the place, and what enters there -----------------------------------------

bool ChunkMerge::reached_by(Lsn reached) const {
    if (step_ != Step::kWait) return false;
    return chunk_->lsn <= reached || mutant(Mutant::kEntersBeforeLsn);
}

std::optional<ChunkVerdict> ChunkMerge::judge(Instant now) {
    VisibleTransactions visible = chunk_->visible;
    // What the stream has brought counts as seen.
    if (mutant(Mutant::kVisibleByStreamOrder)) visible.running.clear();
    const KeyNotes::Hidden hidden = notes_.hidden_from(visible);
    if (hidden.unknown || (key_.empty() && hidden.any())) {
        key_lost_ = !key_.empty();
        read_again("a transaction that has changed the table to be visible", now);
        return std::nullopt;
    }
    ChunkVerdict verdict;
    verdict.last = chunk_->last;
    if (hidden.truncated) {
        verdict.read = chunk_->rows.size();
        return verdict;
    }
    judge_rows(hidden, verdict);
    if (verdict.read == 0 && !verdict.last) {
        read_again("a row that the stream has only in part", now);
        return std::nullopt;
    }
    return verdict;
}

// The chunk is cut in front of a row that has to be read again.
void ChunkMerge::judge_rows(const KeyNotes::Hidden& hidden, ChunkVerdict& verdict) const {
    std::string key;
    const std::size_t count = chunk_->rows.size();
    for (; verdict.read < count; ++verdict.read) {
        bool enters = true;
        if (hidden.any()) {
            // Whose key cannot be told enters when nothing has changed.
            const bool told = key_.of_row(chunk_->row(verdict.read), key);
            const auto found = told ? hidden.keys.find(key) : hidden.keys.end();
            enters = told && found == hidden.keys.end();
            if (!told || (!enters && found->second == KeyNotes::Mark::kIncomplete)) break;
        }
        if (enters) verdict.rows.push_back(verdict.read);
    }
    verdict.last = verdict.last && verdict.read == count;
}

void ChunkMerge::entered(const ChunkVerdict& verdict) {
    if (verdict.read != 0) after_ = chunk_->cursor(verdict.read - 1);
    chunk_.reset();
    ask_server_at_.reset();
    backoff_ = {};
    if (verdict.last) return end();
    rows_max_ = std::min(rows_max_ * 2, std::max<std::size_t>(options_.snapshot_chunk_rows, 1));
    ask_for_chunk();
}

// ---- time ------------------------------------------------------------------------------------

void ChunkMerge::advance(Instant now) {
    if (holding_ && now >= hold_until_) give_up_holding(now);
    if (step_ == Step::kSuspects && looked_ && suspects_.empty()) {
        want_chunk();
    } else if (step_ == Step::kSuspects && now >= again_at_) {
        look();
    } else if (step_ == Step::kPause && now >= again_at_) {
        want_chunk();
    }
}

// The stream is worth more than a snapshot: it goes on, and the answer comes too late.
void ChunkMerge::give_up_holding(Instant now) {
    outbox_.log(LogLine::Level::kWarning, "snapshot_held_too_long",
                {{"table", full_name(table_)},
                 {"seconds", std::to_string(options_.snapshot_hold_max.count() / 1'000'000)}});
    backoff_ = kBackoffMax;
    read_again("its reader, which took longer than the stream may be held", now);
}

std::optional<Instant> ChunkMerge::next_deadline() const {
    if (holding_) return hold_until_;
    if (step_ == Step::kSuspects || step_ == Step::kPause) return again_at_;
    return ask_server_at_;
}

bool ChunkMerge::asks_server(Instant now) {
    if (!ask_server_at_ || now < *ask_server_at_) return false;
    ask_server_at_ = now + ask_server_pause_;
    ask_server_pause_ = std::min(2 * ask_server_pause_, kAskServerMax);
    return true;
}

}  // namespace penstock
