// Follows the state topic as a read_committed reader and reports the newest position that has
// become visible. I4: only what this returns may be confirmed to PostgreSQL; a commit that returned
// OK is a belief. Has a thread of its own. Internal to this room.
#pragma once

#include <atomic>
#include <memory>
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

    // The topic is not what it was (its offsets went back, or it is gone): start another one.
    bool broken() const { return broken_; }

private:
    explicit StateTail(SinkOutbox& outbox) : outbox_(outbox) {}

    void follow();
    std::optional<Position> read(std::span<rd_kafka_message_t* const> messages);

    SinkOutbox& outbox_;
    ClientJournal journal_;
    ClientHandle client_;
    TopicHandle topic_;
    QueueHandle queue_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> broken_{false};
    std::thread thread_;
};

}  // namespace penstock
