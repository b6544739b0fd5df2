#include "sink/sink_outbox.hpp"

namespace penstock {

void SinkOutbox::hand_back(std::unique_ptr<RecordBuffer> buffer) {
    if (!buffer) return;
    buffer->clear();
    const std::scoped_lock lock(mutex_);
    buffers_.push_back(std::move(buffer));
}

std::vector<std::unique_ptr<RecordBuffer>> SinkOutbox::take_buffers() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(buffers_, {});
}

}  // namespace penstock
