// A server that is silent although it was asked to answer is left and looked for anew.
#include <gtest/gtest.h>

#include "engine/receive_watch.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

EngineOptions with_timeout(Duration timeout) {
    EngineOptions options = ScriptedWorld::default_options();
    options.receive_timeout = timeout;
    return options;
}

TEST(ReceiveWatch, time_counts_only_while_the_socket_is_read) {
    ReceiveWatch watch(60'000_ms);
    EXPECT_FALSE(watch.deadline());
    watch.listen(true, Instant(0));
    EXPECT_EQ(watch.deadline(), Instant(60'000_ms));
    watch.heard(Instant(5'000_ms));
    EXPECT_EQ(watch.deadline(), Instant(65'000_ms));
    watch.listen(false, Instant(6'000_ms));
    watch.heard(Instant(7'000_ms));
    EXPECT_FALSE(watch.deadline());
    watch.listen(true, Instant(200'000_ms));
    EXPECT_EQ(watch.deadline(), Instant(260'000_ms));
}

TEST(ReceiveWatch, patience_grows_until_something_is_published) {
    ReceiveWatch watch(60'000_ms);
    watch.gave_up();
    EXPECT_EQ(watch.patience(), 120'000_ms);
    for (int i = 0; i < 20; ++i) watch.gave_up();
    EXPECT_EQ(watch.patience(), 16 * 60'000_ms);
    watch.progressed();
    EXPECT_EQ(watch.patience(), 60'000_ms);
}

TEST(EngineReceive, a_silent_server_is_asked_several_times_and_then_left_by_name) {
    ScriptedWorld world(with_timeout(6'000_ms));
    world.stream_from(100_lsn);
    world.handle(Keepalive{100_lsn, false});
    world.pass(5'900_ms);
    EXPECT_EQ(world.engine.statistics().recoveries, 0U);
    EXPECT_GE(world.statuses.size(), 2U);
    world.pass(200_ms);
    EXPECT_EQ(world.engine.statistics().recoveries, 1U);
    ASSERT_TRUE(world.engine.statistics().last_error);
    EXPECT_EQ(world.engine.statistics().last_error->name, ErrorName::kPostgresConnectionLost);
    EXPECT_NE(world.engine.statistics().last_error->message.find("6 s"), std::string::npos);
    world.pass(1'000_ms);
    EXPECT_EQ(world.engine.statistics().phase, "streaming");
}

TEST(EngineReceive, a_server_that_answers_is_kept) {
    ScriptedWorld world(with_timeout(6'000_ms));
    world.stream_from(100_lsn);
    for (int i = 0; i < 20; ++i) {
        world.handle(Keepalive{100_lsn, false});
        world.pass(3'000_ms);
    }
    EXPECT_EQ(world.engine.statistics().recoveries, 0U);
}

TEST(EngineReceive, silence_while_we_do_not_read_is_our_own) {
    ScriptedWorld world(with_timeout(6'000_ms));
    world.stream_from(100_lsn);
    world.holds_topics = true;  // Nothing is read until the topic is there.
    world.relation(1, "orders");
    world.pass(30'000_ms);
    EXPECT_EQ(world.engine.statistics().recoveries, 0U);
}

}  // namespace
}  // namespace penstock::test
