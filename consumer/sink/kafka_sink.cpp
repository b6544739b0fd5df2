#include "sink/kafka_sink.hpp"

#include <spdlog/spdlog.h>

#include <atomic>

#include "sink/command_queue.hpp"
#include "sink/sink_outbox.hpp"
#include "sink/sink_worker.hpp"
#include "worker/bounded_thread.hpp"

namespace penstock {

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

    bool close(std::chrono::milliseconds patience) {
        abort_patience_ = patience / 2;
        queue_.close();
        return thread_.end_within(patience);
    }

private:
    void serve() {
        while (auto next = queue_.pop()) worker_.execute(std::move(*next));
        worker_.close(abort_patience_);
    }

    const KafkaSettings settings_;
    SinkOutbox outbox_;
    SinkCounters counters_;
    CommandQueue queue_;
    SinkWorker worker_;
    std::atomic<std::chrono::milliseconds> abort_patience_{};
    BoundedThread thread_;  // Last: everything above is there when it starts.
};

KafkaSink::KafkaSink(KafkaSettings settings) : core_(std::make_unique<Core>(std::move(settings))) {}

KafkaSink::~KafkaSink() {
    static_cast<void>(shutdown(kDestructorPatience));
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
    const bool ended = end_or_leave(core_, patience);
    if (!ended) spdlog::warn("kafka left_behind reason=\"the client did not end in time\"");
    return ended;
}

SinkStatistics KafkaSink::statistics() const {
    const SinkCounters& counters = core_->counters();
    return {counters.commits, counters.unclean_commits, counters.records, counters.failed_reports,
            counters.queue_full_waits};
}

}  // namespace penstock
