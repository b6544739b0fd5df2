// Keys, partitions, topics and what each replica identity lets a change say.
#include <gtest/gtest.h>

#include "encode/murmur2.hpp"
#include "encode/record_key.hpp"
#include "encode/topic_name.hpp"
#include "unit/encode/encoded.hpp"
#include "unit/encode/golden.hpp"

namespace penstock::test {
namespace {

std::vector<std::string> key_names(const Table& table, const EncodeOptions& options = {}) {
    const auto relation = table.build();
    const auto choice = choose_key(*relation, options);
    std::vector<std::string> names;
    for (const std::uint16_t index : choice.value().columns) {
        names.push_back(relation->columns[index].name);
    }
    return names;
}

Table two_keys() {
    return Table("ident", "idx")
        .column("id", int4())
        .column("code", text(), true)
        .column("a", text())
        .column("b", int4(), true)
        .primary_key({"id"})
        .unique({"code"});
}

TEST(Murmur2, equals_kafkas_own_vectors) {
    const auto hash = [](std::string_view key) { return static_cast<std::int32_t>(murmur2(key)); };
    EXPECT_EQ(hash("21"), -973932308);
    EXPECT_EQ(hash("foobar"), -790332482);
    EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
    EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
    EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
    EXPECT_EQ(hash("abc"), 479470107);
}

TEST(Murmur2, a_partition_is_never_negative) {
    for (int i = 0; i < 1000; ++i) {
        const std::int32_t partition = partition_of("key" + std::to_string(i), 7);
        EXPECT_GE(partition, 0);
        EXPECT_LT(partition, 7);
    }
}

TEST(TopicName, debeziums_rule_replaces_and_may_collide) {
    EXPECT_EQ(debezium_topic_name("g", "Names Mixed", "Camel"), "g.Names_Mixed.Camel");
    EXPECT_EQ(debezium_topic_name("g", "names", "with space"), "g.names.with_space");
    EXPECT_EQ(debezium_topic_name("g", "names", "hy-phen"), "g.names.hy-phen");
    EXPECT_EQ(debezium_topic_name("g", "s", "\xC3\xA9"), "g.s._");
    EXPECT_EQ(debezium_topic_name("g", "s", "\xF0\x9F\x98\x80"), "g.s.__");
    EXPECT_EQ(debezium_topic_name("g", "s", std::string(300, 'x')).size(), 249U);
}

TEST(TopicName, our_rule_keeps_different_tables_apart) {
    EXPECT_EQ(*injective_topic_name("g", "public", "my_table"), "g.public.my_table");
    EXPECT_EQ(*injective_topic_name("g", "public", "a b"), "g.public.a_x20b");
    EXPECT_EQ(*injective_topic_name("g", "public", "a_x20b"), "g.public.a_x5Fx20b");
    EXPECT_EQ(*injective_topic_name("g", "a.b", "c"), "g.a_x2Eb.c");
    EXPECT_EQ(*injective_topic_name("g", "a", "b.c"), "g.a.b_x2Ec");
    const auto long_name = injective_topic_name("g", "s", std::string(300, 'x'));
    ASSERT_FALSE(long_name);
    EXPECT_EQ(long_name.error().name, ErrorName::kTopicName);
}

TEST(RecordKey, follows_chosen_index_primary_unique_in_this_order) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(key_names(two_keys()), Names{"id"});
    EXPECT_EQ(key_names(two_keys().identity(ReplicaIdentity::kIndex, {"code"})), Names{"code"});
    EXPECT_EQ(key_names(two_keys().identity(ReplicaIdentity::kFull)), Names{"id"});
    EXPECT_EQ(key_names(two_keys().identity(ReplicaIdentity::kNothing)), Names{"id"});
    EXPECT_EQ(key_names(Table("s", "t").column("code", text()).unique({"code"})), Names{"code"});
    EXPECT_EQ(key_names(Table("s", "t").column("a", text())), Names{});
    EncodeOptions options;
    options.key_columns = {{"ident\\.idx", {"b", "a"}}};
    EXPECT_EQ(key_names(two_keys().identity(ReplicaIdentity::kFull), options), (Names{"b", "a"}));
}

TEST(RecordKey, an_identity_without_a_key_column_is_refused_at_the_relation) {
    EncodeOptions options;
    options.key_columns = {{"ident\\.idx", {"b"}}};
    const auto refused = choose_key(*two_keys().build(), options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kIdentityInsufficient);
    EXPECT_NE(refused.error().detail.find("\"b\""), std::string::npos);
    options.key_columns = {{"ident\\.idx", {"none"}}};
    EXPECT_EQ(choose_key(*two_keys().build(), options).error().name,
              ErrorName::kConfigurationInvalid);
}

TEST(Identity, a_key_change_is_three_records_with_headers) {
    Encoded encode(Table("ident", "pk2")
                       .column("x", int4())
                       .column("y", text())
                       .column("v", text())
                       .primary_key({"y", "x"}));
    const Bytes before = Bytes().integer(1, 1).text(2, "k");
    const Bytes after = Bytes().integer(1, 1).text(2, "k2").text(3, "w");
    const auto records = encode(update(BeforeImage::kKey, before, after));
    const auto golden = golden_records("open/json", "g.ident.pk2");
    ASSERT_EQ(records.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(records[i].key, golden[3 + i].key);
        EXPECT_EQ(records[i].headers, golden[3 + i].headers);
    }
    EXPECT_EQ(records[0].images(), golden_images("open/json", "g.ident.pk2", 3));
    EXPECT_EQ(records[1].value, std::nullopt);
    EXPECT_EQ(records[2].images(), golden_images("open/json", "g.ident.pk2", 5));
}

TEST(Identity, full_identity_shows_both_images_and_finds_the_key_change) {
    Encoded encode(Table("ident", "full_pk")
                       .column("id", int4())
                       .column("a", text())
                       .column("b", int4(), true)
                       .primary_key({"id"})
                       .identity(ReplicaIdentity::kFull));
    const Bytes old_row = Bytes().integer(1, 10).text(2, "a").integer(3, 1);
    const Bytes new_row = Bytes().integer(1, 10).text(2, "b").integer(3, 1);
    const auto updated = encode(update(BeforeImage::kFull, old_row, new_row));
    ASSERT_EQ(updated.size(), 1U);
    EXPECT_EQ(updated[0].images(), golden_images("open/json", "g.ident.full_pk", 3));
    const Bytes from = Bytes().integer(1, 11).text(2, "a").integer(3, 2);
    const Bytes to = Bytes().integer(1, 110).text(2, "a").integer(3, 2);
    const auto moved = encode(update(BeforeImage::kFull, from, to));
    ASSERT_EQ(moved.size(), 3U);
    EXPECT_EQ(moved[0].images(), golden_images("open/json", "g.ident.full_pk", 4));
    EXPECT_EQ(moved[2].images(), golden_images("open/json", "g.ident.full_pk", 6));
}

TEST(Identity, an_index_identity_is_the_key_so_a_delete_names_its_record) {
    Encoded encode(two_keys().identity(ReplicaIdentity::kIndex, {"code"}));
    const auto records = encode(remove(BeforeImage::kKey, Bytes().text(2, "c10b")));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].key, "{\"code\":\"c10b\"}");
    EXPECT_EQ(records[0].images(),
              "{\"before\":{\"id\":null,\"code\":\"c10b\",\"a\":null,\"b\":null},\"after\":null,");
}

