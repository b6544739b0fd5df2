// protobuf records, read back by the real protobuf library.
#include <random>

#include <gtest/gtest.h>

#include "proto/penstock.pb.h"
#include "proto/record.pb.h"
#include "unit/encode/encoded.hpp"

namespace penstock::test {
namespace {

EncodeOptions protobuf() {
    EncodeOptions options;
    options.format = ValueFormat::kProtobuf;
    return options;
}

Table orders() {
    return Table("shop", "orders")
        .column("id", int8())
        .column("region", text())
        .column("note", text())
        .primary_key({"region", "id"})
        .identity(ReplicaIdentity::kFull);
}

// A change whose bytes are made by the library, and the frame that views them.
struct Wire {
    v1::Change message;
    std::string bytes;
    ChangeFrame frame;

    void seal(Operation operation) {
        message.set_op(static_cast<v1::Operation>(operation));
        bytes = message.SerializeAsString();
        frame.relation_id = 1;
        frame.operation = operation;
        frame.before_image = static_cast<BeforeImage>(message.before_image());
        frame.has_before = message.has_before();
        frame.has_after = message.has_after();
        frame.before = message.before();
        frame.after = message.after();
        frame.change = bytes;
    }
};

v1::Record parse(const EncodedRecord& record) {
    v1::Record parsed;
    EXPECT_TRUE(parsed.ParseFromString(record.value.value()));
    return parsed;
}

TEST(ProtobufRaw, forwards_the_change_and_says_where_it_comes_from) {
    Encoded encode(orders(), protobuf());
    Wire wire;
    wire.message.set_after(Bytes().integer(1, 5).text(2, "eu").text(3, "n").get());
    wire.seal(Operation::kInsert);
    const auto records = encode(wire.frame);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].value->substr(0, wire.bytes.size()), wire.bytes);
    EXPECT_EQ(records[0].key, Bytes().integer(1, 5).text(2, "eu").get());
    const v1::Record record = parse(records[0]);
    EXPECT_EQ(record.op(), v1::RECORD_INSERT);
    EXPECT_EQ(record.after(), wire.message.after());
    EXPECT_EQ(record.published_time_ns(), 1795233405324407954);
    EXPECT_EQ(record.source().server(), "g");
    EXPECT_EQ(record.source().database(), "gold");
    EXPECT_EQ(record.source().schema(), "shop");
    EXPECT_EQ(record.source().table(), "orders");
    EXPECT_EQ(record.source().xid(), 1473U);
    EXPECT_EQ(record.source().commit_lsn(), 46178500U);
    EXPECT_EQ(record.source().commit_time_us(), 1795233405296334);
    EXPECT_EQ(record.source().lsn(), 46178232U);
    EXPECT_EQ(record.source().ordinal(), 0U);
}

TEST(ProtobufRaw, a_key_change_is_a_delete_a_tombstone_and_a_create) {
    Encoded encode(orders(), protobuf());
    Wire wire;
    // region and note were left out of the old row for being the same; the new note is unchanged
    // TOAST, so the full old row has it.
    wire.message.set_before(Bytes().integer(1, 5).text(3, "big").get());
    wire.message.set_after(Bytes().integer(1, 6).text(2, "eu").get());
    wire.message.set_before_image(v1::FULL);
    wire.seal(Operation::kUpdate);
    const std::vector<std::uint32_t> same = {2};
    const std::vector<std::uint32_t> unchanged = {3};
    wire.frame.same_as_after = same;
    wire.frame.unchanged = unchanged;
    const auto records = encode(wire.frame);
    ASSERT_EQ(records.size(), 3U);
    const std::string old_key = Bytes().integer(1, 5).text(2, "eu").get();
    const std::string new_key = Bytes().integer(1, 6).text(2, "eu").get();
    EXPECT_EQ(records[0].key, old_key);
    EXPECT_EQ(records[1].key, old_key);
    EXPECT_EQ(records[1].value, std::nullopt);
    EXPECT_EQ(records[2].key, new_key);
    using Headers = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(records[0].headers, (Headers{{"__debezium.newkey", new_key}}));
    EXPECT_EQ(records[2].headers, (Headers{{"__debezium.oldkey", old_key}}));
    const v1::Record deleted = parse(records[0]);
    EXPECT_EQ(deleted.op(), v1::RECORD_DELETE);
    EXPECT_EQ(deleted.before(), Bytes().integer(1, 5).text(3, "big").text(2, "eu").get());
    EXPECT_FALSE(deleted.has_after());
    const v1::Record created = parse(records[2]);
    EXPECT_EQ(created.op(), v1::RECORD_INSERT);
    EXPECT_EQ(created.after(), Bytes().integer(1, 6).text(2, "eu").text(3, "big").get());
    EXPECT_EQ(created.unchanged_size(), 0);
}

