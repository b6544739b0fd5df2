// One producer of a generation: a librdkafka instance with its own transactional id, its delivery
// reports and its count of EndTxn requests. Used by the sink thread alone; after a failure it is
// only ever destroyed, never used again: after an abort the sequence numbers have a gap that the
// broker refuses in the next Kafka transaction. Internal to this room.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sink/delivery_reports.hpp"
#include "sink/kafka_client.hpp"

namespace penstock {

class Producer {
public:
    // `transactional_id` empty: an idempotent producer without Kafka transactions. `settings` must
    // outlive it.
    static Result<std::unique_ptr<Producer>> create(const KafkaSettings& settings,
                                                    std::string transactional_id,
                                                    ChunkReleased released);
    // Purges and destroys without aborting: whatever is open is aborted by the next
    // init_transactions of this id, or by the coordinator after the transaction timeout.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // Fences older instances of the id and aborts what they left open. Without transactions: waits
    // until a broker answers. Gives up after settings.fence_timeout or when cancelled.
    KafkaStatus init(const Cancelled& cancelled);

    // From here on records belong to a new Kafka transaction.
    KafkaStatus begin();

    // The handle of a topic, good until destruction. By handle, never by name: a lookup by name
    // walks a list for every record.
    rd_kafka_topic_t& topic(TopicId id, const std::string& name);

    // One record of a chunk; waits while the producer's queue is full. `borrowed` is the chunk that
    // large values are borrowed from, null when there are none.
    KafkaStatus produce(rd_kafka_topic_t& topic, const Record& record, const RecordBuffer& records,
                        BorrowedChunk* borrowed, const Cancelled& cancelled);

    // Waits until not much is on its way: to be asked before a chunk. Memory is bounded by this.
    KafkaStatus await_room(const Cancelled& cancelled);

    // A record of the state topic.
    KafkaStatus produce_state(std::string_view key, std::string_view value,
                              const Cancelled& cancelled);

    // Waits until every report is in; fails when one since begin() is bad.
    KafkaStatus flush(const Cancelled& cancelled);

    // Flush and EndTxn. Anything but success is an unknown outcome. I9: every report is counted
    // before the commit counts.
    KafkaStatus commit(const Cancelled& cancelled);

    // Tells the coordinator, so that readers need not wait for the transaction timeout.
    void abort(std::chrono::milliseconds patience);

    // EndTxn requests that left since start, repeated ones included.
    unsigned end_txn_requests() const { return end_txn_requests_.load(std::memory_order_acquire); }

    // Fails when a report since begin() was bad.
    KafkaStatus check_reports() const;

    DeliveryReports& reports() { return *reports_; }

    // What happened since the last call.
    struct Counts {
        std::uint64_t sent = 0;
        std::uint64_t failed_reports = 0;
        std::uint64_t queue_full_waits = 0;
    };
    Counts take_counts();

private:
    explicit Producer(const KafkaSettings& settings) : settings_(settings) {}

    Status start(std::string transactional_id);
    KafkaStatus init_transactions(const Cancelled& cancelled);
    KafkaStatus await_broker(const Cancelled& cancelled);
    rd_kafka_resp_err_t enqueue(rd_kafka_topic_t& topic, const Record& record,
                                const RecordBuffer& records, BorrowedChunk* borrowed);
    KafkaStatus enqueue_patiently(rd_kafka_topic_t& topic, const Cancelled& cancelled,
                                  const std::function<rd_kafka_resp_err_t()>& attempt);
    void drain_full_batches();
    std::uint64_t bytes_on_their_way(std::uint64_t reported) const;
    KafkaFailure produce_failure(rd_kafka_resp_err_t code, std::string_view topic_name);
    std::optional<KafkaFailure> fatal_failure(std::string_view attempt) const;
    KafkaFailure with_journal(KafkaFailure failure) const;
    void release(std::unique_ptr<BorrowedChunk> chunk);

    const KafkaSettings& settings_;
    bool transactional_ = false;
    ClientJournal journal_;
    std::atomic<unsigned> end_txn_requests_{0};
    ChunkReleased released_;
    std::mutex closing_mutex_;
    bool closing_ = false;
    // Released while closing: librdkafka may still be writing their bytes to a socket.
    std::vector<std::unique_ptr<BorrowedChunk>> held_;
    ClientHandle client_;
    std::unique_ptr<DeliveryReports> reports_;
    TopicHandle state_topic_;
    std::vector<TopicHandle> topics_;  // By TopicId.
    std::uint64_t sent_ = 0;           // Since start, as are the counts of reports_.
    std::uint64_t failed_before_ = 0;
    std::uint64_t sent_before_ = 0;  // At begin().
    std::size_t batch_bytes_ = 0;    // Of values, produced since begin().
    std::uint64_t queue_full_waits_ = 0;
    Counts taken_;
};

}  // namespace penstock
