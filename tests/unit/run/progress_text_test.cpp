#include "run/progress_text.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TableProgress reading() {
    TableProgress table;
    table.schema = "public";
    table.name = "orders";
    table.progress = SnapshotProgress::kReading;
    table.rows = 540'000;
    table.blocks = 2048;
    table.blocks_done = 1024;
    table.rows_per_second = 56'000;
    table.seconds_left = 180;
    return table;
}

TEST(ProgressText, says_how_far_and_how_long) {
    EXPECT_EQ(progress_text(reading()),
              "50 % of 16.0 MiB, 540000 rows, 56000 rows/s, about 3 min left");
    TableProgress done = reading();
    done.progress = SnapshotProgress::kDone;
    EXPECT_EQ(progress_text(done), "540000 rows");
}

TEST(ProgressText, draws_a_bar_for_each_table_in_work_and_one_for_all) {
    TableProgress done = reading();
    done.progress = SnapshotProgress::kDone;
    TableProgress queued = reading();
    queued.progress = SnapshotProgress::kQueued;
    queued.blocks_done = queued.rows = 0;
    const auto lines = progress_bars({done, reading(), queued}, 200, 8);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0],
              "public.orders [##########..........]  50 %  540000 rows, 8.0 MiB of 16.0 MiB, 56000 "
              "rows/s, 3 min left");
    EXPECT_EQ(lines[1], "snapshot [##########..........]  50 %  1 of 3 tables, 1080000 rows");
}

TEST(ProgressText, keeps_within_the_screen_and_lets_no_name_out_of_its_line) {
    TableProgress hostile = reading();
    hostile.name = "a\x1b[2Jb\nc";
    const auto lines = progress_bars({hostile, hostile, hostile}, 20, 3);
    ASSERT_EQ(lines.size(), 3U);
    for (const std::string& line : lines) {
        EXPECT_LE(line.size(), 20U);
        EXPECT_EQ(line.find_first_of("\x1b\n"), std::string::npos);
    }
    EXPECT_TRUE(progress_bars({}, 80, 8).empty());
}

}  // namespace
}  // namespace penstock
