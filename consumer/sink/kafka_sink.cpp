#include "sink/kafka_sink.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "sink/command_queue.hpp"
#include "sink/sink_outbox.hpp"
#include "sink/sink_worker.hpp"

namespace penstock {
namespace {

constexpr std::chrono::milliseconds kDestructorPatience{2000};

}  // namespace

class KafkaSink::Core {
public:
    explicit Core(KafkaSettings settings)
        : settings_(std::move(settings)),
          queue_(outbox_),
          worker_(settings_, queue_, outbox_, counters_),
          thread_([this] { serve(); }) {}

    SinkOutbox& outbox() { return outbox_; }
    CommandQueue& queue() { return queue_; }
    const SinkCounters& counters() const { return counters_; }

    // True when the thread has ended by then.
    bool close(std::chrono::milliseconds patience) {
        if (!thread_.joinable()) return true;
        {
            const std::scoped_lock lock(mutex_);
            abort_patience_ = patience / 2;
        }
        queue_.close();
        std::unique_lock lock(mutex_);
        if (!ended_.wait_for(lock, patience, [this] { return has_ended_; })) return false;
        lock.unlock();
        thread_.join();
        return true;
    }

    void leave_behind() { thread_.detach(); }

private:
    void serve() {
        while (auto next = queue_.pop()) worker_.execute(std::move(*next));
        std::chrono::milliseconds patience;
        {
            const std::scoped_lock lock(mutex_);
            patience = abort_patience_;
        }
        worker_.close(patience);
        const std::scoped_lock lock(mutex_);
        has_ended_ = true;
        ended_.notify_all();
    }

    const KafkaSettings settings_;
    SinkOutbox outbox_;
    SinkCounters counters_;
    CommandQueue queue_;
    SinkWorker worker_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool has_ended_ = false;
    std::chrono::milliseconds abort_patience_{0};
    std::thread thread_;  // Last: everything above is there when it starts.
};

KafkaSink::KafkaSink(KafkaSettings settings) : core_(std::make_unique<Core>(std::move(settings))) {}

KafkaSink::~KafkaSink() {
    if (core_) static_cast<void>(shutdown(kDestructorPatience));
}

void KafkaSink::submit(KafkaCommand command) {
    core_->queue().push(std::move(command));
}

std::vector<Event> KafkaSink::take_events() {
    return core_->outbox().take_events();
}

std::vector<std::unique_ptr<RecordBuffer>> KafkaSink::take_buffers() {
    return core_->outbox().take_buffers();
}

int KafkaSink::event_fd() const {
    return core_->outbox().event_fd();
}

bool KafkaSink::shutdown(std::chrono::milliseconds patience) {
    if (!core_) return true;
    if (core_->close(patience)) return true;
    spdlog::warn("kafka left_behind reason=\"the client did not end in time\"");
    core_->leave_behind();
    static_cast<void>(core_.release());  // Its thread still uses it.
    return false;
}

SinkStatistics KafkaSink::statistics() const {
    const SinkCounters& counters = core_->counters();
    return {counters.commits, counters.unclean_commits, counters.records, counters.failed_reports,
            counters.queue_full_waits};
}

}  // namespace penstock
