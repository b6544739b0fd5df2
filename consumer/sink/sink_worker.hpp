// Executes one Kafka command after the other on the sink thread and posts what came of it.
// Internal to this room.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sink/command_queue.hpp"
#include "sink/open_transactions.hpp"
#include "sink/producer_pair.hpp"
#include "sink/sink_outbox.hpp"
#include "sink/state_tail.hpp"
#include "sink/topic_admin.hpp"

namespace penstock {

// Counters of SinkStatistics, written by the sink thread, read by any.
struct SinkCounters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> unclean_commits{0};
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> failed_reports{0};
    std::atomic<std::uint64_t> queue_full_waits{0};
};

class SinkWorker {
public:
    SinkWorker(const KafkaSettings& settings, const CommandQueue& queue, SinkOutbox& outbox,
               SinkCounters& counters);

    void execute(QueuedCommand queued);

    // The end: aborts what is open within `patience` and destroys everything.
    void close(std::chrono::milliseconds patience);

private:
    void run(const ReadState& command);
    void run(const EnsureStateTopic& command);
    void run(const FenceProducers& command);
    void run(const EnsureTopic& command);
    void run(const LookAtTopics& command);
    void run(const OpenBatch& command);
    void run(ProduceChunk& command);
    void run(const CloseBatch& command);
    void run(const AbortBatch& command);

    KafkaResult<TopicAdmin*> admin();
    KafkaResult<TopicReady> ensure_topic(const EnsureTopic& command);
    KafkaResult<TopicsSeen> look_at_topics(const LookAtTopics& command);
    KafkaStatus check_fits(const RecordBuffer& records) const;
    KafkaStatus produce_all(Producer& producer, const RecordBuffer& records,
                            BorrowedChunk* borrowed);
    KafkaStatus close_batch(const CloseBatch& command);
    KafkaStatus follow_state();
    void post_failure(const KafkaFailure& failure);
    void break_batch(const KafkaFailure& failure);
    void count(Producer& producer);
    bool is_cancelled() const { return queue_.is_cancelled(generation_); }
    bool state_topic_is_gone();
    void look_at_topics_in_use();

    const KafkaSettings& settings_;
    const CommandQueue& queue_;
    SinkOutbox& outbox_;
    SinkCounters& counters_;
    std::uint32_t generation_ = 0;  // Of the command in work.
    Cancelled cancelled_;
    // Set by a failure of a batch; commands of batches are dropped until the next fence.
    bool broken_ = true;
    std::unique_ptr<TopicAdmin> admin_;
    OpenTransactions open_transactions_;
    ProducerPair producers_;
    // When a commit that waits looks again whether the state topic is still there.
    std::chrono::steady_clock::time_point next_look_;
    std::unique_ptr<StateTail> tail_;
    std::int64_t tail_from_ = 0;
    // Of the topics that the engine named, by TopicId.
    std::vector<std::string> topic_names_;
    std::vector<TopicFacts> topic_facts_;  // As they were when they were first used.
    std::chrono::steady_clock::time_point next_topic_look_;
    std::vector<std::int64_t> max_message_bytes_;
};

}  // namespace penstock
