#include <gtest/gtest.h>

#include "engine/sanity.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

// State, server and configuration that belong together: S.lsn 100, slot at 90, WAL end 500.
struct Case {
    Case() {
        options = ScriptedWorld::default_options();
        state.topic_exists = true;
        state.position = ScriptedWorld::position(100_lsn);
        facts.system_identifier = 900;
        facts.database_oid = 16384;
        facts.timeline = 1;
        facts.wal_insert_lsn = 500_lsn;
        facts.slot = ScriptedWorld::slot(90_lsn);
    }
    Position& position() { return *state.position; }
    std::optional<ErrorName> verdict() const {
        const Status status = check_sanity(state, facts, options);
        return status ? std::nullopt : std::optional(status.error().name);
    }

    EngineOptions options;
    StateView state;
    ServerFacts facts;
};

TEST(Sanity, passes_what_belongs_together) {
    EXPECT_EQ(Case().verdict(), std::nullopt);
}

TEST(Sanity, slot_may_be_behind_or_equal_but_not_ahead) {
    Case with;
    with.facts.slot->confirmed_flush_lsn = 100_lsn;
    EXPECT_EQ(with.verdict(), std::nullopt);
    with.facts.slot->confirmed_flush_lsn = 101_lsn;
    EXPECT_EQ(with.verdict(), ErrorName::kSlotAheadOfState);
}

TEST(Sanity, state_may_reach_the_end_of_the_wal_but_not_past_it) {
    Case with;
    with.position().lsn = 500_lsn;
    EXPECT_EQ(with.verdict(), std::nullopt);
    with.position().lsn = 501_lsn;
    EXPECT_EQ(with.verdict(), ErrorName::kStateAheadOfServer);
}

TEST(Sanity, other_cluster_and_other_database_are_other_servers) {
    Case cluster;
    cluster.facts.system_identifier = 901;
    EXPECT_EQ(cluster.verdict(), ErrorName::kOtherServer);
    Case database;
    database.facts.database_oid = 5;
    EXPECT_EQ(database.verdict(), ErrorName::kOtherServer);
}

TEST(Sanity, promotion_at_or_after_the_position_is_followed) {
    Case with;
    with.facts.timeline = 3;
    with.facts.timeline_history = {{1, 100_lsn}, {2, 300_lsn}};
    EXPECT_EQ(with.verdict(), std::nullopt);
}

TEST(Sanity, promotion_that_lost_what_kafka_has_stops) {
    Case with;
    with.facts.timeline = 2;
    with.facts.timeline_history = {{1, 99_lsn}};
    EXPECT_EQ(with.verdict(), ErrorName::kStateAheadOfServer);
}

TEST(Sanity, older_and_unrelated_timelines_stop) {
    Case older;
    older.position().timeline = 2;
    EXPECT_EQ(older.verdict(), ErrorName::kTimelineDiverged);
    Case unrelated;
    unrelated.position().timeline = 2;
    unrelated.facts.timeline = 3;
    unrelated.facts.timeline_history = {{1, 400_lsn}};
    EXPECT_EQ(unrelated.verdict(), ErrorName::kTimelineDiverged);
}

TEST(Sanity, changed_configuration_stops) {
    Case with;
    with.options.configuration_hash = 99;
    EXPECT_EQ(with.verdict(), ErrorName::kConfigurationChanged);
}

TEST(Sanity, selection_may_change_except_inside_a_large_transaction_and_the_first_snapshot) {
    Case with;
    with.options.selection_hash = 99;
    EXPECT_EQ(with.verdict(), std::nullopt);
    with.position().open = OpenTransaction{Xid{7}, 200_lsn, 3};
    EXPECT_EQ(with.verdict(), ErrorName::kConfigurationChanged);
    with.position().open.reset();
    with.position().phase = Phase::kSnapshot;
    EXPECT_EQ(with.verdict(), ErrorName::kConfigurationChanged);
}

TEST(Sanity, selection_may_change_while_tables_are_read_on_demand) {
    Case with;
    with.options.selection_hash = 99;
    with.position().snapshot_keys = 1;
    with.state.snapshot_keys = 1;
    EXPECT_EQ(with.verdict(), std::nullopt);
}

TEST(Sanity, fewer_keys_than_the_position_counts_stop) {
    Case with;
    with.position().topic_keys = 1;
    EXPECT_EQ(with.verdict(), ErrorName::kStateIncomplete);
    with.state.topics["public.t"] = {};
    EXPECT_EQ(with.verdict(), std::nullopt);
    with.position().snapshot_keys = 2;
    with.state.snapshot_keys = 1;
    EXPECT_EQ(with.verdict(), ErrorName::kStateIncomplete);
}

}  // namespace
}  // namespace penstock::test
