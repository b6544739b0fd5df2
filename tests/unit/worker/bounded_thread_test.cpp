// A thread that ends, and one that does not.
#include "worker/bounded_thread.hpp"

#include <gtest/gtest.h>

#include <future>

#include "worker/inbox.hpp"

namespace penstock {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Works until its inbox is closed, and then as long as a server of somebody else's likes.
class Owner {
public:
    explicit Owner(std::shared_future<void> let_go)
        : let_go_(std::move(let_go)), thread_([this] { serve(); }) {}

    std::future<void> ended() { return ended_.get_future(); }

    bool close(milliseconds patience) {
        inbox_.close();
        return thread_.end_within(patience);
    }

private:
    void serve() {
        while (inbox_.pop()) continue;
        let_go_.wait();
        ended_.set_value();
    }

    std::shared_future<void> let_go_;
    std::promise<void> ended_;
    Inbox<int> inbox_;
    BoundedThread thread_;
};

TEST(BoundedThread, an_owner_that_waits_for_work_is_closed_and_destroyed) {
    std::promise<void> let_go;
    let_go.set_value();
    auto owner = std::make_unique<Owner>(let_go.get_future().share());
    const auto ended = owner->ended();
    EXPECT_TRUE(end_or_leave(owner, hours(1)));
    EXPECT_EQ(owner, nullptr);
    EXPECT_EQ(ended.wait_for(milliseconds(0)), std::future_status::ready);
    EXPECT_TRUE(end_or_leave(owner, hours(1))) << "there is nothing left to end";
}

TEST(BoundedThread, one_that_does_not_end_in_time_is_left_with_all_that_it_uses) {
    std::promise<void> let_go;
    auto owner = std::make_unique<Owner>(let_go.get_future().share());
    static Owner* const kLeft = owner.get();  // For ever, and known: nothing is lost.
    ASSERT_NE(kLeft, nullptr);
    const auto ended = owner->ended();
    EXPECT_FALSE(end_or_leave(owner, milliseconds(1)));
    EXPECT_EQ(owner, nullptr);
    EXPECT_EQ(ended.wait_for(milliseconds(0)), std::future_status::timeout);
    let_go.set_value();
    ended.wait();
}

}  // namespace
}  // namespace penstock
