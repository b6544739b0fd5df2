#include <gtest/gtest.h>

#include "encode/transaction_counts.hpp"

namespace penstock::test {
namespace {

std::vector<std::string> names_after(const std::vector<std::string>& order) {
    TransactionCounts counts;
    counts.begin();
    for (const std::string& name : order) {
        counts.choose(counts.collection(name));
        counts.next();
    }
    std::vector<std::string> names;
    for (const auto& [name, events] : counts.by_collection()) names.emplace_back(name);
    return names;
}

TEST(TransactionCounts, places_are_counted_from_one_in_all_and_by_collection) {
    TransactionCounts counts;
    const std::size_t a = counts.collection("tx.a");
    const std::size_t b = counts.collection("tx.b");
    EXPECT_EQ(counts.collection("tx.a"), a);
    counts.begin();
    counts.choose(a);
    EXPECT_EQ(counts.next().total_order, 1U);
    counts.choose(b);
    EXPECT_EQ(counts.next().data_collection_order, 1U);
    counts.choose(a);
    const auto third = counts.next();
    EXPECT_EQ(third.total_order, 3U);
    EXPECT_EQ(third.data_collection_order, 2U);
    EXPECT_EQ(counts.total(), 3U);
}

TEST(TransactionCounts, next_transaction_counts_anew_and_names_only_its_own) {
    TransactionCounts counts;
    const std::size_t a = counts.collection("tx.a");
    const std::size_t b = counts.collection("tx.b");
    counts.begin();
    counts.choose(a);
    counts.next();
    counts.begin();
    EXPECT_EQ(counts.total(), 0U);
    EXPECT_TRUE(counts.by_collection().empty());
    counts.choose(b);
    counts.next();
    ASSERT_EQ(counts.by_collection().size(), 1U);
    EXPECT_EQ(counts.by_collection()[0].first, "tx.b");
    EXPECT_EQ(counts.by_collection()[0].second, 1U);
}

// The hash of a text of one ASCII character is that character: "p" is 112, "a" 97.
TEST(TransactionCounts, collections_stand_as_javas_hash_map_gives_them_out) {
    EXPECT_EQ(names_after({"b", "q", "a", "p"}), (std::vector<std::string>{"p", "q", "a", "b"}));
    // With the thirteenth the table has 32 places, and "p" is not the first one any more.
    std::vector<std::string> many{"p"};
    for (char c = 'a'; c <= 'l'; ++c) many.emplace_back(1, c);
    EXPECT_EQ(names_after(many).back(), "p");
    many.pop_back();
    EXPECT_EQ(names_after(many).front(), "p");
}

// "tx.a" hashes to 3572599 and "tx.b" to 3572600, U+1F600 to its two surrogates.
TEST(TransactionCounts, longer_names_and_names_beyond_ascii_are_hashed_as_utf_16) {
    EXPECT_EQ(names_after({"tx.b", "tx.a"}), (std::vector<std::string>{"tx.a", "tx.b"}));
    EXPECT_EQ(names_after({"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}).size(), 3U);
    // U+00E9 is 233, place 9; U+20AC is 8364, place 12; U+1F600 is 1772899, place 8.
    EXPECT_EQ(names_after({"\xE2\x82\xAC", "\xC3\xA9", "\xF0\x9F\x98\x80"}),
              (std::vector<std::string>{"\xF0\x9F\x98\x80", "\xC3\xA9", "\xE2\x82\xAC"}));
}

}  // namespace
}  // namespace penstock::test