TEST(ProtobufRaw, a_key_is_the_same_bytes_in_whatever_order_the_row_has_its_fields) {
    Encoded encode(orders(), protobuf(), {7, 9});
    Wire wire;
    wire.message.set_after(Bytes().text(2, "eu").text(3, "n").integer(1, 5).get());
    wire.seal(Operation::kInsert);
    const auto shuffled = encode(wire.frame);
    wire.message.set_after(Bytes().integer(1, 5).text(2, "eu").text(3, "n").get());
    wire.seal(Operation::kInsert);
    const auto ordered = encode(wire.frame);
    EXPECT_EQ(shuffled[0].key, ordered[0].key);
    EXPECT_EQ(shuffled[0].partition, ordered[0].partition);
}

TEST(ProtobufRaw, a_null_in_a_key_is_no_field) {
    Encoded encode(orders(), protobuf());
    for (const std::string& row : {Bytes().integer(1, 5).get(), Bytes().text(2, "eu").get()}) {
        Wire wire;
        wire.message.set_after(row);
        wire.seal(Operation::kInsert);
        EXPECT_EQ(encode(wire.frame).at(0).key, row);
    }
}

TEST(ProtobufRaw, bytes_that_are_no_row_are_named) {
    Encoded encode(orders(), protobuf());
    Wire wire;
    wire.message.set_after(std::string("\x12\x7f"));
    wire.seal(Operation::kInsert);
    EXPECT_TRUE(encode(wire.frame).empty());
    EXPECT_EQ(encode.status().error().name, ErrorName::kFrameInvalid);
}

TEST(ProtobufRaw, random_changes_come_back_as_they_were) {
    std::mt19937_64 random(20240229);
    Encoded encode(orders(), protobuf());
    for (int round = 0; round < 500; ++round) {
        Wire wire;
        const auto row = [&] {
            std::string note(random() % 300, '\0');
            for (char& c : note) c = static_cast<char>(random());
            return Bytes()
                .integer(1, static_cast<std::int64_t>(random()))
                .text(2, "r" + std::to_string(random() % 7))
                .text(3, note)
                .get();
        };
        const bool deleted = random() % 2 == 0;
        if (deleted) {
            wire.message.set_before(row());
            wire.message.set_before_image(v1::FULL);
        } else {
            wire.message.set_after(row());
        }
        wire.seal(deleted ? Operation::kDelete : Operation::kInsert);
        const auto records = encode(wire.frame);
        ASSERT_EQ(records.size(), deleted ? 2U : 1U);
        const v1::Record record = parse(records[0]);
        EXPECT_EQ(static_cast<int>(record.op()), static_cast<int>(wire.message.op()));
        EXPECT_EQ(record.has_before(), wire.message.has_before());
        EXPECT_EQ(record.before(), wire.message.before());
        EXPECT_EQ(record.after(), wire.message.after());
        EXPECT_EQ(static_cast<int>(record.before_image()),
                  static_cast<int>(wire.message.before_image()));
    }
}

}  // namespace
}  // namespace penstock::test
