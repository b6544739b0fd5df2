#include <gtest/gtest.h>

#include "cli/snapshot_progress.hpp"

namespace penstock {
namespace {

using std::chrono::milliseconds;

SnapshotReport one(const char* progress, std::uint64_t rows, std::uint64_t estimated,
                   const char* waits_for = "") {
    return {{{"public", "t", progress, rows, estimated, waits_for}}};
}

TEST(SnapshotProgress, a_line_has_bar_rows_speed_and_time_left) {
    SnapshotProgressView view(plain_palette());
    EXPECT_EQ(view.lines(one("reading", 1000, 4000), milliseconds(5000)),
              "public.t  [#####...............]  25 %  reading  1000 of about 4000 rows\n");
    EXPECT_EQ(view.lines(one("reading", 2000, 4000), milliseconds(7000)),
              "public.t  [##########..........]  50 %  reading  2000 of about 4000 rows  "
              "500 rows/s, 5 s left\n");
    EXPECT_EQ(view.lines(one("done", 4100, 4000), milliseconds(9000)),
              "public.t  [####################] 100 %  done  4100 rows\n");
}

TEST(SnapshotProgress, an_estimate_that_was_too_low_is_never_all) {
    SnapshotProgressView view(plain_palette());
    const std::string line = view.lines(one("reading", 9000, 4000), milliseconds(1));
    EXPECT_NE(line.find("[###################.]  99 %"), std::string::npos) << line;
}

TEST(SnapshotProgress, what_it_waits_for_and_why_it_ended_are_told) {
    EXPECT_EQ(snapshot_table(one("reading", 0, 0, "transaction 7"), plain_palette()),
              "public.t  reading  0 rows  waits for transaction 7\n");
    EXPECT_EQ(snapshot_table(one("cancelled", 3, 9, "too large"), plain_palette()),
              "public.t  cancelled  3 rows  too large\n");
}

}  // namespace
}  // namespace penstock
