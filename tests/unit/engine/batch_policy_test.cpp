#include <gtest/gtest.h>

#include "engine/batch_policy.hpp"

namespace penstock {
namespace {

using namespace std::chrono_literals;

// A batch with one row, opened at 100 ms, on one partition; the last one was closed at 50 ms.
BatchFill one_row() {
    BatchFill fill;
    fill.opened_at = 100ms;
    fill.rows = 1;
    fill.records = 1;
    fill.partitions = 1;
    return fill;
}
BatchSurroundings drained() {
    BatchSurroundings around;
    around.last_close = 50ms;
    around.socket_drained = true;
    return around;
}
BatchSurroundings busy() {
    BatchSurroundings around = drained();
    around.socket_drained = false;
    return around;
}

struct BatchPolicyTest : testing::Test {
    EngineOptions options;
    BatchPolicy policy{options};
};

TEST_F(BatchPolicyTest, drained_batch_closes_an_interval_and_a_millisecond_per_partition_later) {
    BatchFill fill = one_row();
    EXPECT_EQ(policy.close_at(fill, drained()), 61ms);
    fill.partitions = 8;
    EXPECT_EQ(policy.close_at(fill, drained()), 68ms);
    fill.partitions = 1000;
    EXPECT_EQ(policy.close_at(fill, drained()), 150ms);
}

TEST_F(BatchPolicyTest, busy_batch_closes_at_its_age) {
    EXPECT_EQ(policy.close_at(one_row(), busy()), 300ms);
    EXPECT_FALSE(policy.close_due(one_row(), busy(), 299ms));
    EXPECT_TRUE(policy.close_due(one_row(), busy(), 300ms));
}

TEST_F(BatchPolicyTest, full_batch_closes_at_once_even_behind_another) {
    BatchSurroundings around = busy();
    around.commit_in_flight = true;
    BatchFill rows = one_row();
    rows.rows = 29'999;
    EXPECT_FALSE(policy.close_due(rows, around, 101ms));
    rows.rows = 30'000;
    EXPECT_TRUE(policy.close_due(rows, around, 101ms));
    BatchFill bytes = one_row();
    bytes.bytes = 32U << 20;
    EXPECT_TRUE(policy.close_due(bytes, around, 101ms));
}

TEST_F(BatchPolicyTest, small_batch_waits_for_the_commit_in_flight_however_old) {
    BatchSurroundings around = drained();
    around.commit_in_flight = true;
    EXPECT_EQ(policy.close_at(one_row(), around), std::nullopt);
    EXPECT_FALSE(policy.close_due(one_row(), around, 3600s));
}

TEST_F(BatchPolicyTest, hurry_waives_the_pace_but_not_the_commit_in_flight) {
    BatchSurroundings around = busy();
    around.hurry = true;
    EXPECT_TRUE(policy.close_due(one_row(), around, 100ms));
    around.commit_in_flight = true;
    EXPECT_FALSE(policy.close_due(one_row(), around, 100ms));
}

TEST_F(BatchPolicyTest, batch_without_records_is_paced_like_an_idle_advance) {
    BatchFill fill = one_row();
    fill.records = 0;
    EXPECT_EQ(policy.close_at(fill, drained()), 1050ms);
}

TEST_F(BatchPolicyTest, first_cut_is_past_the_size_of_a_large_transaction) {
    TransactionFill transaction;
    transaction.items = 100'000;
    EXPECT_FALSE(policy.cut_due(transaction, 0ms));
    transaction.items = 100'001;
    EXPECT_TRUE(policy.cut_due(transaction, 0ms));
    TransactionFill wide;
    wide.items = 3;
    wide.bytes = (64U << 20) + 1;
    EXPECT_TRUE(policy.cut_due(wide, 0ms));
}

TEST_F(BatchPolicyTest, later_cuts_are_pieces) {
    TransactionFill transaction;
    transaction.items_cut = 100'001;
    transaction.bytes_cut = 70U << 20;
    transaction.items = 130'000;
    transaction.bytes = 71U << 20;
    EXPECT_FALSE(policy.cut_due(transaction, 0ms));
    transaction.items = 130'001;
    EXPECT_TRUE(policy.cut_due(transaction, 0ms));
    transaction.items = 100'002;
    transaction.bytes = 102U << 20;
    EXPECT_TRUE(policy.cut_due(transaction, 0ms));
}

TEST_F(BatchPolicyTest, transaction_begun_five_seconds_ago_is_large) {
    TransactionFill transaction;
    transaction.items = 1;
    transaction.begun_at = 100ms;
    EXPECT_EQ(policy.cut_at(transaction), 5100ms);
    EXPECT_FALSE(policy.cut_due(transaction, 5099ms));
    EXPECT_TRUE(policy.cut_due(transaction, 5100ms));
}

TEST_F(BatchPolicyTest, nothing_new_since_the_last_cut_is_not_cut) {
    TransactionFill transaction;
    transaction.items = 5;
    transaction.items_cut = 5;
    EXPECT_FALSE(policy.cut_due(transaction, 3600s));
    EXPECT_EQ(policy.cut_at(transaction), std::nullopt);
    transaction.items = 2;  // A resumed one, whose published items come again.
    EXPECT_FALSE(policy.cut_due(transaction, 3600s));
}

TEST_F(BatchPolicyTest, atomic_mode_has_no_cuts) {
    options.transactions = TransactionsMode::kAtomic;
    TransactionFill transaction;
    transaction.items = 10'000'000;
    EXPECT_FALSE(policy.cut_due(transaction, 3600s));
    EXPECT_EQ(policy.cut_at(transaction), std::nullopt);
}

TEST(PartitionCount, counts_distinct_partitions_of_one_batch) {
    RecordBuffer buffer;
    const auto add = [&](TopicId topic, std::int32_t partition) {
        Record record;
        record.topic = topic;
        record.partition = partition;
        buffer.add(record);
    };
    add(0, 0);
    add(0, 0);
    add(2, 0);
    add(2, 5);
    PartitionCount count;
    count.add(buffer, 0);
    EXPECT_EQ(count.count(), 3U);
    add(2, 5);
    add(1, 0);
    count.add(buffer, 4);
    EXPECT_EQ(count.count(), 4U);
    count.clear();
    count.add(buffer, 5);
    EXPECT_EQ(count.count(), 1U);
}

}  // namespace
}  // namespace penstock
