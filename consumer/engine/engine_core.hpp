// The inside of the engine: which parts there are and what state joins them. Internal to this room;
// engine.cpp, engine_snapshot.cpp, engine_on_demand.cpp and nobody else include it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/batch_ledger.hpp"
#include "engine/engine.hpp"
#include "engine/failure_policy.hpp"
#include "engine/mutant.hpp"
#include "engine/outbox.hpp"
#include "engine/progress.hpp"
#include "engine/read_back_watch.hpp"
#include "engine/receive_watch.hpp"
#include "engine/recovery.hpp"
#include "engine/shutdown_watch.hpp"
#include "engine/snapshot_phase.hpp"
#include "engine/streaming.hpp"

namespace penstock {

// Joins the parts: which of them an event goes to, what a failure makes of it, when time is due.
//
//   waiting --> recovering --> (snapshot) --> streaming --> (failure) --> waiting
//      any --> stopping --> finished
class Engine::Core {
public:
    Core(EngineOptions options, RecordEncoder& encoder)
        : options_(with_routine(std::move(options))),
          ledger_(outbox_),
          recovery_(options_, outbox_, ledger_),
          streaming_(options_, encoder, outbox_, ledger_, statistics_),
          snapshot_(options_, encoder, streaming_.router(), outbox_, ledger_, statistics_),
          progress_(options_),
          read_back_(options_.read_back_patience),
          receive_(options_.receive_timeout),
          backoff_(options_) {}

    void start(Instant now);
    void handle(Event event, Instant now);
    void take(const Frame& frame, Instant now, WallTime wall);
    bool wants_frames() const { return mode_ == Mode::kStreaming && streaming_.wants_frames(); }
    void take_row(const SnapshotRow& row, Instant now, WallTime wall);
    bool wants_rows() const { return mode_ == Mode::kSnapshot && snapshot_.wants_rows(); }
    void recycle(std::unique_ptr<RecordBuffer> buffer);
    std::optional<Instant> next_deadline() const;

    EngineOptions options_;
    EngineStatistics statistics_;
    Outbox outbox_;
    BatchLedger ledger_;
    Recovery recovery_;
    Streaming streaming_;
    SnapshotPhase snapshot_;

    bool finished() const { return mode_ == Mode::kFinished; }

private:
    enum class Mode : std::uint8_t {
        kNew,
        kWaiting,
        kRecovering,
        kSnapshot,
        kStreaming,
        kStopping,
        kFinished
    };

    // Answers of recovery's steps all end alike.
    template <class E>
    void on(const E& event, Instant now) {
        if (mode_ == Mode::kRecovering) settle(recovery_.on(event), now);
    }
    void on(const ReplicationStarted& event, Instant now);
    void on(const ServerProbed& event, Instant now);
    void on(const PostgresFailed& event, Instant now);
    void on(const Keepalive& event, Instant now);
    void on(const SocketDrained& event, Instant now);
    void on(const TopicReady& event, Instant now);
    void on(const SchemasReady& event, Instant now);
    void on(const SchemasFailed& event, Instant now);
    void on(const SnapshotRangeRead& event, Instant now);
    void on(const ChunkDone& event, Instant now);
    void on(const BatchClosed& event, Instant now);
    void on(const PositionVisible& event, Instant now);
    void on(const KafkaFailed& event, Instant now);
    void on(const TablesFound& event, Instant now);
    void on(const TablesNotFound& event, Instant now);
    void on(const SnapshotLooked& event, Instant now);
    void on(ChunkRead& event, Instant now);
    void on(const ChunkFailed& event, Instant now);
    void on(const SnapshotRequest& event, Instant now);
    void on(const StopRequested& event, Instant now);
    void on(const Tick& event, Instant now);

    void settle(const Recovery::Outcome& outcome, Instant now);
    void begin_streaming(const StateView& state, Instant now);
    void begin_snapshot(Instant now);
    void end_snapshot(Instant now);
    void snapshot_step(const Status& done, Instant now);
    void fail(const Error& error, bool fenced, Instant now);
    void kafka_failed(const Error& error, bool fenced, Instant now);
    bool takes_too_long(Instant now);
    void recover(const Error& error, bool fenced, Instant now);
    void stop(std::optional<Error> error, Instant now);
    void finish();
    void drop_memory();
    void advance(Instant now);
    void advance_stop(Instant now);
    void advance_statuses(Instant now);
    void advance_shutdown(Instant now);
    void advance_read_back(Instant now);
    void advance_receive(Instant now);
    void send_status(bool reply_requested, Instant now);
    std::optional<Instant> shutdown_deadline() const;
    void describe();

    // Silence counts only when a reply was asked for, more than once.
    static EngineOptions with_routine(EngineOptions options) {
        options.status_interval = std::min(options.status_interval, options.receive_timeout / 3);
        return options;
    }

    Progress progress_;
    ReadBackWatch read_back_;
    ReceiveWatch receive_;
    ShutdownWatch shutdown_;
    Backoff backoff_;
    Mode mode_ = Mode::kNew;
    Instant retry_at_{};
    bool fenced_ = false;       // Whoever fenced us must be found out.
    bool replicating_ = false;  // START_REPLICATION was accepted on this connection.
    Instant streaming_since_{};
    std::optional<Instant> answer_at_;  // An answer is owed; while the server leaves, not at once.
    Instant stop_deadline_{};
    std::optional<Error> stop_error_;
    std::optional<Lsn> too_long_;  // Commit of a transaction that the brokers did not wait for.
};

}  // namespace penstock
