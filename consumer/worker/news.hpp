// What a worker hands to the thread that it works for: items in order, and a descriptor that is
// readable exactly while items wait. Any thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "worker/event_fd.hpp"

namespace penstock {

template <class T>
class News {
public:
    void post(T item) {
        const std::scoped_lock lock(mutex_);
        items_.push_back(std::move(item));
        // The counter behind the descriptor cannot overflow: it is raised only from zero.
        if (items_.size() == 1) waiting_.raise();
    }

    // Since the last call, in order.
    std::vector<T> take() {
        const std::scoped_lock lock(mutex_);
        if (!items_.empty()) waiting_.reset();
        return std::exchange(items_, {});
    }

    // Owned by this object.
    int event_fd() const { return waiting_.get(); }

private:
    std::mutex mutex_;
    std::vector<T> items_;
    EventFd waiting_;
};

}  // namespace penstock
