#include "engine/streaming.hpp"
#include "engine/mutant.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace penstock {
namespace {

constexpr std::uint32_t kProtocolVersion = 1;

}  // namespace

Streaming::Streaming(const EngineOptions& options, RecordEncoder& encoder, Outbox& outbox,
                     BatchLedger& ledger, EngineStatistics& statistics)
    : options_(options),
      encoder_(encoder),
      outbox_(outbox),
      ledger_(ledger),
      statistics_(statistics),
      policy_(options),
      router_(encoder, outbox, {options.on_rename, options.row_topics_max, options.registry}),
      on_demand_(options, outbox, statistics),
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
    on_demand_.resume(state.snapshots);
    follows_ = encoder_.follows_transactions();
    last_close_ = now;
    if (!heartbeat_due_) heartbeat_due_ = now + options_.heartbeat_interval;
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
    held_.reset();
    stage_.reset();
    describing_chunk_ = false;
    on_demand_.reset();
    buffer_->clear();
    partitions_.clear();
}

bool Streaming::wants_frames() const {
    if (!active_ || router_.held() || on_demand_.merge().holds()) return false;
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
    return router_.describe(frame.relation);
}

Status Streaming::topic_ready(const TopicReady& ready, Instant now) {
    return released(router_.topic_ready(ready), now);
}

Status Streaming::schemas_ready(const SchemasReady& ready, Instant now) {
    return released(router_.schemas_ready(ready), now);
}

Status Streaming::take_notice(const NoticeFrame& notice) {
    if (tracker_.in_transaction() && tracker_.dropping()) return {};
    if (notice.code == NoticeCode::kPublicationMissing &&
        options_.publication_missing == PublicationMissing::kStop &&
        !mutant(Mutant::kIgnoreNotice)) {
        return fail(ErrorName::kPublicationMissing,
                    "publication \"" + notice.name + "\" did not exist at a change", notice.detail);
    }
    if (notice.code == NoticeCode::kOptionIgnored &&
        options_.option_ignored == OptionIgnored::kStop) {
        return fail(ErrorName::kOptionIgnored,
                    "the plugin does not apply all of \"" + notice.name + "\"", notice.detail);
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
    buffer_ = spare_.take();
}

// I2: the position that rides in this batch covers exactly the rows before it.
void Streaming::close(std::optional<OpenTransaction> open, Instant now) {
    hand_over();
    position_.lsn = std::max(position_.lsn, complete_lsn_);
    position_.open = open;
    position_.topic_keys = static_cast<std::uint32_t>(router_.topic_keys());
    position_.snapshot_keys = on_demand_.keys();
    ledger_.close(position_, router_.take_changed(), on_demand_.take_changed());
    on_demand_.closed(ledger_.sequence());
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

std::optional<Lsn> Streaming::in_hand_longer_than(Duration age, Instant now) const {
    if (!tracker_.in_transaction() || !batch_.filled) return std::nullopt;
    if (now - batch_.fill.opened_at < age) return std::nullopt;
    return tracker_.transaction().commit_lsn;
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
    on_demand_.advance(now);
    chunk_described();
    if (between_transactions()) on_demand_.merge().between_transactions(now);
    // What people asked for is written without waiting for rows to go with it.
    const bool may_close = between_transactions() && !tracker_.open_expected();
    if (on_demand_.changed() && may_close) fill_batch(now);
    if (batch_.filled && between_transactions()) {
        count_partitions();
        if (policy_.close_due(batch_.fill, surroundings(), now)) close(std::nullopt, now);
    } else if (tracker_.in_transaction() && !blocked_since_ && !held_ &&
               policy_.cut_due(transaction_, now)) {
        cut(now);
    }
    advance_idle(now);
}

// A close in front of the transaction that is published in part would forget what is out of it.
std::optional<Instant> Streaming::heartbeat_at() const {
    if (options_.heartbeat_interval == Duration::zero() || !active_) return std::nullopt;
    const bool open = tracker_.open_expected() && !mutant(Mutant::kHeartbeatForgetsOpen);
    if (!wants_frames() || !between_transactions() || open) return std::nullopt;
    // Alone in its batch it waits for the one in flight, so that idle advances get their turn.
    if (!batch_.filled && !ledger_.idle()) return std::nullopt;
    return heartbeat_due_;
}

std::optional<Instant> Streaming::next_deadline() const {
    std::optional<Instant> next = next_close();
    for (const std::optional<Instant>& at : {heartbeat_at(), on_demand_.next_deadline()}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

std::optional<Instant> Streaming::next_close() const {
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
    if (complete_lsn_ > position_.lsn || on_demand_.changed()) close(std::nullopt, now);
}

}  // namespace penstock
