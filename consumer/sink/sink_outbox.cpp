#include "sink/sink_outbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace penstock {

SinkOutbox::SinkOutbox() : event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

SinkOutbox::~SinkOutbox() {
    close(event_fd_);
}

void SinkOutbox::post(Event event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
    // The counter cannot overflow: it is written only when the queue was empty before.
    if (events_.size() == 1) eventfd_write(event_fd_, 1);
}

void SinkOutbox::hand_back(std::unique_ptr<RecordBuffer> buffer) {
    if (!buffer) return;
    buffer->clear();
    const std::scoped_lock lock(mutex_);
    buffers_.push_back(std::move(buffer));
}

std::vector<Event> SinkOutbox::take_events() {
    const std::scoped_lock lock(mutex_);
    eventfd_t count = 0;
    if (!events_.empty()) eventfd_read(event_fd_, &count);
    return std::exchange(events_, {});
}

std::vector<std::unique_ptr<RecordBuffer>> SinkOutbox::take_buffers() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(buffers_, {});
}

}  // namespace penstock
