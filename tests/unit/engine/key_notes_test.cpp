#include "engine/key_notes.hpp"

#include <gtest/gtest.h>

namespace penstock::test {
namespace {

using Mark = KeyNotes::Mark;

constexpr std::uint64_t kEpoch = std::uint64_t{1} << 32;

TEST(KeyNotes, transaction_ids_of_the_stream_get_the_epoch_nearest_to_the_snapshot) {
    const VisibleTransactions after_wrap{3 * kEpoch - 5, 3 * kEpoch + 10, {}};
    EXPECT_EQ(full_xid(Xid{7}, after_wrap), 3 * kEpoch + 7);
    EXPECT_EQ(full_xid(Xid{0xFFFFFFFB}, after_wrap), 3 * kEpoch - 5);
    const VisibleTransactions before_wrap{3 * kEpoch - 9, 3 * kEpoch - 5, {}};
    EXPECT_EQ(full_xid(Xid{7}, before_wrap), 3 * kEpoch + 7);
    EXPECT_EQ(full_xid(Xid{0xFFFFFFF0}, before_wrap), 3 * kEpoch - 16);
}

TEST(KeyNotes, visible_is_what_is_over_when_the_snapshot_begins) {
    const VisibleTransactions snapshot{
        3 * kEpoch - 2, 3 * kEpoch + 4, {3 * kEpoch - 2, 3 * kEpoch + 1}};
    EXPECT_TRUE(is_visible(Xid{0xFFFFFFFD}, snapshot));
    EXPECT_FALSE(is_visible(Xid{0xFFFFFFFE}, snapshot));
    EXPECT_TRUE(is_visible(Xid{0xFFFFFFFF}, snapshot));
    EXPECT_TRUE(is_visible(Xid{0}, snapshot));
    EXPECT_FALSE(is_visible(Xid{1}, snapshot));
    EXPECT_TRUE(is_visible(Xid{3}, snapshot));
    EXPECT_FALSE(is_visible(Xid{4}, snapshot));
    EXPECT_FALSE(is_visible(Xid{5}, snapshot));
}

TEST(KeyNotes, only_what_the_snapshot_does_not_see_is_hidden_from_it) {
    KeyNotes notes;
    notes.note(Xid{10}, "a", Mark::kWhole);
    notes.note(Xid{11}, "b", Mark::kWhole);
    notes.note_truncate(Xid{10});
    const KeyNotes::Hidden hidden = notes.hidden_from({11, 12, {11}});
    EXPECT_EQ(hidden.keys.size(), 1U);
    EXPECT_TRUE(hidden.keys.contains("b"));
    EXPECT_FALSE(hidden.truncated);
    EXPECT_FALSE(notes.hidden_from({12, 12, {}}).any());
}

TEST(KeyNotes, key_that_was_incomplete_once_stays_so) {
    KeyNotes notes;
    notes.note(Xid{10}, "a", Mark::kIncomplete);
    notes.note(Xid{11}, "a", Mark::kWhole);
    EXPECT_EQ(notes.hidden_from({10, 10, {}}).keys.at("a"), Mark::kIncomplete);
}

TEST(KeyNotes, truncates_and_unknown_keys_are_of_their_transactions) {
    KeyNotes notes;
    notes.note_truncate(Xid{10});
    notes.note_unknown(Xid{11});
    EXPECT_TRUE(notes.hidden_from({10, 10, {}}).truncated);
    EXPECT_TRUE(notes.hidden_from({10, 10, {}}).unknown);
    EXPECT_FALSE(notes.hidden_from({11, 11, {}}).truncated);
    EXPECT_TRUE(notes.hidden_from({11, 11, {}}).unknown);
    EXPECT_FALSE(notes.hidden_from({12, 12, {}}).any());
}

TEST(KeyNotes, memory_is_counted_and_given_back_with_what_is_visible) {
    KeyNotes notes;
    EXPECT_EQ(notes.bytes(), 0U);
    notes.note(Xid{10}, std::string(1000, 'a'), Mark::kWhole);
    const std::size_t one = notes.bytes();
    EXPECT_GT(one, 1000U);
    notes.note(Xid{11}, std::string(1000, 'b'), Mark::kWhole);
    EXPECT_EQ(notes.bytes(), 2 * one);
    notes.forget_visible({11, 12, {11}});
    EXPECT_EQ(notes.bytes(), one);
    EXPECT_TRUE(notes.hidden_from({11, 12, {11}}).any());
    notes.forget_visible({12, 12, {}});
    EXPECT_EQ(notes.bytes(), 0U);
}

}  // namespace
}  // namespace penstock::test
