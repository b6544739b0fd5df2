#include "engine/engine_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/mutant.hpp"

namespace penstock {

void Engine::Core::start(Instant now) {
    mode_ = Mode::kRecovering;
    recovery_.begin(false);
    advance(now);
}

void Engine::Core::handle(Event event, Instant now) {
    if (mode_ == Mode::kFinished || mode_ == Mode::kNew) return;
    std::visit([&](auto& concrete) { on(concrete, now); }, event);
    advance(now);
}

void Engine::Core::take(const Frame& frame, Instant now, WallTime wall) {
    if (!wants_frames()) return;
    receive_.heard(now);
    if (Status taken = streaming_.take(frame, now, wall); !taken) {
        fail(taken.error(), false, now);
        advance(now);
    } else if (!wants_frames()) {
        advance(now);
    }
}

// ---- events ----------------------------------------------------------------------------------

void Engine::Core::on(const ReplicationStarted& event, Instant now) {
    if (mode_ != Mode::kRecovering) return;
    replicating_ = true;
    progress_.session_started(now, recovery_.facts().wal_sender_timeout);
    settle(recovery_.on(event), now);
}

void Engine::Core::on(const ServerProbed& event, Instant now) {
    shutdown_.probed(event.shutting_down, now);
}

void Engine::Core::on(const PostgresFailed& event, Instant now) {
    replicating_ = false;
    progress_.session_ended();
    // A stop goes on without PostgreSQL: what is being committed may still end well.
    if (mode_ == Mode::kWaiting || mode_ == Mode::kStopping) return;
    if (event.error.name == ErrorName::kSlotMissing) {
        // A statement met no slot where the look before it saw one. Two first starts can do that to
        // each other; whether it is a stop is for the recovery table to say.
        recover(event.error, false, now);
        return;
    }
    fail(event.error, false, now);
}

void Engine::Core::on(const Keepalive& event, Instant now) {
    if (!replicating_) return;
    receive_.heard(now);
    statistics_.server_lsn = std::max(statistics_.server_lsn, event.wal_end);
    if (mutant(Mutant::kConfirmKeepaliveAlways)) progress_.proven(event.wal_end);
    if (mode_ == Mode::kStreaming) {
        streaming_.keepalive(event, now);
        if (Status done = streaming_.server_at(event.wal_end, now); !done) {
            return fail(done.error(), false, now);
        }
    }
    if (!event.reply_requested) return;
    shutdown_.asked(event.wal_end, now);
    // A server that leaves asks again after each answer: without a pause that is a busy loop.
    constexpr Duration kPause{50'000};
    if (!answer_at_) answer_at_ = shutdown_.since() ? now + kPause : now;
}

void Engine::Core::on(const SocketDrained&, Instant) {
    if (mode_ == Mode::kStreaming) streaming_.socket_drained();
}

void Engine::Core::on(const TopicReady& event, Instant now) {
    if (mode_ == Mode::kSnapshot) return snapshot_step(snapshot_.topic_ready(event, now), now);
    if (mode_ != Mode::kStreaming) return;
    if (Status ready = streaming_.topic_ready(event, now); !ready) fail(ready.error(), false, now);
}

void Engine::Core::on(const SchemasReady& event, Instant now) {
    if (mode_ == Mode::kSnapshot) return snapshot_step(snapshot_.schemas_ready(event, now), now);
    if (mode_ != Mode::kStreaming) return;
    if (Status ready = streaming_.schemas_ready(event, now); !ready) {
        fail(ready.error(), false, now);
    }
}

void Engine::Core::on(const SchemasFailed& event, Instant now) {
    const bool reads = mode_ == Mode::kStreaming || mode_ == Mode::kSnapshot;
    if (!reads || !streaming_.waits_for_schemas(event.ticket)) return;
    fail(event.error, false, now);
}

void Engine::Core::on(const Tick& event, Instant now) {
    if (mode_ != Mode::kStreaming) return;
    if (Status done = streaming_.heartbeat(now, event.wall); !done) fail(done.error(), false, now);
}

void Engine::Core::on(const ChunkDone& event, Instant) {
    ledger_.chunk_done(event);
}

void Engine::Core::on(const BatchClosed& event, Instant now) {
    if (mode_ == Mode::kWaiting || !ledger_.answers_oldest(event)) return;
    if (!event.clean && !mutant(Mutant::kBelieveUncleanCommit)) {
        const Error error = event.error.value_or(
            Error{ErrorName::kKafkaFailed, "a Kafka transaction did not end cleanly", {}, {}});
        return kafka_failed(error, error.name == ErrorName::kFenced, now);
    }
    ledger_.published(event);
    read_back_.published(ledger_.last_published().sequence, now);
    statistics_.published_lsn = ledger_.last_published().lsn;
    ++statistics_.batches;
    if (mutant(Mutant::kConfirmBelieved)) progress_.proven(ledger_.last_published().lsn);
    if (mode_ == Mode::kRecovering) {
        settle(recovery_.on_published(), now);
    } else if (mode_ == Mode::kStreaming) {
        backoff_.reset();
        receive_.progressed();
        streaming_.on_demand().published(ledger_.last_published().sequence);
    } else if (mode_ == Mode::kSnapshot) {
        backoff_.reset();
        if (!snapshot_.finished() || !ledger_.idle()) return;
        end_snapshot(now);
    }
}

void Engine::Core::on(const PositionVisible& event, Instant now) {
    const Position& position = event.position;
    if (position.instance == options_.instance) {
        read_back_.visible(position.sequence, now);
        // Under {creating} nothing is published or passed over yet.
        const bool counts =
            position.phase == Phase::kStreaming && position.sequence <= ledger_.sequence();
        if (counts) progress_.proven(position.lsn);
        return;
    }
    // Older than our own signature: our predecessor's. Newer: somebody writes beside us (I3).
    if (mode_ == Mode::kStreaming && position.sequence > ledger_.last_published().sequence) {
        fail({ErrorName::kKafkaFailed,
              "another instance has written a position",
              "Its instance is " + std::to_string(position.instance) + ".",
              {}},
             true, now);
    }
}

void Engine::Core::on(const KafkaFailed& event, Instant now) {
    if (mode_ == Mode::kWaiting || !ledger_.of_this_generation(event.generation)) return;
    if (mode_ == Mode::kRecovering && !recovery_.waits_for_kafka()) return;
    kafka_failed(event.error, event.fenced || event.error.name == ErrorName::kFenced, now);
}

void Engine::Core::on(const StopRequested&, Instant now) {
    if (mode_ == Mode::kStopping) return finish();
    stop(std::nullopt, now);
}

// ---- transitions -----------------------------------------------------------------------------

void Engine::Core::settle(const Recovery::Outcome& outcome, Instant now) {
    if (!outcome) return fail(outcome.error(), false, now);
    if (*outcome == Recovery::Stage::kOver) {
        outbox_.log(LogLine::Level::kInfo, "snapshot_only_done", {{"slot", options_.slot}});
        return finish();
    }
    if (*outcome != Recovery::Stage::kReady) return;
    if (recovery_.state().position->phase == Phase::kSnapshot) {
        begin_snapshot(now);
    } else {
        begin_streaming(recovery_.state(), now);
    }
}

void Engine::Core::begin_streaming(const StateView& state, Instant now) {
    const Position& position = *state.position;
    mode_ = Mode::kStreaming;
    fenced_ = false;
    streaming_since_ = now;
    progress_.trust(position.lsn);
    if (recovery_.proven()) progress_.proven(position.lsn);
    statistics_.published_lsn = position.lsn;
    streaming_.resume(state, recovery_.facts(), now);
    outbox_.log(LogLine::Level::kInfo, "streaming",
                {{"slot", options_.slot}, {"lsn", to_string(position.lsn)}});
    // Whatever keepalive came before does not count; this one asks for another.
    send_status(true, now);
}

void Engine::Core::fail(const Error& error, bool fenced, Instant now) {
    statistics_.last_error = error;
    if (mode_ == Mode::kStopping) return finish();
    switch (reaction(error, fenced)) {
        case Reaction::kRecover:
            return recover(error, false, now);
        case Reaction::kCheckFence:
            return recover(error, true, now);
        case Reaction::kStop:
            return stop(error, now);
    }
}

// Whether the brokers have aborted the same transaction before, because it was not through in time.
// Once may be chance, such as a process that stood still; the second time it never will be.
bool Engine::Core::takes_too_long(Instant now) {
    if (mode_ != Mode::kStreaming || options_.transactions != TransactionsMode::kAtomic)
        return false;
    const std::optional<Lsn> lsn =
        streaming_.in_hand_longer_than(options_.transaction_timeout, now);
    return lsn && std::exchange(too_long_, lsn) == lsn;
}

// Nothing more can be committed, so a stop has nothing to wait for.
void Engine::Core::kafka_failed(const Error& error, bool fenced, Instant now) {
    if (takes_too_long(now)) {
        stop_error_ = Error{ErrorName::kTransactionTooLong,
                            "a transaction that commits at " + to_string(*too_long_) +
                                " does not go through in one Kafka transaction",
                            "The last failure was: " + error.message + ".",
                            {}};
        statistics_.last_error = stop_error_;
        return finish();
    }
    if (reaction(error, fenced) != Reaction::kStop) return fail(error, fenced, now);
    statistics_.last_error = error;
    if (mode_ != Mode::kStopping) stop_error_ = error;
    finish();
}

void Engine::Core::drop_memory() {
    ledger_.forget();
    if (!mutant(Mutant::kKeepMemory)) streaming_.reset();
    snapshot_.reset();
    progress_.session_ended();
    read_back_.reset();
    shutdown_.reset();
    answer_at_.reset();
    replicating_ = false;
}

void Engine::Core::recover(const Error& error, bool fenced, Instant now) {
    if (mode_ == Mode::kStreaming && now - streaming_since_ >= options_.backoff_max) {
        backoff_.reset();
    }
    statistics_.last_error = error;
    const Duration wait = backoff_.next();
    outbox_.put(ClosePostgres{});
    ledger_.abort_open();
    drop_memory();
    fenced_ = fenced_ || fenced;
    mode_ = Mode::kWaiting;
    retry_at_ = now + wait;
    ++statistics_.recoveries;
    outbox_.log(LogLine::Level::kWarning, "recovering",
                {{"error", std::string(error_row(error.name).text)},
                 {"message", error.message},
                 {"detail", error.detail},
                 {"wait_ms", std::to_string(wait.count() / 1000)}});
}

// I10: read no more, commit what is complete, confirm what is read back, CopyDone, within the
// patience. An error of ours stops the same way, so that the next start begins right before it.
void Engine::Core::stop(std::optional<Error> error, Instant now) {
    const bool streaming = mode_ == Mode::kStreaming;
    stop_error_ = std::move(error);
    mode_ = Mode::kStopping;
    if (!streaming || mutant(Mutant::kStopWithoutDrain)) return finish();
    // The rest of the patience is for CopyDone and for the producers' abort.
    stop_deadline_ = now + options_.stop_patience * 3 / 5;
    streaming_.close_complete(now);
    ledger_.abort_open();
}

void Engine::Core::finish() {
    if (mode_ == Mode::kFinished) return;
    outbox_.put(AbortBatch{});
    outbox_.put(ClosePostgres{replicating_});
    drop_memory();
    mode_ = Mode::kFinished;
    outbox_.put(Finish{stop_error_});
}

// ---- time ------------------------------------------------------------------------------------

void Engine::Core::advance(Instant now) {
    if (mode_ == Mode::kWaiting && now >= retry_at_) {
        mode_ = Mode::kRecovering;
        recovery_.begin(fenced_);
    }
    if (mode_ == Mode::kStreaming) {
        streaming_.reading(wants_frames(), now);
        streaming_.advance(now);
        streaming_.reading(wants_frames(), now);
    }
    advance_read_back(now);
    if (mode_ == Mode::kSnapshot) snapshot_.advance(now);
    advance_receive(now);
    advance_shutdown(now);
    advance_statuses(now);
    advance_stop(now);
    describe();
}

void Engine::Core::advance_read_back(Instant now) {
    if (mode_ != Mode::kStreaming) return;
    const std::optional<Instant> deadline = read_back_.deadline();
    if (!deadline || now < *deadline) return;
    recover({ErrorName::kKafkaFailed,
             "a committed position does not become visible in the state topic",
             "An open Kafka transaction may hold its readers back.",
             {}},
            false, now);
}

void Engine::Core::advance_receive(Instant now) {
    receive_.listen(wants_frames(), now);
    const std::optional<Instant> deadline = receive_.deadline();
    if (!deadline || now < *deadline) return;
    const auto seconds = receive_.patience().count() / 1'000'000;
    receive_.gave_up();
    recover({ErrorName::kPostgresConnectionLost,
             "the server has not been heard for " + std::to_string(seconds) + " s",
             "It was asked to answer all the while (source.receive_timeout); the network may be "
             "cut.",
             {}},
            false, now);
    receive_.listen(false, now);
}

std::optional<Instant> Engine::Core::shutdown_deadline() const {
    if (!shutdown_.since()) return std::nullopt;
    return *shutdown_.since() + options_.shutdown_patience;
}

void Engine::Core::advance_shutdown(Instant now) {
    if (!replicating_ || mode_ == Mode::kStopping || mode_ == Mode::kFinished) return;
    if (mutant(Mutant::kHoldsShutdown)) return;
    shutdown_.reading(wants_frames() && streaming_.caught_up(), now);
    if (shutdown_.probe_at() && now >= *shutdown_.probe_at()) {
        shutdown_.probed(false, now);  // The next one is due an interval from here.
        outbox_.put(ProbeShutdown{});
    }
    if (!shutdown_.since()) return;
    if (mode_ == Mode::kStreaming) streaming_.hurry();
    if (now < *shutdown_deadline()) return;
    recover({ErrorName::kServerShuttingDown,
             "the server is shutting down and waits for us",
             "The connection was closed after the patience of shutdown.",
             {}},
            false, now);
}

void Engine::Core::advance_statuses(Instant now) {
    if (!replicating_) return;
    const bool hurry = shutdown_.since().has_value() || mode_ == Mode::kStopping;
    const std::optional<Instant> due = progress_.due_at(hurry);
    const bool owed = answer_at_ && now >= *answer_at_;
    const bool asks = mode_ == Mode::kStreaming && streaming_.asks_server(now);
    if (!asks && !owed && (!due || now < *due)) return;
    // A routine status asks back: the answer carries the server's position and proves it alive.
    send_status(asks || (!owed && progress_.confirmed_all()), now);
}

void Engine::Core::send_status(bool reply_requested, Instant now) {
    const Lsn lsn = progress_.send(now);
    if (answer_at_) shutdown_.answered(now);
    answer_at_.reset();
    statistics_.confirmed_flush_lsn = std::max(statistics_.confirmed_flush_lsn, lsn);
    outbox_.put(SendStatus{lsn, reply_requested});
}

void Engine::Core::advance_stop(Instant now) {
    if (mode_ != Mode::kStopping) return;
    const bool proven = progress_.confirmed() >= ledger_.last_published().lsn;
    const bool settled = ledger_.in_flight() == 0 && (proven || !replicating_);
    if (settled || now >= stop_deadline_) finish();
}

std::optional<Instant> Engine::Core::next_deadline() const {
    if (mode_ == Mode::kNew || mode_ == Mode::kFinished) return std::nullopt;
    std::optional<Instant> next;
    const auto earliest = [&](std::optional<Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    if (mode_ == Mode::kWaiting) earliest(retry_at_);
    if (mode_ == Mode::kStopping) earliest(stop_deadline_);
    if (mode_ == Mode::kSnapshot) earliest(snapshot_.next_deadline());
    if (mode_ == Mode::kStreaming) {
        earliest(streaming_.next_deadline());
        earliest(read_back_.deadline());
        earliest(receive_.deadline());
    }
    if (replicating_) {
        const bool hurry = shutdown_.since().has_value() || mode_ == Mode::kStopping;
        earliest(progress_.due_at(hurry));
        earliest(answer_at_);
        if (mode_ != Mode::kStopping) {
            earliest(shutdown_.probe_at());
            earliest(shutdown_deadline());
        }
    }
    return next;
}

void Engine::Core::describe() {
    statistics_.window_bytes = streaming_.window_bytes();
    constexpr const char* kPhases[] = {"waiting",   "waiting",  nullptr,   "snapshot",
                                       "streaming", "stopping", "finished"};
    const char* phase = kPhases[static_cast<std::size_t>(mode_)];
    statistics_.phase = phase == nullptr ? recovery_.phase() : phase;
}

// ---- the public face -------------------------------------------------------------------------

Engine::Engine(EngineOptions options, RecordEncoder& encoder)
    : core_(std::make_unique<Core>(std::move(options), encoder)) {}
Engine::~Engine() = default;

void Engine::start(Instant now) {
    core_->start(now);
}
void Engine::handle(Event event, Instant now) {
    core_->handle(std::move(event), now);
}
void Engine::take(const Frame& frame, Instant now, WallTime wall) {
    core_->take(frame, now, wall);
}
bool Engine::wants_frames() const {
    return core_->wants_frames();
}
void Engine::take_row(const SnapshotRow& row, Instant now, WallTime wall) {
    core_->take_row(row, now, wall);
}
bool Engine::wants_rows() const {
    return core_->wants_rows();
}
std::vector<TableProgress> Engine::snapshot_progress(WallTime wall) const {
    return core_->snapshot_.progress(wall);
}
void Engine::recycle(std::unique_ptr<RecordBuffer> buffer) {
    core_->recycle(std::move(buffer));
}
std::vector<Command> Engine::drain_outbox() {
    return core_->outbox_.drain();
}
std::optional<Instant> Engine::next_deadline() const {
    return core_->next_deadline();
}
const EngineStatistics& Engine::statistics() const {
    return core_->statistics_;
}
bool Engine::finished() const {
    return core_->finished();
}

}  // namespace penstock
