#include "encode/flat_json.hpp"

#include <gtest/gtest.h>

#include "unit/encode/encoded.hpp"
#include "unit/encode/table_builder.hpp"

namespace penstock::test {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Table items() {
    return Table("shop", "items").column("id", int4()).column("name", text()).primary_key({"id"});
}

ChangeFrame removal(const Bytes& before) {
    ChangeFrame change = update(BeforeImage::kKey, before, before);
    change.operation = Operation::kDelete;
    change.has_after = false;
    return change;
}

EncodeOptions flat() {
    EncodeOptions options;
    options.format = ValueFormat::kFlatJson;
    return options;
}

EncodeOptions flattened(FlatDeletes deletes) {
    EncodeOptions options;
    options.flatten.enabled = true;
    options.flatten.deletes = deletes;
    return options;
}

TEST(FlatJson, a_row_with_its_place_in_the_stream) {
    const auto records = Encoded(items(), flat())(insert(Bytes().integer(1, 7).text(2, "a")));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, R"({"id":7})");
    EXPECT_EQ(records[0].value, R"({"id":7,"name":"a","__op":"c","__deleted":false,)"
                                R"("__lsn":46178232,"__ordinal":0,"__unchanged":[]})");
}

TEST(FlatJson, a_delete_is_the_old_row_and_a_tombstone) {
    const Bytes before = Bytes().integer(1, 7);
    const auto records = Encoded(items(), flat())(removal(before));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].value, R"({"id":7,"name":null,"__op":"d","__deleted":true,)"
                                R"("__lsn":46178232,"__ordinal":0,"__unchanged":[]})");
    EXPECT_EQ(records[1].key, R"({"id":7})");
    EXPECT_EQ(records[1].value, std::nullopt);
}

TEST(FlatJson, unchanged_values_are_null_and_listed) {
    const Bytes after = Bytes().integer(1, 7);
    ChangeFrame change = update(after);
    const std::uint32_t unchanged[] = {2};
    change.unchanged = unchanged;
    const auto records = Encoded(items(), flat())(change);
    EXPECT_NE(records.at(0).value->find(R"("name":null,"__op":"u")"), std::string::npos);
    EXPECT_NE(records.at(0).value->find(R"("__unchanged":["name"]})"), std::string::npos);
}

TEST(FlatJson, a_table_without_columns_is_still_an_object) {
    const Bytes none;
    const auto records = Encoded(Table("shop", "empty"), flat())(insert(none));
    EXPECT_EQ(records.at(0).value, R"({"__op":"c","__deleted":false,"__lsn":46178232,)"
                                   R"("__ordinal":0,"__unchanged":[]})");
}

TEST(FlatJson, a_column_with_the_name_of_a_fact_is_refused) {
    const Table table = Table("shop", "items").column("__op", text());
    EXPECT_FALSE(Encoded(table, flat()).prepared());
    EXPECT_TRUE(Encoded(table).prepared());
}

TEST(Flatten, deletes_follow_the_chosen_mode) {
    const Bytes before = Bytes().integer(1, 7);
    const auto values = [&](FlatDeletes deletes) {
        std::vector<std::optional<std::string>> found;
        for (const auto& record : Encoded(items(), flattened(deletes))(removal(before))) {
            found.push_back(record.value);
        }
        return found;
    };
    using Values = std::vector<std::optional<std::string>>;
    const std::string rewritten = R"({"id":7,"name":null,"__deleted":"true"})";
    EXPECT_EQ(values(FlatDeletes::kTombstone), Values{std::nullopt});
    EXPECT_EQ(values(FlatDeletes::kDrop), Values{});
    EXPECT_EQ(values(FlatDeletes::kRewrite), Values{rewritten});
    EXPECT_EQ(values(FlatDeletes::kRewriteWithTombstone), (Values{rewritten, std::nullopt}));
}

TEST(Flatten, facts_stand_behind_the_row_and_in_headers) {
    EncodeOptions options = flattened(FlatDeletes::kTombstone);
    options.flatten.fields = {{"op", "__op"}, {"source.ts_ms", "at"}, {"table", "t\"x"}};
    options.flatten.headers = {{"op", "__op"}, {"db", "__db"}, {"lsn", "__lsn"}};
    const auto records = Encoded(items(), options)(insert(Bytes().integer(1, 7).text(2, "a")));
    EXPECT_EQ(records.at(0).value,
              R"({"id":7,"name":"a","__op":"c","at":1795233405296,"t\"x":"items"})");
    EXPECT_EQ(records[0].headers,
              (Headers{{"__op", "c"}, {"__db", "gold"}, {"__lsn", "46178232"}}));
}

TEST(Flatten, a_key_change_keeps_its_headers_in_front) {
    EncodeOptions options = flattened(FlatDeletes::kTombstone);
    options.flatten.headers = {{"op", "__op"}};
    const Bytes before = Bytes().integer(1, 7);
    const Bytes after = Bytes().integer(1, 8);
    const auto records = Encoded(items(), options)(update(BeforeImage::kKey, before, after));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].value, std::nullopt);
    EXPECT_EQ(records[0].headers, (Headers{{"__debezium.newkey", R"({"id":8})"}, {"__op", "d"}}));
    EXPECT_EQ(records[1].value, R"({"id":8,"name":null})");
    EXPECT_EQ(records[1].headers, (Headers{{"__debezium.oldkey", R"({"id":7})"}, {"__op", "c"}}));
}

TEST(Flatten, a_fact_that_does_not_exist_is_refused) {
    EncodeOptions options = flattened(FlatDeletes::kTombstone);
    options.flatten.fields = {{"source.lsm", "__lsm"}};
    const auto refused = make_encoder(options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("source.lsm"), std::string::npos);
    options.flatten.fields.clear();
    options.flatten.headers = {{"source.op", "__op"}};
    EXPECT_FALSE(make_encoder(options));
}

}  // namespace
}  // namespace penstock::test
