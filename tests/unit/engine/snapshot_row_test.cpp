#include <gtest/gtest.h>

#include <string>

#include "engine/snapshot_row.hpp"

namespace penstock {
namespace {

using namespace std::string_literals;

TEST(SnapshotRow, a_row_is_a_change_of_operation_read) {
    SnapshotChange maker;
    const std::string row = "\x08\x02"s;
    const auto change = maker.make(3, row);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->relation_id, 3U);
    EXPECT_EQ(change->operation, Operation::kRead);
    EXPECT_TRUE(change->has_after);
    EXPECT_FALSE(change->has_before);
    EXPECT_EQ(change->after, "\x08\x02"s);
    // op = 4, after = 3
    EXPECT_EQ(change->change, "\x08\x04\x1a\x02\x08\x02"s);
}

TEST(SnapshotRow, a_row_of_nulls_is_a_present_empty_message) {
    SnapshotChange maker;
    const auto change = maker.make(1, "");
    ASSERT_TRUE(change);
    EXPECT_TRUE(change->has_after);
    EXPECT_TRUE(change->after.empty());
    EXPECT_EQ(change->change, "\x08\x04\x1a\x00"s);
}

// Field 2047: marked = {2: out of range, 3: oversize, 4: not convertible}, two raw values.
const std::string kMarks = "\x32\x06\x02\x03\x03\x02\x04\x01\x42\x01x\x42\x02yz"s;
const std::string kMarkedRow = "\xfa\x7f\x0f"s + kMarks + "\x08\x02"s;

TEST(SnapshotRow, marks_in_front_of_a_row_become_marked_values) {
    SnapshotChange maker;
    const auto change = maker.make(1, kMarkedRow);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->after, "\x08\x02"s);
    ASSERT_EQ(change->marked.size(), 3U);
    EXPECT_EQ(change->marked[0].attnum, 2U);
    EXPECT_EQ(change->marked[0].reason, MarkReason::kOutOfRange);
    EXPECT_EQ(change->marked[0].raw, "x");
    EXPECT_EQ(change->marked[1].reason, MarkReason::kOversize);
    EXPECT_EQ(change->marked[1].raw, "");
    EXPECT_EQ(change->marked[2].raw, "yz");
    EXPECT_EQ(change->change, "\x08\x04\x1a\x02\x08\x02"s + kMarks);
}

TEST(SnapshotRow, marks_that_are_cut_short_are_refused) {
    SnapshotChange maker;
    for (std::size_t size = 3; size < 3 + kMarks.size(); ++size) {
        EXPECT_FALSE(maker.make(1, std::string_view(kMarkedRow).substr(0, size))) << size;
    }
    EXPECT_FALSE(maker.make(1, "\xfa\x7f\x03\x42\x01x"s)) << "a raw value without a mark";
}

}  // namespace
}  // namespace penstock
