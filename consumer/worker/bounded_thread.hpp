// A thread whose end is waited for no longer than its owner has patience: it may hang in a call to
// a server that does not answer. How the body is told to end is the owner's business.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace penstock {

// What a destructor has, where nobody has said what there is.
inline constexpr std::chrono::milliseconds kDestructorPatience{2000};

class BoundedThread {
public:
    // Starts `body`. Whatever that uses stands before this member in its owner.
    explicit BoundedThread(std::function<void()> body);

    // Waits for the end of the body, once. False when it did not come in time: then the thread is
    // left behind for good, and what the body uses, this object too, must never be destroyed.
    [[nodiscard]] bool end_within(std::chrono::milliseconds patience);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::thread thread_;  // Last: everything above is there when it starts.
};

// Closes an owner of a BoundedThread, which is empty afterwards. close() says what end_within()
// says; when that is false, the owner's memory is left to its thread.
template <class Owner>
[[nodiscard]] bool end_or_leave(std::unique_ptr<Owner>& owner, std::chrono::milliseconds patience) {
    if (!owner) return true;
    const bool ended = owner->close(patience);
    if (!ended) static_cast<void>(owner.release());
    owner.reset();
    return ended;
}

}  // namespace penstock
