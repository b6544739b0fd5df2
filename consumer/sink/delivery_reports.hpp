// Counts the delivery reports of one producer, on a thread of its own. Internal to this room.
//
// A thread of its own, because commit_transaction() flushes and in event mode that flush only waits
// for somebody else to serve the queue (librdkafka, rd_kafka_flush); in callback mode it would poll
// in steps of 10 ms. I9: a failed report is remembered and fails its batch.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/record_buffer.hpp"
#include "sink/kafka_handles.hpp"

namespace penstock {

// A chunk some of whose values librdkafka only borrows: it lives until their reports are in. The
// pointer to it is the opaque of each borrowing record.
struct BorrowedChunk {
    std::unique_ptr<RecordBuffer> records;
    std::uint32_t generation = 0;
    // Borrowers without report, plus one while the chunk is still being produced.
    std::atomic<std::uint32_t> holders{1};
};

// An error of the client itself, not of a record.
using ClientError = std::function<void(rd_kafka_resp_err_t code, const char* text)>;
using ChunkReleased = std::function<void(std::unique_ptr<BorrowedChunk>)>;

class DeliveryReports {
public:
    // Serves the main queue of `client` until destruction. `released` is called, on either thread,
    // when nobody borrows from a chunk any more; `client_error` on the reports thread.
    DeliveryReports(rd_kafka_t* client, ChunkReleased released, ClientError client_error);
    ~DeliveryReports();

    struct Failure {
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
        std::string topic;
    };

    // Records whose report came, good or bad, since start.
    std::uint64_t reported() const { return reported_.load(std::memory_order_acquire); }
    std::uint64_t failed() const { return failed_.load(std::memory_order_acquire); }
    // Of the first failed report since start.
    std::optional<Failure> first_failure() const;

    // Returns when reported() is no longer `seen` or `patience` is over.
    void await_progress(std::uint64_t seen, std::chrono::milliseconds patience);

    // One holder less; releases the chunk when it was the last.
    void let_go(BorrowedChunk* chunk);

private:
    void serve();
    void take(rd_kafka_event_t& event);
    void note_failure(const rd_kafka_message_t& message);

    ChunkReleased released_;
    ClientError client_error_;
    QueueHandle queue_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> reported_{0};
    std::atomic<std::uint64_t> failed_{0};
    mutable std::mutex mutex_;
    std::condition_variable progressed_;
    std::optional<Failure> first_failure_;
    std::thread thread_;
};

}  // namespace penstock
