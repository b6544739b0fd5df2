#include <gtest/gtest.h>

#include "engine/progress.hpp"

namespace penstock {
namespace {

using namespace std::chrono_literals;

struct ProgressTest : testing::Test {
    // A session that began at 10 s with S.lsn 100, read back.
    void trust_100() {
        progress.session_started(10s, 60s);
        progress.trust(Lsn{100});
        progress.proven(Lsn{100});
    }
    EngineOptions options;
    Progress progress{options};
};

TEST_F(ProgressTest, outside_of_a_session_nothing_is_due) {
    EXPECT_EQ(progress.due_at(false), std::nullopt);
    trust_100();
    progress.session_ended();
    EXPECT_EQ(progress.due_at(true), std::nullopt);
}

TEST_F(ProgressTest, before_trust_a_status_says_nothing) {
    progress.session_started(10s, 60s);
    progress.proven(Lsn{100});
    EXPECT_EQ(progress.send(11s), Lsn{});
    progress.trust(Lsn{100});
    EXPECT_EQ(progress.send(12s), Lsn{100});
}

TEST_F(ProgressTest, I4_only_what_was_proven_is_sent) {
    progress.session_started(10s, 60s);
    progress.trust(Lsn{100});
    EXPECT_EQ(progress.send(11s), Lsn{});
    progress.proven(Lsn{120});
    EXPECT_EQ(progress.send(12s), Lsn{120});
}

TEST_F(ProgressTest, nothing_below_the_sessions_floor_is_sent) {
    progress.session_started(10s, 60s);
    progress.trust(Lsn{100});
    progress.proven(Lsn{99});
    EXPECT_EQ(progress.send(11s), Lsn{});
}

TEST_F(ProgressTest, never_goes_back) {
    trust_100();
    progress.proven(Lsn{200});
    EXPECT_EQ(progress.send(11s), Lsn{200});
    progress.proven(Lsn{150});
    EXPECT_EQ(progress.send(12s), Lsn{200});
}

TEST_F(ProgressTest, first_confirmation_is_due_at_once_and_the_next_a_second_later) {
    trust_100();
    EXPECT_LE(progress.due_at(false), 10s);
    progress.send(11s);
    progress.proven(Lsn{200});
    EXPECT_EQ(progress.due_at(false), 12s);
    EXPECT_LE(progress.due_at(true), 11s);
}

TEST_F(ProgressTest, sixteen_megabytes_do_not_wait) {
    trust_100();
    progress.send(11s);
    progress.proven(Lsn{100 + (16U << 20) - 1});
    EXPECT_EQ(progress.due_at(false), 12s);
    progress.proven(Lsn{100 + (16U << 20)});
    EXPECT_LE(progress.due_at(false), 11s);
}

TEST_F(ProgressTest, routine_status_is_due_in_ten_seconds_or_a_third_of_the_servers_patience) {
    trust_100();
    progress.send(11s);
    EXPECT_EQ(progress.due_at(false), 21s);
    progress.session_started(10s, 6s);
    EXPECT_EQ(progress.due_at(false), 12s);
    progress.session_started(10s, 0s);
    EXPECT_EQ(progress.due_at(false), 20s);
}

TEST_F(ProgressTest, new_session_trusts_nothing_of_the_one_before) {
    trust_100();
    progress.send(11s);
    progress.session_ended();
    progress.session_started(20s, 60s);
    EXPECT_EQ(progress.send(21s), Lsn{});
    progress.trust(Lsn{100});
    EXPECT_EQ(progress.send(22s), Lsn{});
}

}  // namespace
}  // namespace penstock
