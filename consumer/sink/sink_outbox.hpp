// What the sink's threads hand back to the engine's: events in order, emptied buffers, and a file
// descriptor that is readable while events wait. Internal to this room. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/command.hpp"

namespace penstock {

class SinkOutbox {
public:
    SinkOutbox();
    ~SinkOutbox();
    SinkOutbox(const SinkOutbox&) = delete;
    SinkOutbox& operator=(const SinkOutbox&) = delete;

    void post(Event event);
    // The buffer is cleared first.
    void hand_back(std::unique_ptr<RecordBuffer> buffer);

    std::vector<Event> take_events();
    std::vector<std::unique_ptr<RecordBuffer>> take_buffers();
    int event_fd() const { return event_fd_; }

private:
    std::mutex mutex_;
    std::vector<Event> events_;
    std::vector<std::unique_ptr<RecordBuffer>> buffers_;
    int event_fd_;
};

}  // namespace penstock