TEST(Identity, a_table_without_old_rows_takes_inserts_and_stops_at_the_first_change) {
    const Table table = Table("ident", "nothing")
                            .column("id", int4())
                            .column("a", text())
                            .primary_key({"id"})
                            .identity(ReplicaIdentity::kNothing);
    Encoded encode(table);
    const Bytes row = Bytes().integer(1, 10).text(2, "a");
    EXPECT_EQ(encode(insert(row))[0].key, "{\"id\":10}");
    EXPECT_TRUE(encode(update(row)).empty());
    ASSERT_FALSE(encode.status());
    EXPECT_EQ(encode.status().error().name, ErrorName::kIdentityInsufficient);

    EncodeOptions options;
    options.no_identity = NoIdentity::kPublish;
    Encoded publish(table, options);
    const auto records = publish(update(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, std::nullopt);
    EXPECT_EQ(records[0].images(), "{\"before\":null,\"after\":{\"id\":10,\"a\":\"a\"},");
}

TEST(Identity, rows_without_key_have_a_null_key_and_one_partition) {
    const Table table = Table("ident", "full_nopk")
                            .column("id", int4())
                            .column("a", text())
                            .identity(ReplicaIdentity::kFull);
    Encoded encode(table, {}, {7, 5});
    const auto first = encode(insert(Bytes().integer(1, 10).text(2, "a")));
    const auto second = encode(insert(Bytes().integer(1, 77).text(2, "b")));
    EXPECT_EQ(first[0].key, std::nullopt);
    EXPECT_EQ(first[0].partition, second[0].partition);
    const auto deleted = encode(remove(BeforeImage::kFull, Bytes().integer(1, 10).text(2, "a")));
    ASSERT_EQ(deleted.size(), 2U);
    EXPECT_EQ(deleted[0].images(), golden_images("open/json", "g.ident.full_nopk", 4));
    EXPECT_EQ(deleted[1].key, std::nullopt);
}

TEST(Identity, the_partition_is_that_of_kafkas_own_producer) {
    Encoded encode(Table("s", "t").column("id", int4()).primary_key({"id"}), {}, {7, 12});
    for (int id = 0; id < 50; ++id) {
        const auto records = encode(insert(Bytes().integer(1, id)));
        EXPECT_EQ(records[0].partition,
                  static_cast<std::int32_t>((murmur2(*records[0].key) & 0x7FFFFFFFU) % 12U));
    }
}

Table toast() {
    return Table("toast", "t")
        .column("id", int4())
        .column("n", int4())
        .column("t", text())
        .column("v", text())
        .column("jb", jsonb())
        .column("j", jsonb())
        .column("ba", bytea())
        .column("ta", text().array_of())
        .column("ia", int4().array_of())
        .column("num", numeric())
        .column("i8a", int8().array_of())
        .column("t_nn", text(), true)
        .primary_key({"id"});
}

TEST(UnchangedToast, holds_the_placeholder_where_the_type_can) {
    EncodeOptions options;
    options.unrepresentable = UnrepresentableValues::kNull;
    Encoded encode(toast(), options);
    const Bytes row = Bytes().integer(1, 10).integer(2, 2);
    const std::vector<std::uint32_t> unchanged = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    ChangeFrame change = update(row);
    change.unchanged = unchanged;
    EXPECT_EQ(encode(change)[0].images(), golden_images("open/json", "g.toast.t", 1));
    Encoded stops(toast());
    EXPECT_TRUE(stops(change).empty());
    EXPECT_EQ(stops.status().error().name, ErrorName::kMarkedValue);
}

TEST(UnchangedToast, is_filled_from_a_full_old_row) {
    Encoded encode(toast().identity(ReplicaIdentity::kFull));
    const Bytes before =
        Bytes().integer(1, 10).integer(2, 1).text(3, "big").text(10, "1.5").text(12, "nn");
    const Bytes after = Bytes().integer(1, 10).integer(2, 2);
    const std::vector<std::uint32_t> unchanged = {3, 10, 12};
    ChangeFrame change = update(BeforeImage::kFull, before, after);
    change.unchanged = unchanged;
    const std::string images = encode(change)[0].images();
    const std::string new_row = images.substr(images.find("\"after\""));
    EXPECT_NE(new_row.find("\"n\":2,\"t\":\"big\""), std::string::npos);
    EXPECT_NE(new_row.find("\"num\":{\"scale\":1,\"value\":\"Dw==\"}"), std::string::npos);
    EXPECT_NE(new_row.find("\"t_nn\":\"nn\""), std::string::npos);
}

TEST(OldRow, takes_what_was_left_out_because_it_is_the_same_in_the_new_one) {
    Encoded encode(Table("s", "t")
                       .column("id", int4())
                       .column("a", text())
                       .column("b", text())
                       .primary_key({"id"})
                       .identity(ReplicaIdentity::kFull));
    const Bytes before = Bytes().text(3, "old");
    const Bytes after = Bytes().integer(1, 1).text(2, "same").text(3, "new");
    const std::vector<std::uint32_t> same = {1, 2};
    ChangeFrame change = update(BeforeImage::kFull, before, after);
    change.same_as_after = same;
    const auto records = encode(change);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].images(),
              "{\"before\":{\"id\":1,\"a\":\"same\",\"b\":\"old\"},"
              "\"after\":{\"id\":1,\"a\":\"same\",\"b\":\"new\"},");
}

TEST(Truncate, is_skipped_unless_asked_for) {
    const Table table = Table("trunc", "a").column("id", int4()).primary_key({"id"});
    const BeginFrame begin = some_transaction();
    RowContext context;
    context.transaction = &begin;
    Encoded skips(table);
    ASSERT_TRUE(skips.encoder().encode_truncate(1, {}, context, skips.buffer()));
    EXPECT_TRUE(skips.take_apart().empty());
    EncodeOptions options;
    options.truncates = true;
    Encoded encode(table, options);
    ASSERT_TRUE(encode.encoder().encode_truncate(1, {}, context, encode.buffer()));
    const auto records = encode.take_apart();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, std::nullopt);
    EXPECT_EQ(records[0].images(), golden_images("open/json", "g.trunc.a", 1));
}

}  // namespace
}  // namespace penstock::test
