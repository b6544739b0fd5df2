// The queue between the engine's thread and the sink's, and the knowledge of which generation of
// producers is wanted. Internal to this room.
//
// A command belongs to the generation of the newest FenceProducers before it. FenceProducers
// forgets what still waits, and makes is_cancelled() true for everything of earlier generations, so
// that a command which waits for a dead broker lets go.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "sink/kafka_sink.hpp"
#include "sink/sink_outbox.hpp"

namespace penstock {

struct QueuedCommand {
    std::uint32_t generation = 0;
    KafkaCommand command;
};

class CommandQueue {
public:
    explicit CommandQueue(SinkOutbox& outbox) : outbox_(outbox) {}

    void push(KafkaCommand command);

    // Waits; nothing once closed.
    std::optional<QueuedCommand> pop();

    // Forgets what waits and cancels everything.
    void close();

    bool is_cancelled(std::uint32_t generation) const {
        return closed_.load(std::memory_order_relaxed) ||
               wanted_generation_.load(std::memory_order_relaxed) != generation;
    }

private:
    void forget_waiting();

    SinkOutbox& outbox_;
    std::mutex mutex_;
    std::condition_variable pushed_;
    std::deque<QueuedCommand> waiting_;
    std::atomic<std::uint32_t> wanted_generation_{0};
    std::atomic<bool> closed_{false};
};

}  // namespace penstock
