#include "encode/relation_shape.hpp"

#include <gtest/gtest.h>

#include "unit/encode/encoded.hpp"
#include "unit/encode/table_builder.hpp"

namespace penstock::test {
namespace {

Table users() {
    return Table("shop", "users")
        .column("id", int4())
        .column("name", text())
        .column("email", Type{1043, "varchar", ValueKind::kString}.with(4 + 10))
        .column("note", jsonb())
        .primary_key({"id"});
}

Bytes ada() {
    return Bytes().integer(1, 7).text(2, "Ada").text(3, "ada@a.com").text(4, "{}");
}

EncodeOptions with_rule(ColumnChange change, const std::string& pattern, std::uint32_t length) {
    EncodeOptions options;
    options.shape.rules = {{change, pattern, length}};
    options.shape.hash_salt = "salt";
    return options;
}

std::string after(const std::vector<EncodedRecord>& records) {
    const std::string& value = *records.at(0).value;
    const auto begin = value.find("\"after\":") + 8;
    return value.substr(begin, value.find(",\"source\"") - begin);
}

TEST(Shape, a_table_that_is_filtered_out_has_neither_topic_nor_records) {
    EncodeOptions options;
    options.shape.table_exclude = {"shop\\.u.*"};
    Encoded encode(users(), options);
    EXPECT_EQ(encode.encoder().topic_of(*users().build()).value(), "");
    EXPECT_TRUE(encode.prepared());
    EXPECT_TRUE(encode(insert(ada())).empty());
    EXPECT_TRUE(encode.status());
    RecordBuffer out;
    EXPECT_TRUE(encode.encoder().encode_truncate(1, {}, {}, out));
    EXPECT_TRUE(out.empty());
    EncodeOptions other;
    other.shape.schema_include = {"SHOP"};
    EXPECT_EQ(Encoded(users(), other)(insert(ada())).size(), 1U);
}

TEST(Shape, columns_that_are_filtered_out_stay_in_the_key) {
    EncodeOptions options;
    options.shape.column_exclude = {"shop\\.users\\.(id|note)"};
    const auto records = Encoded(users(), options)(insert(ada()));
    EXPECT_EQ(after(records), R"({"name":"Ada","email":"ada@a.com"})");
    EXPECT_EQ(records[0].key, R"({"id":7})");
}

TEST(Shape, a_mask_hides_the_length_and_the_null) {
    const EncodeOptions options = with_rule(ColumnChange::kMask, "shop.users.(name|note)", 4);
    EXPECT_EQ(after(Encoded(users(), options)(insert(ada()))),
              R"({"id":7,"name":"****","email":"ada@a.com","note":"****"})");
    EXPECT_EQ(after(Encoded(users(), options)(insert(Bytes().integer(1, 7)))),
              R"({"id":7,"name":"****","email":null,"note":"****"})");
}

TEST(Shape, an_old_row_that_tells_only_the_key_shows_no_mask) {
    Encoded encode(users(), with_rule(ColumnChange::kMask, "shop.users.name", 4));
    const Bytes key = Bytes().integer(1, 7);
    ChangeFrame change = update(BeforeImage::kKey, key, key);
    change.operation = Operation::kDelete;
    change.has_after = false;
    EXPECT_NE(encode(change)[0].value->find(R"("before":{"id":7,"name":null,)"), std::string::npos);
}

TEST(Shape, a_hash_is_salted_and_cut_to_the_column) {
    const auto whole = with_rule(ColumnChange::kHash, "shop.users.name", 0);
    EXPECT_EQ(after(Encoded(users(),
                            whole)(insert(Bytes().integer(1, 7).text(2, "Ada \xF0\x9F\x98\x80")))),
              R"({"id":7,"name":")"
              "3ec55d7096d7d1e2814a9c247f768b95"
              "0b53c2b091b538d25388da064fd543d2"
              R"(","email":null,"note":null})");
    const auto cut = with_rule(ColumnChange::kHash, "shop.users.email", 0);
    EXPECT_EQ(after(Encoded(users(), cut)(insert(ada()))).size(),
              after(Encoded(users())(insert(ada()))).size() + 1);
}

TEST(Shape, the_older_hash_is_of_what_java_serializes) {
    ShapeOptions options;
    options.hash_salt = "salt";
    options.hash_input = HashInput::kJavaSerialized;
    ValueChanger changer(options);
    FieldRule rule;
    rule.change = ColumnChange::kHash;
    EXPECT_EQ(changer.apply(rule, "Ada \xF0\x9F\x98\x80"),
              "4d4f1418f8123f091716d0697c83d43a"
              "7a386871428d7cf79c09ec5aeaa96c86");
}

TEST(Shape, a_cut_counts_as_java_does_and_never_halves_a_character) {
    EXPECT_EQ(first_units("abc", 2), "ab");
    EXPECT_EQ(first_units("abc", 3), "abc");
    EXPECT_EQ(first_units("\xC3\xA4\xC3\xB6\xC3\xBC", 2), "\xC3\xA4\xC3\xB6");
    EXPECT_EQ(first_units("a\xF0\x9F\x98\x80"
                          "b",
                          2),
              "a");
    EXPECT_EQ(first_units("a\xF0\x9F\x98\x80"
                          "b",
                          3),
              "a\xF0\x9F\x98\x80");
}

