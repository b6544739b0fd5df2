#include "worker/bounded_thread.hpp"

#include <utility>

namespace penstock {

BoundedThread::BoundedThread(std::function<void()> body)
    : thread_([this, run = std::move(body)] {
          run();
          const std::scoped_lock lock(mutex_);
          ended_ = true;
          changed_.notify_all();
      }) {}

bool BoundedThread::end_within(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return ended_; })) {
        thread_.detach();
        return false;
    }
    lock.unlock();
    thread_.join();
    return true;
}

}  // namespace penstock
