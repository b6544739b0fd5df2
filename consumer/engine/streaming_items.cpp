// Frames in, records out: every item of the stream on its way into the open batch. What becomes of
// the batch is decided in streaming.cpp.
#include "engine/streaming.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/mutant.hpp"

namespace penstock {
namespace {

using Verdict = TransactionTracker::Verdict;

}  // namespace

Status Streaming::take(const Frame& frame, Instant now, WallTime wall) {
    drained_ = false;
    caught_up_ = false;
    if (const auto* change = std::get_if<ChangeFrame>(&frame)) [[likely]] {
        return take_change(*change, now, wall);
    }
    return take_cold(frame, now, wall);
}

Status Streaming::take_change(const ChangeFrame& change, Instant now, WallTime wall) {
    const Verdict verdict = tracker_.change(change.lsn_delta, change.ordinal);
    if (on_demand_.merge().noting()) [[unlikely]]
        note(change, verdict);
    if (verdict != Verdict::kPublish) [[unlikely]]
        return take_unpublished(change, verdict, wall);
    transaction_.items = tracker_.items();
    if (!router_.routed(change.relation_id)) return relation_unknown("change", change.relation_id);
    if (!change.marked.empty() && !encoder_.judges_marked_values()) return marked_value(change);
    fill_batch(now);
    context_.lsn = tracker_.change_lsn();
    context_.item = tracker_.items() - 1;
    context_.now = wall;
    return encode(change, now);
}

inline Status Streaming::encode(const ChangeFrame& change, Instant now) {
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    if (Status done = encoder_.encode(change, context_, *buffer_); !done) {
        return located(std::move(done.error()));
    }
    if (buffer_->size_bytes() == size_before) [[unlikely]] {
        return encoded_nothing(change, size_before, records_before, now);
    }
    return encoded(size_before, records_before, now);
}

// One item is in the buffer, whole: only here may the batch be cut or the chunk handed over.
Status Streaming::encoded(std::size_t size_before, std::size_t records_before, Instant now) {
    const std::size_t grown = buffer_->size_bytes() - size_before;
    if (grown + kRecordOverhead > router_.message_bytes_max()) {
        if (Status fits = check_size(size_before, records_before); !fits) return fits;
    }
    ++batch_.fill.rows;
    batch_.fill.records += buffer_->records().size() - records_before;
    batch_.fill.bytes += grown;
    transaction_.bytes += grown;
    if (policy_.cut_due(transaction_, now)) {
        cut(now);
    } else if (BatchLedger::weight(*buffer_) >= options_.chunk_bytes) {
        hand_over();
    }
    return {};
}

// Filtered away, or it needs a topic first.
Status Streaming::encoded_nothing(const ChangeFrame& change, std::size_t size, std::size_t records,
                                  Instant now) {
    const Result<bool> held = held_for_topic(change);
    if (!held) return Failure(held.error());
    if (*held) return {};
    ++transaction_.items_filtered;
    return encoded(size, records, now);
}

Result<bool> Streaming::held_for_topic(const ChangeFrame& change) {
    std::optional<WantedTopic> wanted = encoder_.wanted_topic();
    if (!wanted) return false;
    if (!held_) held_.emplace(change);
    if (Status asked = router_.want(std::move(*wanted)); !asked) {
        return located(std::move(asked.error()));
    }
    return !mutant(Mutant::kWantedTopicSkips);
}

// The change that was held goes on where it stopped: counted already, nothing received since.
Status Streaming::encode_held(Instant now) {
    if (!held_ || router_.held()) return {};
    reading(true, now);
    const bool published = tracker_.verdict(context_.item) == Verdict::kPublish;
    Status done = published ? encode(held_->frame(), now) : encode_again(held_->frame());
    if (mutant(Mutant::kWantedTopicRepeats) && done && published) {
        done = encode(held_->frame(), now);
    }
    if (!router_.held()) held_.reset();
    return done;
}

bool Streaming::counts_again() const {
    return follows_ && !tracker_.dropping() && !mutant(Mutant::kDroppedNotCounted);
}

// Of a transaction that is published in part, what is out already: counted, never published again.
Status Streaming::take_unpublished(const ChangeFrame& change, Verdict verdict, WallTime wall) {
    if (verdict == Verdict::kInvalid) return Failure(tracker_.error());
    if (!counts_again()) return {};
    if (!router_.routed(change.relation_id)) return relation_unknown("change", change.relation_id);
    context_.lsn = tracker_.change_lsn();
    context_.item = tracker_.items() - 1;
    context_.now = wall;
    return encode_again(change);
}

Status Streaming::encode_again(const ChangeFrame& change) {
    scratch_.clear();
    if (Status done = encoder_.encode(change, context_, scratch_); !done) {
        return located(std::move(done.error()));
    }
    if (scratch_.size_bytes() != 0) return {};
    const Result<bool> held = held_for_topic(change);
    return held ? Status{} : Failure(held.error());
}

// Appends by `encode` what is no item of its own and may not be cut from its neighbour.
template <class Encode>
Status Streaming::append(Encode encode) {
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    if (Status done = encode(); !done) return done;
    const std::size_t grown = buffer_->size_bytes() - size_before;
    batch_.fill.records += buffer_->records().size() - records_before;
    batch_.fill.bytes += grown;
    if (grown + kRecordOverhead > router_.message_bytes_max()) {
        if (Status fits = check_size(size_before, records_before); !fits) return fits;
    }
    // Nothing that waits for more may fill the window by itself.
    if (BatchLedger::weight(*buffer_) >= options_.chunk_bytes) hand_over();
    return {};
}

// Belongs to no source transaction, so it stands between two of them.
Status Streaming::heartbeat(Instant now, WallTime wall) {
    const std::optional<Instant> at = heartbeat_at();
    if (!at || *at > now) return {};
    heartbeat_due_ = now + options_.heartbeat_interval;
    fill_batch(now);
    Status done = append([&] { return encoder_.encode_heartbeat(wall, *buffer_); });
    batch_.complete_records = buffer_->records().size();
    return done;
}

Status Streaming::check_size(std::size_t size_before, std::size_t records_before) const {
    Status fits = router_.check_size(*buffer_, records_before);
    if (fits) return fits;
    Error error = std::move(fits.error());
    error.detail = "Transaction " + std::to_string(tracker_.transaction().xid.value) +
                   ", change at " + to_string(context_.lsn) + ", item " +
                   std::to_string(context_.item) + "; its records hold " +
                   std::to_string(buffer_->size_bytes() - size_before) + " bytes.";
    return Failure(std::move(error));
}

// Says where in the WAL the change is that the encoder refuses.
Failure Streaming::located(Error error) const {
    if (!error.detail.empty()) error.detail += ' ';
    error.detail += "Transaction " + std::to_string(tracker_.transaction().xid.value) +
                    ", change at " + to_string(context_.lsn) + ".";
    return Failure(std::move(error));
}

Failure Streaming::marked_value(const ChangeFrame& change) const {
    const Relation& relation = router_.relation(change.relation_id);
    const MarkedValue& value = change.marked.front();
    std::string column = std::to_string(value.attnum);
    for (const Column& candidate : relation.columns) {
        if (candidate.attnum == value.attnum) column = candidate.name;
    }
    const char* reason = value.reason == MarkReason::kOversize         ? "it is too large"
                         : value.reason == MarkReason::kNotConvertible ? "it is no valid text"
                                                                       : "it is out of range";
    return fail(ErrorName::kMarkedValue,
                "a value of column \"" + column + "\" of table \"" + relation.schema + "." +
                    relation.name + "\" could not be carried: " + reason,
                "Transaction " + std::to_string(tracker_.transaction().xid.value) + ", change at " +
                    to_string(tracker_.change_lsn()) + ".");
}

Failure Streaming::relation_unknown(const char* what, std::uint32_t relation_id) const {
    return fail(ErrorName::kRelationUnknown, std::string("a ") + what + " refers to relation " +
                                                 std::to_string(relation_id) +
                                                 ", which the session has not described");
}

Status Streaming::take_cold(const Frame& frame, Instant now, WallTime wall) {
    if (const auto* begin = std::get_if<BeginFrame>(&frame)) return take_begin(*begin, now, wall);
    if (const auto* commit = std::get_if<CommitFrame>(&frame)) {
        return take_commit(*commit, now, wall);
    }
    if (const auto* relation = std::get_if<RelationFrame>(&frame)) return take_relation(*relation);
    if (const auto* message = std::get_if<MessageFrame>(&frame)) {
        return take_message(*message, now, wall);
    }
    if (const auto* truncate = std::get_if<TruncateFrame>(&frame)) {
        return take_truncate(*truncate, now, wall);
    }
    if (const auto* notice = std::get_if<NoticeFrame>(&frame)) return take_notice(*notice);
    if (const auto* session = std::get_if<SessionFrame>(&frame)) return take_session(*session);
    return fail(ErrorName::kFrameInvalid, "a frame of the stream is empty");
}

Status Streaming::take_begin(const BeginFrame& begin, Instant now, WallTime wall) {
    // What ends before it is received, so this is the last place for what was read in front of it.
    const Lsn received{begin.end_lsn.value - 1};
    if (Status entered = enter_chunk(received, now); !entered) return entered;
    if (Status begun = tracker_.begin(begin); !begun) return begun;
    transaction_ = {};
    transaction_.begun_at = now;
    // What is published of it in pieces counts as cut, also when that was before a restart.
    transaction_.items_cut = tracker_.items_published();
    context_.transaction = &tracker_.transaction();
    context_.last_commit_lsn = tracker_.last_end_lsn();
    statistics_.received_lsn = begin.commit_lsn;
    if (!follows_ || tracker_.dropping()) return {};
    context_.lsn = begin.first_lsn;
    context_.item = 0;
    context_.now = wall;
    if (tracker_.items_published() != 0 && !mutant(Mutant::kBeginAgain)) {
        scratch_.clear();
        return encoder_.begin_transaction(context_, scratch_);
    }
    // No piece ends before its first item, so this goes out with item 0.
    fill_batch(now);
    return append([&] { return encoder_.begin_transaction(context_, *buffer_); });
}

Status Streaming::take_commit(const CommitFrame& commit, Instant now, WallTime wall) {
    const Result<Verdict> verdict = tracker_.commit(commit);
    if (!verdict) return Failure(verdict.error());
    statistics_.received_lsn = commit.end_lsn;
    on_demand_.merge().committed(tracker_.transaction().xid);
    if (*verdict == Verdict::kDrop) {
        context_.transaction = nullptr;
        on_demand_.merge().between_transactions(now);
        return {};
    }
    statistics_.items += commit.sent;
    ++statistics_.transactions;
    if (follows_) {
        fill_batch(now);
        if (Status done = end_transaction(commit, wall); !done) return done;
    }
    return complete(now);
}

// A transaction without items, only a notice in it, has neither begin nor end; but an end where its
// begin is on its way.
Status Streaming::end_transaction(const CommitFrame& commit, WallTime wall) {
    if (commit.sent == 0 && !batch_.torn_in_sink) {
        buffer_->keep_records(batch_.complete_records);
        return {};
    }
    context_.lsn = commit.end_lsn;
    context_.item = std::max<std::uint64_t>(commit.sent, 1) - 1;
    context_.now = wall;
    return append([&] { return encoder_.end_transaction(context_, *buffer_); });
}

// A source commit: the only place where a batch closes, but for the pieces of a large transaction.
Status Streaming::complete(Instant now) {
    fill_batch(now);
    complete_lsn_ = tracker_.complete_lsn();
    batch_.torn_in_sink = false;
    batch_.complete_records = buffer_->records().size();
    transaction_ = {};
    context_.transaction = nullptr;
    on_demand_.merge().between_transactions(now);
    if (Status entered = enter_chunk(complete_lsn_, now); !entered) return entered;
    if (policy_.close_due(batch_.fill, surroundings(), now)) close(std::nullopt, now);
    return {};
}

Status Streaming::take_truncate(const TruncateFrame& truncate, Instant now, WallTime wall) {
    const auto relations = static_cast<std::uint64_t>(truncate.relation_ids.size());
    const Verdict verdict = tracker_.truncate(truncate.lsn_delta, truncate.ordinal, relations);
    if (verdict == Verdict::kInvalid) return Failure(tracker_.error());
    std::uint64_t item = tracker_.items() - relations;
    context_.lsn = tracker_.change_lsn();
    context_.now = wall;
    for (const std::uint32_t relation_id : truncate.relation_ids) {
        context_.item = item++;
        if (Status done = take_truncated(relation_id, truncate, now); !done) return done;
    }
    return {};
}

Status Streaming::take_truncated(std::uint32_t relation_id, const TruncateFrame& truncate,
                                 Instant now) {
    note_truncate(relation_id);
    const bool dropped = tracker_.verdict(context_.item) == Verdict::kDrop;
    if (dropped && !counts_again()) return {};
    if (!router_.routed(relation_id)) return relation_unknown("truncate", relation_id);
    if (dropped) {
        scratch_.clear();
        return encoder_.encode_truncate(relation_id, truncate, context_, scratch_);
    }
    transaction_.items = context_.item + 1;
    fill_batch(now);
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    Status done = encoder_.encode_truncate(relation_id, truncate, context_, *buffer_);
    if (!done) return done;
    if (buffer_->size_bytes() == size_before) ++transaction_.items_filtered;
    return encoded(size_before, records_before, now);
}

Status Streaming::take_message(const MessageFrame& message, Instant now, WallTime wall) {
    Verdict verdict{};
    if (message.transactional) {
        verdict = tracker_.transactional_message(message.ordinal);
        if (verdict == Verdict::kInvalid) return Failure(tracker_.error());
    } else {
        const Result<Verdict> judged = tracker_.message(message.lsn);
        if (!judged) return Failure(judged.error());
        verdict = *judged;
        statistics_.received_lsn = message.lsn;
        context_.last_commit_lsn = tracker_.last_end_lsn();
    }
    const bool dropped = verdict == Verdict::kDrop;
    if (dropped && !(message.transactional && counts_again())) return {};
    context_.lsn = message.lsn;
    context_.item = message.transactional ? tracker_.items() - 1 : 0;
    context_.now = wall;
    if (dropped) {
        scratch_.clear();
        return encoder_.encode_message(message, context_, scratch_);
    }
    fill_batch(now);
    if (message.transactional) transaction_.items = tracker_.items();
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    Status done = encoder_.encode_message(message, context_, *buffer_);
    if (!done) return done;
    if (buffer_->size_bytes() == size_before) ++transaction_.items_filtered;
    done = encoded(size_before, records_before, now);
    return done && !message.transactional ? complete(now) : done;
}

}  // namespace penstock
