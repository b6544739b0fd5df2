// One modelled consumer process: the true Engine, driven exactly as run/pipeline drives it, with a
// modelled socket on one side and the modelled sink thread on the other. It can be killed, stopped
// and continued at any step.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chunk_reader_model.hpp"
#include "engine/engine.hpp"
#include "frame_maker.hpp"
#include "kafka_model.hpp"
#include "plain_encoder.hpp"
#include "postgres_model.hpp"
#include "sink_model.hpp"
#include "virtual_time.hpp"
#include "walsender_model.hpp"

namespace penstock::simulation {

struct Universe {
    VirtualTime& time;
    Trace& trace;
    PostgresModel& postgres;
    KafkaModel& kafka;
    // Oracle: a rule is broken.
    std::function<void(std::string)> violated;
    // Oracle: a request was accepted.
    std::function<void(std::uint64_t)> accepted{};
};

struct ProcessOptions {
    EngineOptions engine;
    LinkOptions postgres_link;
    KafkaLink kafka_link;
    ReaderLink reader_link;
    std::int32_t partitions = 2;
    std::int64_t max_message_bytes = 1 << 20;
    Duration statement_max{5'000};
    std::size_t frames_per_slice = 64;
};

class Process : public SinkHost {
public:
    Process(Universe universe, Random random, ProcessOptions options, std::string name);
    ~Process() override;

    void start();
    // SIGKILL. `half_open`: the server does not hear of it before its own timeout.
    void kill(bool half_open);
    void pause();
    void resume();
    void request_stop();
    // Somebody asks for snapshots, and waits.
    void request(SnapshotRequest request);
    std::size_t requests_waiting() const { return requests_waiting_; }

    bool dead() const { return dead_; }
    bool paused() const { return paused_; }
    // Since it was asked to stop.
    bool was_paused() const { return was_paused_; }
    bool finished() const { return outcome_.has_value(); }
    bool running() const { return !dead_ && !finished(); }
    const std::optional<Error>& outcome() const { return *outcome_; }
    Instant finished_at() const { return finished_at_; }
    const std::string& name() const { return name_; }
    const EngineOptions& options() const { return options_.engine; }
    const EngineStatistics& statistics() const { return engine_->statistics(); }
    SinkModel& sink() { return *sink_; }
    WalSender* connection() { return connection_.get(); }
    // end_lsn of the last transaction that the engine has taken whole.
    Lsn received_lsn() const { return received_; }
    bool in_transaction() const { return static_cast<bool>(begun_end_); }
    std::optional<Instant> stop_requested_at() const { return stop_requested_at_; }
    // Transactions that were in hand for so long that they may be cut.
    const std::vector<Lsn>& slow_transactions() const { return slow_; }

    // SinkHost, called on the sink's thread.
    void post(Event event) override;
    void give_back(std::unique_ptr<RecordBuffer> buffer) override;
    void later(Duration delay, VirtualTime::Action action) override;

private:
    void wake();
    bool serve_one();
    void take_commands();
    void handle(Event event);
    void execute(Command& command);
    void execute_statement(const Command& command);
    void run_statement(std::function<Event()> statement);
    void close_connection();
    void close_gracefully();
    void send_status(const SendStatus& status);
    bool pump();
    void take(const WireItem& item);
    void arm_timer();
    void finish(Finish& finish);
    void answer_schemas(const EnsureSchemas& command);
    void answered(const AnswerRequest& answer);
    void check_window(const ProduceChunk& chunk);
    void note_event(const Event& event);

    Universe universe_;
    Random random_;
    ProcessOptions options_;
    std::string name_;
    PlainEncoder encoder_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<SinkModel> sink_;
    std::unique_ptr<ChunkReaderModel> reader_;
    std::size_t requests_waiting_ = 0;
    std::shared_ptr<WalSender> connection_;
    std::optional<ServerRefusal> lost_;
    std::unique_ptr<FrameMaker> frames_;
    std::deque<WireItem> left_over_;  // Of a closed connection; read by a planted bug only.
    Instant begun_at_{};              // When the transaction in hand was begun.
    Lsn begun_end_;                   // Its end_lsn; 0 outside of one.
    Lsn received_;

    bool dead_ = false;
    bool paused_ = false;
    bool was_paused_ = false;
    bool busy_ = false;  // The engine's thread waits for a statement.
    bool serving_ = false;
    bool drained_told_ = true;
    std::deque<Command> commands_;
    std::deque<Event> answers_;
    std::deque<Event> inbox_;
    std::vector<VirtualTime::Action> stalled_;
    std::optional<Instant> timer_at_;
    std::optional<std::optional<Error>> outcome_;
    Instant finished_at_{0};
    std::optional<Instant> stop_requested_at_;
    Instant last_post_{0};
    Instant last_tick_{-1};
    std::uint32_t ticks_at_once_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t closing_ = 0;  // Counts graceful closes and their ends.
    Lsn proven_;                 // Highest position that this process has read back.
    std::size_t window_bytes_ = 0;
    std::vector<Lsn> slow_;
};

}  // namespace penstock::simulation
