#include "engine/merge_key.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace penstock::test {
namespace {

using namespace std::string_literals;

// Fields 1 (varint), 2 (text), 3 (fixed 64), 4 (fixed 32).
const std::string kOne = "\x08\x02"s;
const std::string kTwo = "\x12\x03"s + "abc";
const std::string kThree = "\x19"s + "12345678";
const std::string kFour = "\x25"s + "1234";

// Keeps what its frame views, also when it is copied.
struct Made {
    ChangeFrame frame;
    std::vector<std::shared_ptr<const std::string>> kept;
    Made& after(std::string row) {
        frame.has_after = true;
        frame.after = keep(std::move(row));
        return *this;
    }
    Made& before(std::string row) {
        frame.has_before = true;
        frame.before = keep(std::move(row));
        return *this;
    }
    std::string_view keep(std::string row) {
        return *kept.emplace_back(std::make_shared<const std::string>(std::move(row)));
    }
};

TEST(MergeKey, of_a_row_is_its_key_fields_in_ascending_attnum) {
    std::string key;
    EXPECT_TRUE(MergeKey({2}).of_row(kOne + kTwo + kThree + kFour, key));
    EXPECT_EQ(key, kTwo);
    EXPECT_TRUE(MergeKey({1, 4}).of_row(kOne + kTwo + kThree + kFour, key));
    EXPECT_EQ(key, kOne + kFour);
    EXPECT_TRUE(MergeKey({1, 3}).of_row(kThree + kOne, key));
    EXPECT_EQ(key, kOne + kThree);
}

TEST(MergeKey, without_a_value_in_a_key_column_cannot_be_told) {
    std::string key;
    EXPECT_FALSE(MergeKey({1, 2}).of_row(kOne + kThree, key));
    EXPECT_FALSE(MergeKey({1}).of_row("", key));
}

TEST(MergeKey, of_bytes_that_are_cut_off_cannot_be_told) {
    const std::string row = kOne + kTwo + kThree + kFour;
    const MergeKey merge({4});
    std::string key;
    EXPECT_TRUE(merge.of_row(row, key));
    for (std::size_t size = 0; size < row.size(); ++size) {
        EXPECT_FALSE(merge.of_row(row.substr(0, size), key)) << size;
    }
}

TEST(MergeKey, of_an_insert_and_of_an_update_is_that_of_the_new_row) {
    MergeKey::Touched touched;
    EXPECT_TRUE(MergeKey({1}).of_change(Made().after(kOne + kTwo).frame, touched));
    EXPECT_EQ(touched.key, kOne);
    EXPECT_FALSE(touched.moved);
    EXPECT_FALSE(touched.incomplete);
}

TEST(MergeKey, of_a_delete_is_that_of_the_old_row) {
    MergeKey::Touched touched;
    EXPECT_TRUE(MergeKey({1}).of_change(Made().before(kOne).frame, touched));
    EXPECT_EQ(touched.key, kOne);
}

TEST(MergeKey, update_touches_both) {
    MergeKey::Touched touched;
    const Made change = Made().before("\x08\x04"s).after(kOne + kTwo);
    EXPECT_TRUE(MergeKey({1}).of_change(change.frame, touched));
    EXPECT_EQ(touched.key, kOne);
    EXPECT_EQ(touched.old_key, "\x08\x04"s);
    EXPECT_TRUE(touched.moved);
}

TEST(MergeKey, full_old_row_with_the_same_key_does_not_move) {
    MergeKey::Touched touched;
    const Made change = Made().before(kOne + kThree).after(kOne + kTwo);
    EXPECT_TRUE(MergeKey({1}).of_change(change.frame, touched));
    EXPECT_FALSE(touched.moved);
}

TEST(MergeKey, column_that_was_not_logged_again_comes_from_the_other_image) {
    MergeKey::Touched touched;
    const Made unchanged = Made().before(kOne + kTwo).after(kOne + kThree);
    EXPECT_TRUE(MergeKey({1, 2}).of_change(unchanged.frame, touched));
    EXPECT_EQ(touched.key, kOne + kTwo);
    EXPECT_FALSE(touched.moved);
    const Made same_as_after = Made().before("\x08\x04"s).after(kOne + kTwo);
    EXPECT_TRUE(MergeKey({1, 2}).of_change(same_as_after.frame, touched));
    EXPECT_EQ(touched.old_key, "\x08\x04"s + kTwo);
    EXPECT_TRUE(touched.moved);
}

TEST(MergeKey, column_that_is_in_neither_image_cannot_be_told) {
    MergeKey::Touched touched;
    EXPECT_FALSE(MergeKey({2}).of_change(Made().after(kOne).frame, touched));
    EXPECT_FALSE(MergeKey({2}).of_change(Made().before(kOne).frame, touched));
    EXPECT_FALSE(MergeKey({2}).of_change(ChangeFrame{}, touched));
}

TEST(MergeKey, unchanged_value_makes_the_row_incomplete_unless_it_is_of_the_key) {
    MergeKey::Touched touched;
    Made change = Made().before(kOne + kTwo).after(kOne);
    const std::uint32_t key_column[] = {2};
    change.frame.unchanged = key_column;
    EXPECT_TRUE(MergeKey({1, 2}).of_change(change.frame, touched));
    EXPECT_FALSE(touched.incomplete);
    const std::uint32_t other[] = {2, 7};
    change.frame.unchanged = other;
    EXPECT_TRUE(MergeKey({1, 2}).of_change(change.frame, touched));
    EXPECT_TRUE(touched.incomplete);
}

}  // namespace
}  // namespace penstock::test
