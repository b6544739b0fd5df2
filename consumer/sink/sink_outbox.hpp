// What the sink's threads hand back to the engine's: events in order, emptied buffers, and a file
// descriptor that is readable while events wait. Internal to this room. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "worker/news.hpp"

namespace penstock {

class SinkOutbox {
public:
    void post(Event event) { events_.post(std::move(event)); }
    // The buffer is cleared first.
    void hand_back(std::unique_ptr<RecordBuffer> buffer);

    std::vector<Event> take_events() { return events_.take(); }
    std::vector<std::unique_ptr<RecordBuffer>> take_buffers();
    int event_fd() const { return events_.event_fd(); }

private:
    News<Event> events_;
    std::mutex mutex_;  // Over buffers_.
    std::vector<std::unique_ptr<RecordBuffer>> buffers_;
};

}  // namespace penstock
