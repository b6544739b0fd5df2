// Both images of an UPDATE are read together, because most of their fields are the same. However
// alike they are, each must come out as it would alone.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "encode/row.hpp"
#include "unit/encode/encoded.hpp"

namespace penstock::test {
namespace {

Table orders() {
    Table table("public", "orders");
    table.column("id", int8(), true).column("note", text()).column("paid", int4());
    table.column("token", text()).column("placed", timestamp()).column("tags", text());
    return table.primary_key({"id"}).identity(ReplicaIdentity::kFull);
}

ChangeFrame update(const std::string& before, const std::string& after) {
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = Operation::kUpdate;
    change.before_image = BeforeImage::kFull;
    change.has_before = true;
    change.has_after = true;
    change.before = before;
    change.after = after;
    return change;
}

TEST(ChangeRows, values_that_both_images_share_are_one_value) {
    const std::string before = Bytes().integer(1, 7).text(2, "a").integer(3, 1).text(4, "t").get();
    const std::string after = Bytes().integer(1, 7).text(2, "abc").integer(3, 1).text(4, "t").get();
    ChangeRows rows;
    ASSERT_TRUE(rows.read(RowLayout(*orders().build()), update(before, after)));

    EXPECT_TRUE(identical(rows.before().values[0], rows.after().values[0]));
    EXPECT_EQ(rows.before().values[1].bytes, "a");
    EXPECT_EQ(rows.after().values[1].bytes, "abc");
    EXPECT_TRUE(identical(rows.before().values[2], rows.after().values[2]));
    EXPECT_TRUE(identical(rows.before().values[3], rows.after().values[3]));
    EXPECT_EQ(rows.before().states[4], ColumnState::kNull);
}

// A field that begins in the middle of a longer one of the other image is no shared field.
TEST(ChangeRows, equal_bytes_that_are_no_equal_fields_are_read_anew) {
    const std::string tail = Bytes().text(6, "tags").get();
    const std::string before = Bytes().integer(1, 7).text(2, "n").get() + tail;
    const std::string after = Bytes().integer(1, 7).text(2, "n" + tail).get();
    ChangeRows rows;
    ASSERT_TRUE(rows.read(RowLayout(*orders().build()), update(before, after)));

    EXPECT_EQ(rows.before().values[1].bytes, "n");
    EXPECT_EQ(rows.before().values[5].bytes, "tags");
    EXPECT_EQ(rows.after().values[1].bytes, "n" + tail);
    EXPECT_EQ(rows.after().states[5], ColumnState::kNull);
}

class Random {
public:
    explicit Random(unsigned seed) : generator_(seed) {}
    unsigned below(unsigned limit) { return static_cast<unsigned>(generator_() % limit); }

    // Few values, so that images share many; now and then out of order, twice or cut off.
    std::string row() {
        std::string bytes;
        for (std::uint32_t attnum = 1; attnum <= 6; ++attnum) {
            if (below(4) != 0) bytes += field(below(12) == 0 ? 1 + below(6) : attnum);
        }
        if (!bytes.empty() && below(30) == 0) bytes.pop_back();
        return bytes;
    }

private:
    std::string field(std::uint32_t attnum) {
        if (attnum == 1 || attnum == 3) return Bytes().integer(attnum, below(3) * 100).get();
        if (attnum == 5) return Bytes().fixed(attnum, below(2)).get();
        return Bytes().text(attnum, std::string(below(3) * 7, below(2) != 0 ? 'x' : '\x12')).get();
    }

    std::mt19937 generator_;
};

TEST(ChangeRows, images_read_together_are_what_each_is_alone) {
    const RowLayout layout(*orders().build());
    Random random(20261121);
    ChangeRows together;
    ChangeRows alone;
    for (int i = 0; i < 100000; ++i) {
        const std::string before = random.row();
        const std::string after = random.row();
        ChangeFrame insert;
        insert.has_after = true;
        insert.after = after;
        const bool after_good = alone.read(layout, insert).has_value();
        insert.after = before;
        const bool good = alone.read(layout, insert).has_value() && after_good;
        ASSERT_EQ(together.read(layout, update(before, after)).has_value(), good) << i;
        for (std::uint16_t slot = 0; good && slot < layout.size(); ++slot) {
            const Row& row = together.before();
            ASSERT_EQ(row.states[slot], alone.after().states[slot]) << i;
            if (row.states[slot] != ColumnState::kValue) continue;
            ASSERT_TRUE(same_value(row.values[slot], alone.after().values[slot])) << i;
        }
    }
}

TEST(ChangeRows, records_show_what_images_share_in_both) {
    Encoded encoded(orders());
    const std::string before =
        Bytes().integer(1, 7).text(2, "old").integer(3, 1).text(4, "t\"").fixed(5, 0).get();
    const std::string after =
        Bytes().integer(1, 7).text(2, "newer").integer(3, 1).text(4, "t\"").text(6, "x").get();
    const auto records = encoded(update(before, after));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(
        records[0].images(),
        R"({"before":{"id":7,"note":"old","paid":1,"token":"t\"","placed":0,"tags":null},)"
        R"("after":{"id":7,"note":"newer","paid":1,"token":"t\"","placed":null,"tags":"x"},)");
}

}  // namespace
}  // namespace penstock::test
