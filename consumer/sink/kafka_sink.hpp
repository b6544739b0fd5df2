// The door to Kafka: executes the engine's Kafka commands on a thread of its own, strictly in
// order, and answers with events. It decides nothing: what to publish and what an answer means is
// the engine's business.
//
//   engine's thread          sink thread                    librdkafka
//   submit(command) --queue--> execute --produce, commit--> producer A, producer B
//   take_events()   <-queue--- post <--- delivery reports -- reports threads
//                              post <--- visible positions - tail thread (read_committed)
#pragma once

#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "engine/command.hpp"
#include "sink/kafka_settings.hpp"

namespace penstock {

using KafkaCommand = std::variant<ReadState, EnsureStateTopic, FenceProducers, EnsureTopic,
                                  LookAtTopics, OpenBatch, ProduceChunk, CloseBatch, AbortBatch>;

// Numbers of the sink since start, for status and metrics.
struct SinkStatistics {
    std::uint64_t commits = 0;          // Clean Kafka transactions.
    std::uint64_t unclean_commits = 0;  // Unknown outcomes.
    std::uint64_t records = 0;          // Handed to a producer, position records included.
    std::uint64_t failed_reports = 0;   // Delivery reports with an error.
    std::uint64_t queue_full_waits = 0;
};

// All functions are called from one thread, the engine's, unless said otherwise.
class KafkaSink {
public:
    // Starts the sink thread; no broker is asked before the first command. `settings` must have
    // passed check_kafka_settings().
    explicit KafkaSink(KafkaSettings settings);
    // As shutdown() with two seconds.
    ~KafkaSink();
    KafkaSink(const KafkaSink&) = delete;
    KafkaSink& operator=(const KafkaSink&) = delete;

    // Queues a command; never blocks. FenceProducers also forgets every command that still waits,
    // and cuts short the one in work. After a failure of a generation the commands of its batches
    // are dropped and their buffers handed back, until the next FenceProducers.
    void submit(KafkaCommand command);

    // Events since the last call, in order; resets event_fd().
    std::vector<Event> take_events();

    // Emptied buffers for reuse; every buffer of a ProduceChunk comes back here.
    std::vector<std::unique_ptr<RecordBuffer>> take_buffers();

    // Readable while events wait. Owned by the sink.
    int event_fd() const;

    // Aborts what is open (so that readers need not wait for the transaction timeout), destroys the
    // producers and ends the threads, all within `patience`. False when something in librdkafka
    // did not let go in time: its memory is left behind and the process should end by quick_exit.
    [[nodiscard]] bool shutdown(std::chrono::milliseconds patience);

    // Any thread. Not after shutdown().
    SinkStatistics statistics() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