TEST(Shape, a_changed_key_column_keeps_its_value_in_the_key) {
    const Table table = Table("shop", "users")
                            .column("email", text())
                            .column("name", text())
                            .primary_key({"email"});
    Encoded encode(table, with_rule(ColumnChange::kTruncate, "shop.users.email", 1));
    const auto records = encode(insert(Bytes().text(1, "a@b").text(2, "Ada")));
    EXPECT_EQ(records[0].key, R"({"email":"a@b"})");
    EXPECT_EQ(after(records), R"({"email":"a","name":"Ada"})");
}

TEST(Shape, what_cannot_be_changed_is_refused_by_name) {
    const Encoded number(users(), with_rule(ColumnChange::kMask, "shop.users.id", 3));
    ASSERT_FALSE(number.prepared());
    EXPECT_EQ(number.prepared().error().name, ErrorName::kConfigurationInvalid);
    EXPECT_NE(number.prepared().error().message.find("\"shop.users.id\""), std::string::npos);
    EncodeOptions protobuf;
    protobuf.format = ValueFormat::kProtobuf;
    protobuf.shape.column_exclude = {"shop.users.id"};
    EXPECT_FALSE(Encoded(users(), protobuf).prepared());
}

TEST(Shape, an_unchanged_value_stays_unchanged) {
    Encoded encode(users(), with_rule(ColumnChange::kHash, "shop.users.name", 0));
    const Bytes row = Bytes().integer(1, 7);
    ChangeFrame change = update(row);
    const std::uint32_t unchanged[] = {2};
    change.unchanged = unchanged;
    EXPECT_NE(after(encode(change)).find(R"("name":"__debezium_unavailable_value")"),
              std::string::npos);
}

TEST(Shape, protobuf_values_are_written_anew_without_the_column) {
    EncodeOptions options;
    options.format = ValueFormat::kProtobuf;
    options.shape.column_exclude = {"shop.users.name"};
    Encoded encode(users(), options);
    const auto records = encode(insert(ada()));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].value->find("Ada"), std::string::npos);
    EXPECT_NE(records[0].value->find("ada@a.com"), std::string::npos);
}

TEST(Shape, schemas_tell_of_masks_and_of_the_source_type) {
    EncodeOptions options = with_rule(ColumnChange::kMask, "shop.users.name", 4);
    options.schemas_enable = true;
    options.shape.source_type = {"shop.users.email"};
    const auto records = Encoded(users(), options)(insert(ada()));
    EXPECT_NE(records[0].value->find(R"("parameters":{"masked":"true"},"field":"name")"),
              std::string::npos);
    EXPECT_NE(records[0].value->find(
                  R"("parameters":{"__debezium.source.column.type":"VARCHAR",)"
                  R"("__debezium.source.column.length":"10","__debezium.source.column.scale":"0",)"
                  R"("__debezium.source.column.name":"email"},"field":"email")"),
              std::string::npos);
}

TEST(Shape, what_becomes_of_a_value_without_a_place_is_chosen_per_table) {
    EncodeOptions options;
    options.null_unrepresentable = {"shop\\.prices"};
    const Bytes row = Bytes().text(1, "NaN");
    const auto table = [](const char* name) { return Table("shop", name).column("n", numeric()); };
    EXPECT_EQ(after(Encoded(table("prices"), options)(insert(row))), R"({"n":null})");
    Encoded other(table("costs"), options);
    other(insert(row));
    ASSERT_FALSE(other.status());
    EXPECT_EQ(other.status().error().name, ErrorName::kMarkedValue);
}

TEST(Shape, a_record_that_is_too_large_leaves_a_note_where_that_is_chosen) {
    EncodeOptions options;
    options.skip_too_large = {"shop\\.users"};
    TopicRoute route{7, 1};
    route.message_bytes_max = 1000;
    Encoded encode(users(), options, route);
    EXPECT_EQ(encode.encoder().topics().at(0).name, "g.__penstock_skipped");
    ASSERT_TRUE(encode.encoder().route("g.__penstock_skipped", {9, 1}));
    EXPECT_EQ(encode(insert(Bytes().integer(1, 7))).at(0).topic, 7U);
    const Bytes large = Bytes().integer(1, 7).text(2, std::string(2000, 'x'));
    const auto notes = encode(insert(large));
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].topic, 9U);
    EXPECT_EQ(notes[0].key, R"({"id":7})");
    EXPECT_EQ(notes[0].value->find("xxx"), std::string::npos);
    EXPECT_NE(notes[0].value->find(R"("reason":"record_too_large","lsn":46178232,"ordinal":0)"),
              std::string::npos);
}

TEST(Shape, keys_are_chosen_by_patterns) {
    EncodeOptions options;
    options.key_columns = {{".*\\.users", {"name"}}};
    const auto table = users().identity(ReplicaIdentity::kFull);
    EXPECT_EQ(Encoded(table, options)(insert(ada()))[0].key, R"({"name":"Ada"})");
    options.key_columns = {{"users(", {"name"}}};
    EXPECT_FALSE(make_encoder(options));
}

}  // namespace
}  // namespace penstock::test
