// What the engine makes of a fact that the plugin could not judge.
#include <gtest/gtest.h>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

using Values = std::vector<std::string>;

TEST(EngineNotice, missing_publication_stops_before_its_transaction_is_confirmed) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.begin(7, 200_lsn, 208_lsn);
    world.take(NoticeFrame{NoticeCode::kPublicationMissing, "p", {}});
    EXPECT_TRUE(world.finished_with(ErrorName::kPublicationMissing));
    EXPECT_TRUE(world.published.empty());
}

TEST(EngineNotice, missing_publication_may_be_taken_for_an_empty_one) {
    EngineOptions options = ScriptedWorld::default_options();
    options.publication_missing = PublicationMissing::kEmpty;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.begin(7, 200_lsn, 208_lsn);
    world.take(NoticeFrame{NoticeCode::kPublicationMissing, "p", {}});
    world.commit(208_lsn, 0);
    world.drained();
    world.pass(1000_ms);
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
}

TEST(EngineNotice, option_that_is_not_applied_stops_before_its_transaction) {
    ScriptedWorld world;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.transaction(7, 200_lsn, {"a"});
    world.begin(8, 300_lsn, 308_lsn);
    world.take(NoticeFrame{NoticeCode::kOptionIgnored, "p", "The row filter is not applied."});
    EXPECT_TRUE(world.finished_with(ErrorName::kOptionIgnored));
    EXPECT_EQ(world.published.back().lsn, 208_lsn);
}

TEST(EngineNotice, option_that_is_not_applied_may_be_passed_over) {
    EngineOptions options = ScriptedWorld::default_options();
    options.option_ignored = OptionIgnored::kGoOn;
    ScriptedWorld world(options);
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.begin(7, 200_lsn, 208_lsn);
    world.take(NoticeFrame{NoticeCode::kOptionIgnored, "p", "The row filter is not applied."});
    world.change("a");
    world.commit(208_lsn, 1);
    world.drained();
    EXPECT_EQ(world.records, Values{"a"});
    EXPECT_EQ(world.log.back(), "option_ignored");
}

}  // namespace
}  // namespace penstock::test
