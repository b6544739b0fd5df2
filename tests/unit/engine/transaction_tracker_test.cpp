#include <gtest/gtest.h>

#include "engine/transaction_tracker.hpp"

namespace penstock {
namespace {

using Verdict = TransactionTracker::Verdict;

Position at(std::uint64_t lsn) {
    Position position;
    position.lsn = Lsn{lsn};
    return position;
}

BeginFrame begin(std::uint32_t xid, std::uint64_t commit_lsn, std::uint64_t end_lsn) {
    BeginFrame frame;
    frame.xid = Xid{xid};
    frame.first_lsn = Lsn{commit_lsn - 50};
    frame.commit_lsn = Lsn{commit_lsn};
    frame.end_lsn = Lsn{end_lsn};
    return frame;
}

ErrorName error_of(const Status& status) {
    return status ? ErrorName::kCount_ : status.error().name;
}
template <class T>
ErrorName error_of(const Result<T>& result) {
    return result ? ErrorName::kCount_ : result.error().name;
}

TEST(TransactionTracker, drops_at_the_position_and_publishes_past_it) {
    TransactionTracker tracker;
    tracker.resume(at(208));
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    EXPECT_EQ(tracker.change(1, {}), Verdict::kDrop);
    EXPECT_EQ(tracker.commit({Lsn{208}, 1, 1}), Verdict::kDrop);
    ASSERT_TRUE(tracker.begin(begin(8, 208, 216)));
    EXPECT_EQ(tracker.change(1, {}), Verdict::kPublish);
    EXPECT_EQ(tracker.commit({Lsn{216}, 1, 1}), Verdict::kPublish);
    EXPECT_EQ(tracker.complete_lsn(), Lsn{216});
}

TEST(TransactionTracker, lsn_is_the_sum_of_the_deltas_which_may_go_back) {
    TransactionTracker tracker;
    tracker.resume(at(100));
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    tracker.change(10, {});
    EXPECT_EQ(tracker.change_lsn(), Lsn{160});
    tracker.change(-4, {});
    EXPECT_EQ(tracker.change_lsn(), Lsn{156});
}

TEST(TransactionTracker, open_drops_its_first_items_of_every_kind) {
    Position position = at(100);
    position.open = OpenTransaction{Xid{7}, Lsn{200}, 4};
    TransactionTracker tracker;
    tracker.resume(position);
    EXPECT_TRUE(tracker.open_expected());
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    EXPECT_FALSE(tracker.open_expected());
    EXPECT_EQ(tracker.items_published(), 4U);
    EXPECT_EQ(tracker.change(1, {}), Verdict::kDrop);
    EXPECT_EQ(tracker.truncate(1, {}, 2), Verdict::kPublish);
    EXPECT_EQ(tracker.verdict(1), Verdict::kDrop);
    EXPECT_EQ(tracker.verdict(2), Verdict::kDrop);
    EXPECT_EQ(tracker.transactional_message({}), Verdict::kDrop);
    EXPECT_EQ(tracker.change(1, {}), Verdict::kPublish);
    EXPECT_EQ(tracker.commit({Lsn{208}, 5, 5}), Verdict::kPublish);
}

TEST(TransactionTracker, transactions_before_the_open_one_are_dropped_without_complaint) {
    Position position = at(150);
    position.open = OpenTransaction{Xid{7}, Lsn{200}, 1};
    TransactionTracker tracker;
    tracker.resume(position);
    ASSERT_TRUE(tracker.begin(begin(6, 140, 150)));
    ASSERT_TRUE(tracker.commit({Lsn{150}, 0, 0}));
    EXPECT_TRUE(tracker.open_expected());
}

TEST(TransactionTracker, first_transaction_past_the_position_must_be_the_open_one) {
    Position position = at(100);
    position.open = OpenTransaction{Xid{7}, Lsn{200}, 1};
    TransactionTracker tracker;
    tracker.resume(position);
    EXPECT_EQ(error_of(tracker.begin(begin(8, 200, 208))), ErrorName::kOpenMissing);
    tracker.resume(position);
    EXPECT_EQ(error_of(tracker.begin(begin(7, 201, 208))), ErrorName::kOpenMissing);
    tracker.resume(position);
    EXPECT_EQ(error_of(tracker.message(Lsn{150})), ErrorName::kOpenMissing);
}

TEST(TransactionTracker, open_transaction_with_fewer_items_than_published_stops) {
    Position position = at(100);
    position.open = OpenTransaction{Xid{7}, Lsn{200}, 3};
    TransactionTracker tracker;
    tracker.resume(position);
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    tracker.change(1, {});
    EXPECT_EQ(error_of(tracker.commit({Lsn{208}, 1, 1})), ErrorName::kOpenMissing);
}

TEST(TransactionTracker, commit_checks_both_counts) {
    const auto commit = [](std::uint64_t sent, std::uint64_t decoded) {
        TransactionTracker tracker;
        tracker.resume(at(100));
        EXPECT_TRUE(tracker.begin(begin(7, 200, 208)));
        tracker.change(1, {});
        tracker.change(1, 5);
        return error_of(tracker.commit({Lsn{208}, sent, decoded}));
    };
    EXPECT_EQ(commit(2, 6), ErrorName::kCount_);
    EXPECT_EQ(commit(2, 9), ErrorName::kCount_) << "the last ones may be filtered";
    EXPECT_EQ(commit(1, 6), ErrorName::kCountMismatch);
    EXPECT_EQ(commit(3, 6), ErrorName::kCountMismatch);
    EXPECT_EQ(commit(2, 5), ErrorName::kCountMismatch);
}

TEST(TransactionTracker, counts_are_checked_in_dropped_transactions_too) {
    TransactionTracker tracker;
    tracker.resume(at(208));
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    EXPECT_EQ(error_of(tracker.commit({Lsn{208}, 1, 1})), ErrorName::kCountMismatch);
}

TEST(TransactionTracker, ordinal_that_goes_back_is_invalid) {
    TransactionTracker tracker;
    tracker.resume(at(100));
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    EXPECT_EQ(tracker.change(1, 5), Verdict::kPublish);
    EXPECT_EQ(tracker.change(1, 5), Verdict::kInvalid);
    EXPECT_EQ(tracker.error().name, ErrorName::kFrameInvalid);
}

TEST(TransactionTracker, frames_out_of_place_are_invalid) {
    TransactionTracker tracker;
    tracker.resume(at(100));
    EXPECT_EQ(tracker.change(1, {}), Verdict::kInvalid);
    EXPECT_EQ(tracker.error().name, ErrorName::kFrameInvalid);
    EXPECT_EQ(error_of(tracker.commit({Lsn{208}, 0, 0})), ErrorName::kFrameInvalid);
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    EXPECT_EQ(error_of(tracker.begin(begin(8, 300, 308))), ErrorName::kFrameInvalid);
    EXPECT_EQ(error_of(tracker.message(Lsn{250})), ErrorName::kFrameInvalid);
    EXPECT_EQ(error_of(tracker.commit({Lsn{207}, 0, 0})), ErrorName::kFrameInvalid);
}

TEST(TransactionTracker, stream_that_goes_back_is_invalid) {
    TransactionTracker tracker;
    tracker.resume(at(100));
    ASSERT_TRUE(tracker.begin(begin(7, 200, 208)));
    ASSERT_TRUE(tracker.commit({Lsn{208}, 0, 0}));
    EXPECT_EQ(error_of(tracker.message(Lsn{208})), ErrorName::kFrameInvalid);
    EXPECT_EQ(error_of(tracker.begin(begin(8, 190, 199))), ErrorName::kFrameInvalid);
}

TEST(TransactionTracker, interleaved_transactions_are_judged_by_their_end_not_their_first_lsn) {
    TransactionTracker tracker;
    tracker.resume(at(208));
    BeginFrame frame = begin(6, 300, 308);
    frame.first_lsn = Lsn{10};
    ASSERT_TRUE(tracker.begin(frame));
    EXPECT_EQ(tracker.change(1, {}), Verdict::kPublish);
}

TEST(TransactionTracker, message_outside_of_transactions_moves_the_position) {
    TransactionTracker tracker;
    tracker.resume(at(100));
    EXPECT_EQ(tracker.message(Lsn{100}), Verdict::kDrop);
    EXPECT_EQ(tracker.complete_lsn(), Lsn{100});
    EXPECT_EQ(tracker.message(Lsn{101}), Verdict::kPublish);
    EXPECT_EQ(tracker.complete_lsn(), Lsn{101});
}

}  // namespace
}  // namespace penstock
