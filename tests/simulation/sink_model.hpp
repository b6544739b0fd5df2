// The modelled sink thread: executes the engine's Kafka commands strictly in order against the
// modelled brokers, over a network that loses, repeats and holds back requests. What the real sink
// may not decide is asked of the same pure rules (engine/producer_turns.hpp).
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/command.hpp"
#include "engine/producer_turns.hpp"
#include "kafka_model.hpp"
#include "mutants.hpp"
#include "virtual_time.hpp"

namespace penstock::simulation {

// What the process around the sink does for it.
class SinkHost {
public:
    virtual ~SinkHost() = default;
    virtual void post(Event event) = 0;
    virtual void give_back(std::unique_ptr<RecordBuffer> buffer) = 0;
    // Runs `action` on the sink's thread after `delay`: never when the process is dead, later when
    // it is stopped.
    virtual void later(Duration delay, VirtualTime::Action action) = 0;
};

// The network between one process and the brokers; the nemesis turns its knobs.
struct KafkaLink {
    Duration latency_min{100};
    Duration latency_max{2'000};
    Duration request_timeout{500'000};
    Duration tail_delay_max{500'000};
    Duration topic_delay_max{200'000};
    std::uint32_t lost_request_percent = 0;
    std::uint32_t lost_reply_percent = 0;
    std::uint32_t held_percent = 0;      // The request arrives long after its repeat.
    std::uint32_t held_end_percent = 0;  // The same for EndTxn alone.
    std::uint32_t failed_report_percent = 0;
    std::uint32_t failed_schema_percent = 0;  // Of the registry's answers.
    Duration held_max{8'000'000};
    bool early_chunk_done = false;  // ChunkDone when handed over, not when acknowledged.
};

class SinkModel {
public:
    SinkModel(VirtualTime& time, Trace& trace, Random random, KafkaModel& kafka, SinkHost& host,
              std::string name);

    void submit(Command command);
    // The process is gone: what is on the network stays there, nothing else happens.
    void die();
    // The state partition's stable offset moved.
    void state_readable();

    KafkaLink link;
    std::int32_t partitions_of_new_topics = 2;
    std::int64_t max_message_bytes = 1 << 20;
    // Oracle: a producer of ours learned that a newer epoch exists.
    std::function<void()> on_fenced;

private:
    using Exchange = std::function<KafkaReply()>;
    using Answer = std::function<void(const KafkaReply&)>;
    struct Request {
        Exchange exchange;
        Answer answer;
        std::function<void()> on_send;  // Every copy that leaves, as the interceptor sees it.
        bool end_transaction = false;
        bool patient = false;  // Never gives up.
        bool answered = false;
        std::uint32_t attempt = 0;
        Instant begun{};
        std::uint64_t life = 0;
    };
    struct Producer {
        ProducerIdentity identity;
        std::uint64_t next_sequence = 0;
        std::set<PartitionId> registered;
        unsigned end_txn_requests = 0;
    };

    void work();
    void done();
    void execute(ReadState& command);
    void execute(EnsureStateTopic& command);
    void execute(FenceProducers& command);
    void execute(EnsureTopic& command);
    void execute(LookAtTopics& command);
    void execute(OpenBatch& command);
    void execute(ProduceChunk& command);
    void execute(CloseBatch& command);
    void execute(AbortBatch& command);

    void forget_queue();
    void init_producer(std::size_t index, std::function<void()> then);
    void fenced_one();
    void when_up(std::function<void()> action);
    void true_read(std::size_t watermark, Instant begun);
    void answer_read(ReadDepth depth, std::size_t end, bool read_committed);
    void poll_tail();
    void produce(Producer& producer, std::vector<LogRecord> records, std::function<void()> then);
    void send_records(Producer& producer, std::vector<LogRecord> records,
                      std::function<void()> then);
    // Ends the open Kafka transaction of `producer`; `then` gets the answer.
    void commit(Producer& producer, std::function<void(KafkaCode)> then);
    void commit_without_waiting(BatchId batch);
    void close_position_after(BatchId batch, std::vector<LogRecord> state);
    void close_position_before(BatchId batch, std::vector<LogRecord> state);
    void close_verdict(BatchId batch, KafkaCode code, unsigned requests);
    std::vector<LogRecord> state_records(const CloseBatch& command) const;
    std::vector<LogRecord> data_records(const RecordBuffer& buffer) const;
    void fail_batch(KafkaCode code);
    void send(const std::shared_ptr<Request>& request);
    void receive(const std::shared_ptr<Request>& request, const KafkaReply& reply);
    void retry(const std::shared_ptr<Request>& request, Duration delay);
    std::shared_ptr<Request> request(Exchange exchange, Answer answer);
    Producer& current() { return producers_[turns_.turn() == ProducerTurns::Producer::kA ? 0 : 1]; }
    Duration latency() { return random_.between(link.latency_min, link.latency_max); }

    VirtualTime& time_;
    Trace& trace_;
    Random random_;
    KafkaModel& kafka_;
    SinkHost& host_;
    std::string name_;
    std::deque<Command> queue_;
    bool busy_ = false;
    bool working_ = false;
    bool dead_ = false;
    bool failed_ = true;  // No producers, or they are not to be used again.
    std::uint32_t generation_ = 0;
    std::uint64_t life_ = 0;  // Continuations of an earlier life do nothing.
    std::size_t fences_pending_ = 0;
    std::array<Producer, 2> producers_;
    ProducerTurns turns_;
    BatchId open_batch_ = 0;
    std::map<TopicId, std::uint32_t> topics_;
    bool tail_running_ = false;
    bool tail_scheduled_ = false;
    std::size_t tail_offset_ = 0;
    std::size_t stable_before_fence_ = 0;  // Read by a planted bug only.
};

}  // namespace penstock::simulation
