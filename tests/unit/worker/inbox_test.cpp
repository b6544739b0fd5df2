// What a worker is asked and what it answers, from several threads; worth most under the thread
// sanitizer.
#include "worker/inbox.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "worker/news.hpp"

namespace penstock {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

bool readable(int fd, int patience_ms = 0) {
    pollfd poller{fd, POLLIN, 0};
    return poll(&poller, 1, patience_ms) == 1;
}

TEST(Inbox, gives_what_was_pushed_in_order) {
    Inbox<int> inbox;
    inbox.push(1);
    inbox.push(2);
    EXPECT_TRUE(inbox.await(milliseconds(0)));
    EXPECT_EQ(inbox.pop(), 1);
    EXPECT_EQ(inbox.pop(), 2);
    EXPECT_FALSE(inbox.await(milliseconds(0)));
}

TEST(Inbox, close_ends_a_wait_and_forgets_what_waits) {
    Inbox<int> inbox;
    auto popped = std::async(std::launch::async, [&] { return inbox.pop(); });
    auto paused = std::async(std::launch::async, [&] { return inbox.await_close(hours(1)); });
    EXPECT_FALSE(inbox.closed());
    inbox.close();
    EXPECT_FALSE(popped.get().has_value());
    EXPECT_TRUE(paused.get());
    EXPECT_TRUE(inbox.closed());
    inbox.push(3);
    EXPECT_FALSE(inbox.pop().has_value());
    EXPECT_TRUE(inbox.await(hours(1)));
}

TEST(Inbox, what_was_not_popped_before_the_close_is_never_popped) {
    Inbox<std::string> inbox;
    inbox.push("asked");
    inbox.close();
    EXPECT_FALSE(inbox.pop().has_value());
}

TEST(Inbox, a_push_ends_a_wait_for_something_and_not_a_pause) {
    Inbox<int> inbox;
    auto something = std::async(std::launch::async, [&] { return inbox.await(hours(1)); });
    inbox.push(1);
    EXPECT_TRUE(something.get());
    EXPECT_FALSE(inbox.await_close(milliseconds(1)));
}

TEST(News, its_descriptor_is_readable_exactly_while_items_wait) {
    News<int> news;
    EXPECT_FALSE(readable(news.event_fd()));
    news.post(1);
    news.post(2);
    EXPECT_TRUE(readable(news.event_fd()));
    EXPECT_EQ(news.take(), (std::vector<int>{1, 2}));
    EXPECT_FALSE(readable(news.event_fd()));
    EXPECT_TRUE(news.take().empty());
    news.post(3);
    EXPECT_TRUE(readable(news.event_fd()));
}

TEST(News, what_several_threads_post_arrives_once_and_in_the_order_of_each) {
    constexpr int kThreads = 4;
    constexpr int kItems = 2000;
    News<int> news;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&news, i] {
            for (int item = 0; item < kItems; ++item) news.post(i * kItems + item);
        });
    }
    std::vector<int> next(kThreads, 0);
    for (int taken = 0; taken < kThreads * kItems;) {
        if (!readable(news.event_fd(), 20'000)) {
            ADD_FAILURE() << "after " << taken << " items nothing came";
            break;
        }
        for (const int item : news.take()) {
            EXPECT_EQ(item % kItems, next[static_cast<std::size_t>(item / kItems)]++);
            ++taken;
        }
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(news.take().empty());
}

}  // namespace
}  // namespace penstock
