#include "engine/streaming.hpp"
#include "engine/mutant.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace penstock {
namespace {

constexpr std::size_t kSpareBuffersMax = 8;
constexpr std::uint32_t kProtocolVersion = 1;
// What Kafka's record batch adds to the bytes of a record, generously.
constexpr std::size_t kRecordOverhead = 128;

}  // namespace

Streaming::Streaming(const EngineOptions& options, RecordEncoder& encoder, Outbox& outbox,
                     BatchLedger& ledger, EngineStatistics& statistics)
    : options_(options),
      encoder_(encoder),
      outbox_(outbox),
      ledger_(ledger),
      statistics_(statistics),
      policy_(options),
      router_(encoder),
      buffer_(std::make_unique<RecordBuffer>()) {}

void Streaming::resume(const StateView& state, const ServerFacts& facts, Instant now) {
    if (!mutant(Mutant::kKeepMemory)) reset();
    active_ = true;
    facts_ = facts;
    position_ = *state.position;
    position_.phase = Phase::kStreaming;
    position_.timeline = facts.timeline;  // A promotion may lie between the state and this session.
    complete_lsn_ = position_.lsn;
    tracker_.resume(position_);
    router_.resume(state.topics);
    last_close_ = now;
}

void Streaming::reset() {
    active_ = false;
    drained_ = false;
    caught_up_ = true;
    hurry_ = false;
    blocked_since_.reset();
    idle_lsn_ = {};
    idle_since_.reset();
    idle_asked_ = false;
    batch_ = {};
    transaction_ = {};
    context_ = {};
    buffer_->clear();
    partitions_.clear();
}

bool Streaming::wants_frames() const {
    if (!active_ || router_.held()) return false;
    if (mutant(Mutant::kWindowIgnored)) return true;
    return window_bytes() < options_.window_bytes_max &&
           ledger_.in_flight() < options_.batches_in_flight_max;
}

std::size_t Streaming::window_bytes() const {
    return ledger_.window_bytes() + BatchLedger::weight(*buffer_);
}

void Streaming::reading(bool wanted, Instant now) {
    if (!wanted) {
        if (!blocked_since_) blocked_since_ = now;
    } else if (blocked_since_) {
        transaction_.begun_at += now - *blocked_since_;
        blocked_since_.reset();
    }
}

Status Streaming::take(const Frame& frame, Instant now, WallTime wall) {
    drained_ = false;
    caught_up_ = false;
    if (const auto* change = std::get_if<ChangeFrame>(&frame)) [[likely]] {
        return take_change(*change, now, wall);
    }
    return take_cold(frame, now, wall);
}

