// What a worker is asked to do, in order, until its owner closes the inbox for good. The owner's
// side never blocks; the worker's side waits. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace penstock {

template <class T>
class Inbox {
public:
    // Forgotten once closed.
    void push(T item) {
        {
            const std::scoped_lock lock(mutex_);
            if (closed_) return;
            waiting_.push_back(std::move(item));
        }
        changed_.notify_all();
    }

    // Ends every wait. What has not been popped is never popped.
    void close() {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
    }

    // Waits; nothing once closed.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return something(); });
        if (closed_) return std::nullopt;
        T next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    // Whether pop() would return at once, now or within `patience`.
    bool await(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return something(); });
    }

    // Whether it is closed, now or within `patience`: a pause that a close cuts short.
    bool await_close(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return closed_; });
    }

    bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }

private:
    bool something() const { return closed_ || !waiting_.empty(); }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> waiting_;
    bool closed_ = false;
};

}  // namespace penstock
