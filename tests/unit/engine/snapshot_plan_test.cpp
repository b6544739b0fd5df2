#include <gtest/gtest.h>

#include <random>
#include <set>

#include "engine/snapshot_plan.hpp"

namespace penstock {
namespace {

SnapshotTable table(std::uint64_t blocks, const std::string& name = "t") {
    SnapshotTable found;
    found.oid = 17000;
    found.schema = "public";
    found.name = name;
    found.relfilenode = 17000;
    found.blocks = blocks;
    auto relation = std::make_shared<Relation>();
    relation->fingerprint = 7;
    found.relation = std::move(relation);
    return found;
}

SnapshotState state_of(const SnapshotTable& found) {
    SnapshotState state;
    state.relfilenode = found.relfilenode;
    state.fingerprint = found.relation->fingerprint;
    return state;
}

TEST(SnapshotPlan, ranges_that_touch_become_one) {
    std::vector<BlockRange> ranges;
    add_range(ranges, {10, 20});
    add_range(ranges, {30, 40});
    add_range(ranges, {0, 5});
    EXPECT_EQ(ranges, (std::vector<BlockRange>{{0, 5}, {10, 20}, {30, 40}}));
    add_range(ranges, {20, 30});
    EXPECT_EQ(ranges, (std::vector<BlockRange>{{0, 5}, {10, 40}}));
    add_range(ranges, {4, 11});
    EXPECT_EQ(ranges, (std::vector<BlockRange>{{0, 40}}));
    add_range(ranges, {7, 7});
    EXPECT_EQ(ranges, (std::vector<BlockRange>{{0, 40}}));
}

TEST(SnapshotPlan, what_is_left_is_the_complement) {
    EXPECT_EQ(remaining_ranges({}), (std::vector<BlockRange>{{0, kBlockEnd}}));
    EXPECT_EQ(remaining_ranges({{0, 5}, {10, 20}}),
              (std::vector<BlockRange>{{5, 10}, {20, kBlockEnd}}));
    EXPECT_TRUE(remaining_ranges({{0, kBlockEnd}}).empty());
}

TEST(SnapshotPlan, added_ranges_are_the_set_of_their_blocks) {
    std::mt19937 random(20260101);
    for (int round = 0; round < 200; ++round) {
        std::vector<BlockRange> ranges;
        std::set<std::uint64_t> blocks;
        for (int i = 0; i < 20; ++i) {
            const std::uint64_t from = random() % 60;
            const std::uint64_t to = from + random() % 6;
            add_range(ranges, {from, to});
            for (std::uint64_t block = from; block < to; ++block) blocks.insert(block);
        }
        std::set<std::uint64_t> listed;
        std::uint64_t end = 0;
        for (const BlockRange& range : ranges) {
            EXPECT_TRUE(range.from > end || (range.from == 0 && end == 0));
            end = range.to;
            for (std::uint64_t block = range.from; block < range.to; ++block) listed.insert(block);
        }
        EXPECT_EQ(listed, blocks);
    }
}

TEST(SnapshotPlan, large_tables_come_first_and_equal_ones_by_name) {
    const std::vector<SnapshotTable> tables = {table(1, "b"), table(9, "z"), table(1, "a")};
    EXPECT_EQ(reading_order(tables), (std::vector<std::size_t>{1, 2, 0}));
}

TEST(SnapshotPlan, a_table_is_cut_into_ranges_and_the_last_one_is_open) {
    const SnapshotTable found = table(25);
    const auto tasks = plan_table(3, found, state_of(found), 10, {});
    EXPECT_EQ(tasks,
              (std::vector<SnapshotTask>{{3, 0, 10, {}}, {3, 10, 20, {}}, {3, 20, kBlockEnd, {}}}));
}

TEST(SnapshotPlan, an_empty_table_is_one_range) {
    const SnapshotTable found = table(0);
    EXPECT_EQ(plan_table(0, found, state_of(found), 10, {}),
              (std::vector<SnapshotTask>{{0, 0, kBlockEnd, {}}}));
}

TEST(SnapshotPlan, finished_ranges_are_not_read_again) {
    const SnapshotTable found = table(25);
    SnapshotState state = state_of(found);
    state.finished = {{0, 13}, {15, 20}};
    EXPECT_EQ(plan_table(0, found, state, 10, "90:95:"),
              (std::vector<SnapshotTask>{{0, 13, 15, "90:95:"}, {0, 20, kBlockEnd, "90:95:"}}));
    state.finished = {{0, kBlockEnd}};
    EXPECT_TRUE(plan_table(0, found, state, 10, {}).empty());
}

TEST(SnapshotPlan, the_same_file_and_shape_go_on) {
    const SnapshotTable found = table(5);
    EXPECT_EQ(resume_of(found, state_of(found)), SnapshotResume::kGoOn);
}

TEST(SnapshotPlan, rows_that_moved_are_read_again_filtered) {
    SnapshotTable found = table(5);
    SnapshotState state = state_of(found);
    state.relfilenode = 1;  // VACUUM FULL
    EXPECT_EQ(resume_of(found, state), SnapshotResume::kRestart);
    state = state_of(found);
    state.fingerprint = 8;  // ADD COLUMN
    EXPECT_EQ(resume_of(found, state), SnapshotResume::kRestart);
}

TEST(SnapshotPlan, a_rewrite_that_left_no_old_row_is_read_whole) {
    SnapshotTable found = table(5);
    SnapshotState state = state_of(found);
    state.relfilenode = 1;
    found.holds_old_rows = false;
    EXPECT_EQ(resume_of(found, state), SnapshotResume::kRewrite);
}

TEST(SnapshotPlan, a_dropped_table_is_gone) {
    SnapshotTable found = table(5);
    const SnapshotState state = state_of(found);
    found.exists = false;
    EXPECT_EQ(resume_of(found, state), SnapshotResume::kGone);
}

}  // namespace
}  // namespace penstock