Status Streaming::take_change(const ChangeFrame& change, Instant now, WallTime wall) {
    const auto verdict = tracker_.change(change.lsn_delta, change.ordinal);
    if (verdict == TransactionTracker::Verdict::kDrop) return {};
    if (verdict == TransactionTracker::Verdict::kInvalid) return Failure(tracker_.error());
    transaction_.items = tracker_.items();
    if (!router_.routed(change.relation_id)) {
        return fail(ErrorName::kRelationUnknown, "a change refers to relation " +
                                                     std::to_string(change.relation_id) +
                                                     ", which the session has not described");
    }
    if (!change.marked.empty() && !encoder_.judges_marked_values()) return marked_value(change);
    fill_batch(now);
    context_.lsn = tracker_.change_lsn();
    context_.item = tracker_.items() - 1;
    context_.now = wall;
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    if (Status done = encoder_.encode(change, context_, *buffer_); !done) {
        return located(std::move(done.error()));
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
    if (grown == 0) ++transaction_.items_filtered;
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

// Known before produce: Kafka's refusal would cost both producers.
Status Streaming::check_size(std::size_t size_before, std::size_t records_before) const {
    const std::vector<Record>& records = buffer_->records();
    for (std::size_t index = records_before; index < records.size(); ++index) {
        const Record& record = records[index];
        const std::size_t limit = router_.message_bytes_max(record.topic);
        const std::size_t size = (record.key_size == Record::kNull ? 0 : record.key_size) +
                                 (record.value_size == Record::kNull ? 0 : record.value_size) +
                                 kRecordOverhead;
        if (size <= limit) continue;
        return fail(ErrorName::kRecordTooLarge,
                    "a record of " + std::to_string(size) + " bytes is larger than topic \"" +
                        router_.topic_name(record.topic) + "\" takes: " + std::to_string(limit),
                    "Transaction " + std::to_string(tracker_.transaction().xid.value) +
                        ", change at " + to_string(context_.lsn) + ", item " +
                        std::to_string(context_.item) + "; its records hold " +
                        std::to_string(buffer_->size_bytes() - size_before) + " bytes.");
    }
    return {};
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

Status Streaming::take_cold(const Frame& frame, Instant now, WallTime wall) {
    if (const auto* begin = std::get_if<BeginFrame>(&frame)) return take_begin(*begin, now);
    if (const auto* commit = std::get_if<CommitFrame>(&frame)) return take_commit(*commit, now);
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

Status Streaming::take_session(const SessionFrame& session) const {
    if (session.protocol_version != kProtocolVersion) {
        return fail(ErrorName::kProtocolVersion,
                    "the plugin speaks protocol " + std::to_string(session.protocol_version) +
                        ", this consumer " + std::to_string(kProtocolVersion),
                    "The plugin's version is " + session.plugin_version + ".");
    }
    if (session.system_identifier != facts_.system_identifier ||
        session.database_oid != facts_.database_oid) {
        return fail(ErrorName::kOtherServer, "the stream comes from another server or database",
                    "Its database is \"" + session.database + "\".");
    }
    return {};
}

Status Streaming::take_relation(const RelationFrame& frame) {
    Result<std::optional<EnsureTopic>> described = router_.describe(frame.relation);
    if (!described) return Failure(described.error());
    if (*described) outbox_.put(std::move(**described));
    return {};
}

Status Streaming::topic_ready(const TopicReady& ready) {
    return router_.topic_ready(ready);
}

Status Streaming::take_begin(const BeginFrame& begin, Instant now) {
    if (Status begun = tracker_.begin(begin); !begun) return begun;
    transaction_ = {};
    transaction_.begun_at = now;
    // What is published of it in pieces counts as cut, also when that was before a restart.
    transaction_.items_cut = tracker_.items_published();
    context_.transaction = &tracker_.transaction();
    context_.last_commit_lsn = tracker_.last_commit_lsn();
    statistics_.received_lsn = begin.commit_lsn;
    return {};
}

Status Streaming::take_commit(const CommitFrame& commit, Instant now) {
    const Result<TransactionTracker::Verdict> verdict = tracker_.commit(commit);
    if (!verdict) return Failure(verdict.error());
    statistics_.received_lsn = commit.end_lsn;
    if (*verdict == TransactionTracker::Verdict::kDrop) return {};
    statistics_.items += commit.sent;
    ++statistics_.transactions;
    complete(now);
    return {};
}

// A source commit: the only place where a batch closes, but for the pieces of a large transaction.
void Streaming::complete(Instant now) {
    fill_batch(now);
    complete_lsn_ = tracker_.complete_lsn();
    batch_.torn_in_sink = false;
    batch_.complete_records = buffer_->records().size();
    transaction_ = {};
    context_.transaction = nullptr;
    if (policy_.close_due(batch_.fill, surroundings(), now)) close(std::nullopt, now);
}

Status Streaming::take_truncate(const TruncateFrame& truncate, Instant now, WallTime wall) {
    const auto relations = static_cast<std::uint64_t>(truncate.relation_ids.size());
    const auto verdict = tracker_.truncate(truncate.lsn_delta, truncate.ordinal, relations);
    if (verdict == TransactionTracker::Verdict::kInvalid) return Failure(tracker_.error());
    std::uint64_t item = tracker_.items() - relations;
    context_.lsn = tracker_.change_lsn();
    context_.now = wall;
    for (const std::uint32_t relation_id : truncate.relation_ids) {
        context_.item = item++;
        if (tracker_.verdict(context_.item) == TransactionTracker::Verdict::kDrop) continue;
        transaction_.items = item;
        if (!router_.routed(relation_id)) {
            return fail(ErrorName::kRelationUnknown, "a truncate refers to relation " +
                                                         std::to_string(relation_id) +
                                                         ", which the session has not described");
        }
        fill_batch(now);
        const std::size_t size_before = buffer_->size_bytes();
        const std::size_t records_before = buffer_->records().size();
        Status done = encoder_.encode_truncate(relation_id, truncate, context_, *buffer_);
        if (done) done = encoded(size_before, records_before, now);
        if (!done) return done;
    }
    return {};
}

Status Streaming::take_message(const MessageFrame& message, Instant now, WallTime wall) {
    TransactionTracker::Verdict verdict{};
    if (message.transactional) {
        verdict = tracker_.transactional_message(message.ordinal);
        if (verdict == TransactionTracker::Verdict::kInvalid) return Failure(tracker_.error());
    } else {
        const Result<TransactionTracker::Verdict> judged = tracker_.message(message.lsn);
        if (!judged) return Failure(judged.error());
        verdict = *judged;
        statistics_.received_lsn = message.lsn;
    }
    if (verdict == TransactionTracker::Verdict::kDrop) return {};
    fill_batch(now);
    if (message.transactional) transaction_.items = tracker_.items();
    context_.lsn = message.lsn;
    context_.item = message.transactional ? tracker_.items() - 1 : 0;
    context_.now = wall;
    const std::size_t size_before = buffer_->size_bytes();
    const std::size_t records_before = buffer_->records().size();
    Status done = encoder_.encode_message(message, context_, *buffer_);
    if (done) done = encoded(size_before, records_before, now);
    if (done && !message.transactional) complete(now);
    return done;
}

Status Streaming::take_notice(const NoticeFrame& notice) {
    if (tracker_.in_transaction() && tracker_.dropping()) return {};
    if (notice.code == NoticeCode::kPublicationMissing &&
        options_.publication_missing == PublicationMissing::kStop &&
        !mutant(Mutant::kIgnoreNotice)) {
        return fail(ErrorName::kPublicationMissing,
                    "publication \"" + notice.name + "\" did not exist at a change", notice.detail);
    }
    const char* event = notice.code == NoticeCode::kPublicationMissing ? "publication_missing"
                        : notice.code == NoticeCode::kSelectionEmpty   ? "selection_empty"
                                                                       : "option_ignored";
    outbox_.log(LogLine::Level::kWarning, event,
                {{"name", notice.name}, {"detail", notice.detail}});
    return {};
}

void Streaming::fill_batch(Instant now) {
    if (batch_.filled) return;
    batch_.filled = true;
    batch_.fill.opened_at = now;
}

void Streaming::count_partitions() {
    partitions_.add(*buffer_, batch_.counted_records);
    batch_.counted_records = buffer_->records().size();
    batch_.fill.partitions = partitions_.count();
}

void Streaming::hand_over() {
    if (buffer_->empty()) return;
    count_partitions();
    statistics_.records += buffer_->records().size();
    statistics_.record_bytes += buffer_->size_bytes();
    batch_.torn_in_sink =
        tracker_.in_transaction() &&
        (batch_.torn_in_sink || buffer_->records().size() > batch_.complete_records);
    batch_.complete_records = 0;
    batch_.counted_records = 0;
    ledger_.produce(std::move(buffer_));
    if (spare_.empty()) {
        buffer_ = std::make_unique<RecordBuffer>();
    } else {
        buffer_ = std::move(spare_.back());
        spare_.pop_back();
    }
}

void Streaming::recycle(std::unique_ptr<RecordBuffer> buffer) {
    if (!buffer || spare_.size() >= kSpareBuffersMax) return;
    buffer->clear();
    spare_.push_back(std::move(buffer));
}

// I2: the position that rides in this batch covers exactly the rows before it.
void Streaming::close(std::optional<OpenTransaction> open, Instant now) {
    hand_over();
    position_.lsn = std::max(position_.lsn, complete_lsn_);
    position_.open = open;
    position_.topic_keys = static_cast<std::uint32_t>(router_.topic_keys());
    ledger_.close(position_, router_.take_changed());
    batch_ = {};
    partitions_.clear();
    last_close_ = now;
    if (position_.lsn >= idle_lsn_) idle_since_.reset();
}

void Streaming::cut(Instant now) {
    const BeginFrame& begin = tracker_.transaction();
    std::uint64_t next_item = transaction_.items;
    if (mutant(Mutant::kCountPublishedItems)) next_item -= transaction_.items_filtered;
    close(OpenTransaction{begin.xid, begin.commit_lsn, next_item}, now);
    transaction_.items_cut = transaction_.items;
    transaction_.bytes_cut = transaction_.bytes;
    transaction_.begun_at = now;
}

BatchSurroundings Streaming::surroundings() const {
    return {last_close_, drained_, ledger_.in_flight() != 0, hurry_};
}

bool Streaming::between_transactions() const {
    return !tracker_.in_transaction() && !router_.held();
}

// Rows, positions and chunks that PostgreSQL's position must not overtake.
bool Streaming::nothing_outstanding() const {
    if (mutant(Mutant::kIdleWithOutstanding)) return true;
    return between_transactions() && !tracker_.open_expected() && !position_.open &&
           !batch_.filled && ledger_.idle();
}

void Streaming::keepalive(const Keepalive& keepalive, Instant now) {
    caught_up_ = true;
    if (!active_ || !wants_frames()) return;
    if (!between_transactions() && !mutant(Mutant::kIdleWithOutstanding)) return;
    idle_lsn_ = std::max(idle_lsn_, keepalive.wal_end);
    if (idle_lsn_ <= position_.lsn) return;
    if (!idle_since_) idle_since_ = now;
    idle_asked_ = idle_asked_ || keepalive.reply_requested;
}

std::optional<Instant> Streaming::idle_at() const {
    if (mutant(Mutant::kNeverIdle)) return std::nullopt;
    if (!idle_since_ || idle_lsn_ <= position_.lsn || !nothing_outstanding()) return std::nullopt;
    if (hurry_) return idle_since_;
    const Instant ripe = idle_asked_ ? *idle_since_ : *idle_since_ + options_.idle_interval;
    return idle_closed_at_ ? std::max(ripe, *idle_closed_at_ + options_.idle_interval) : ripe;
}

// WAL without captured changes: a Kafka transaction that only moves the position.
void Streaming::advance_idle(Instant now) {
    const std::optional<Instant> at = idle_at();
    if (!at || *at > now) return;
    position_.lsn = idle_lsn_;
    idle_closed_at_ = now;
    idle_asked_ = false;
    close(std::nullopt, now);
}

void Streaming::advance(Instant now) {
    if (!active_) return;
    if (batch_.filled && between_transactions()) {
        count_partitions();
        if (policy_.close_due(batch_.fill, surroundings(), now)) close(std::nullopt, now);
    } else if (tracker_.in_transaction() && !blocked_since_ && policy_.cut_due(transaction_, now)) {
        cut(now);
    }
    advance_idle(now);
}

std::optional<Instant> Streaming::next_deadline() const {
    if (!active_) return std::nullopt;
    if (batch_.filled && between_transactions()) {
        return policy_.close_at(batch_.fill, surroundings());
    }
    if (tracker_.in_transaction()) {
        return blocked_since_ ? std::nullopt : policy_.cut_at(transaction_);
    }
    return idle_at();
}

void Streaming::close_complete(Instant now) {
    if (!active_) return;
    active_ = false;
    if (!batch_.filled || batch_.torn_in_sink) return;
    buffer_->keep_records(batch_.complete_records);
    if (complete_lsn_ > position_.lsn) close(std::nullopt, now);
}

}  // namespace penstock
