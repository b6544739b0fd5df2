#include "sink/command_queue.hpp"

#include <utility>

namespace penstock {

void CommandQueue::push(KafkaCommand command) {
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return;
        if (const auto* fence = std::get_if<FenceProducers>(&command)) {
            forget_waiting();
            wanted_generation_ = fence->generation;
        }
        waiting_.push_back({wanted_generation_, std::move(command)});
    }
    pushed_.notify_one();
}

std::optional<QueuedCommand> CommandQueue::pop() {
    std::unique_lock lock(mutex_);
    pushed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (closed_) return std::nullopt;
    QueuedCommand next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
}

void CommandQueue::close() {
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        forget_waiting();
    }
    pushed_.notify_one();
}

void CommandQueue::forget_waiting() {
    for (QueuedCommand& queued : waiting_)
        if (auto* chunk = std::get_if<ProduceChunk>(&queued.command))
            outbox_.hand_back(std::move(chunk->records));
    waiting_.clear();
}

}  // namespace penstock
