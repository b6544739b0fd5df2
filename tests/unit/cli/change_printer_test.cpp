#include "cli/change_printer.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::string_literals;

RelationFrame orders(ReplicaIdentity identity) {
    auto relation = std::make_shared<Relation>();
    relation->id = 1;
    relation->schema = "shop";
    relation->name = "Orders";
    relation->replica_identity = identity;
    Column id;
    id.attnum = 1;
    id.name = "id";
    id.kind = ValueKind::kInt32;
    id.replica_key_position = 1;
    id.primary_key_position = 1;
    Column note;
    note.attnum = 2;
    note.name = "note";
    note.kind = ValueKind::kString;
    relation->columns = {id, note};
    return {relation};
}

const std::string kRow1 =
    "\x08\x02\x12\x01"
    "a"s;  // id = 1, note = 'a'
const std::string kRow2 =
    "\x08\x02\x12\x01"
    "b"s;                               // id = 1, note = 'b'
const std::string kKey2 = "\x08\x04"s;  // id = 2

std::string printed(const Frame& frame, ReplicaIdentity identity = ReplicaIdentity::kFull) {
    ChangePrinter printer(plain_palette());
    std::string out;
    EXPECT_TRUE(printer.print(orders(identity), out));
    EXPECT_TRUE(printer.print(frame, out));
    return out;
}

ChangeFrame change_of(Operation operation) {
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = operation;
    return change;
}

TEST(ChangePrinter, shows_an_insert_with_nulls) {
    ChangeFrame insert = change_of(Operation::kInsert);
    insert.has_after = true;
    insert.after = kKey2;
    EXPECT_EQ(printed(insert), "INSERT  shop.\"Orders\"  id=2  note=null\n");
}

TEST(ChangePrinter, shows_what_an_update_changed) {
    ChangeFrame update = change_of(Operation::kUpdate);
    update.has_before = update.has_after = true;
    update.before_image = BeforeImage::kFull;
    update.before = kRow1;
    update.after = kRow2;
    EXPECT_EQ(printed(update), "UPDATE  shop.\"Orders\"  id=1  note='a' -> 'b'\n");
}

TEST(ChangePrinter, shows_a_changed_key_and_the_rest_of_the_new_row) {
    ChangeFrame update = change_of(Operation::kUpdate);
    update.has_before = update.has_after = true;
    update.before_image = BeforeImage::kKey;
    update.before = kKey2;
    update.after = kRow1;
    EXPECT_EQ(printed(update, ReplicaIdentity::kDefault),
              "UPDATE  shop.\"Orders\"  id=2 -> 1  note='a'\n");
}

TEST(ChangePrinter, tells_unchanged_and_marked_from_null) {
    const std::uint32_t unchanged[] = {2};
    ChangeFrame update = change_of(Operation::kUpdate);
    update.has_after = true;
    update.after = kKey2;
    update.unchanged = unchanged;
    EXPECT_EQ(printed(update), "UPDATE  shop.\"Orders\"  id=2  note=(unchanged)\n");
    const MarkedValue marked[] = {{2, false, MarkReason::kOversize, {}}};
    update.unchanged = {};
    update.marked = marked;
    EXPECT_EQ(printed(update), "UPDATE  shop.\"Orders\"  id=2  note=(too large)\n");
}

TEST(ChangePrinter, shows_of_a_deleted_row_what_the_table_logs) {
    ChangeFrame del = change_of(Operation::kDelete);
    del.has_before = true;
    del.before_image = BeforeImage::kKey;
    del.before = kKey2;
    EXPECT_EQ(printed(del, ReplicaIdentity::kDefault), "DELETE  shop.\"Orders\"  id=2\n");
    EXPECT_EQ(printed(change_of(Operation::kDelete), ReplicaIdentity::kNothing),
              "DELETE  shop.\"Orders\"  (the table logs no old row)\n");
}

TEST(ChangePrinter, shows_transactions_truncates_and_messages) {
    BeginFrame begin;
    begin.xid = Xid{7};
    begin.commit_time_us = 1'500'000;
    EXPECT_EQ(printed(begin), "BEGIN 7  1970-01-01T00:00:01.500000Z\n");
    EXPECT_EQ(printed(CommitFrame{Lsn{0x10}, 1, 1}), "COMMIT  0/10  1 change\n");
    const std::uint32_t ids[] = {1};
    TruncateFrame truncate;
    truncate.relation_ids = ids;
    truncate.cascade = true;
    EXPECT_EQ(printed(truncate), "TRUNCATE  shop.\"Orders\"  cascade\n");
    MessageFrame message;
    message.prefix = "p\x1b";
    message.content = "c";
    EXPECT_EQ(printed(message), "MESSAGE  p\\x1b  'c'  (outside of a transaction)\n");
}

TEST(ChangePrinter, refuses_changes_of_tables_it_was_not_told_of) {
    ChangePrinter printer(plain_palette());
    std::string out;
    const auto done = printer.print(change_of(Operation::kDelete), out);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().name, ErrorName::kRelationUnknown);
}

TEST(ChangePrinter, colours_only_with_a_palette_of_colours) {
    ChangePrinter printer(colour_palette());
    std::string out;
    ASSERT_TRUE(printer.print(CommitFrame{Lsn{0x10}, 2, 2}, out));
    EXPECT_EQ(out, "\x1b[2mCOMMIT  0/10  2 changes\x1b[0m\n");
}

}  // namespace
}  // namespace penstock
