// Follows the state topic as a read_committed reader and reports the newest position that has
// become visible. I4: only what this returns may be confirmed to PostgreSQL; a commit that returned
// OK is a belief. Has a thread of its own. Internal to this room.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include "sink/kafka_client.hpp"
#include "sink/sink_outbox.hpp"

namespace penstock {

class StateTail {
public:
    // Starts at offset `from` of the state topic and posts PositionVisible: of several positions
    // that became visible together, the newest.
    static Result<std::unique_ptr<StateTail>> start(const KafkaSettings& settings,
                                                    std::int64_t from, SinkOutbox& outbox);
    ~StateTail();

    // A position of this sequence was committed: when it does not become visible, the reader is
    // suspected and made anew. Any thread.
    void expect(std::uint64_t sequence) { expected_ = sequence; }

    // The topic is not what it was (its offsets went back, or it is gone): start another one.
    bool broken() const { return broken_; }

private:
    using Clock = std::chrono::steady_clock;

    // A client that reads on from an offset.
    struct Reader {
        ~Reader();
        ClientHandle client;
        TopicHandle topic;
        QueueHandle queue;
        bool started = false;
    };

    StateTail(const KafkaSettings& settings, std::int64_t from, SinkOutbox& outbox)
        : settings_(settings), outbox_(outbox), next_offset_(from) {}

    Result<std::unique_ptr<Reader>> open();
    void follow();
    bool take_batch();
    std::optional<Position> read(std::span<rd_kafka_message_t* const> messages);
    void watch(bool progressed);
    void renew();

    const KafkaSettings& settings_;
    SinkOutbox& outbox_;
    ClientJournal journal_;    // Outlives the clients that write into it.
    std::mutex reader_mutex_;  // Over the exchange of reader_ and a wake-up from outside.
    std::unique_ptr<Reader> reader_;
    std::int64_t next_offset_;
    std::uint64_t seen_ = 0;
    std::atomic<std::uint64_t> expected_{0};
    Clock::time_point progressed_at_;
    Clock::duration patience_{};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> broken_{false};
    std::thread thread_;
};

}  // namespace penstock
