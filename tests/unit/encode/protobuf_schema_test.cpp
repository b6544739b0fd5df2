// Published .proto files, compiled by protoc, and records read by what they say.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include "encode/protobuf_name.hpp"
#include "proto/penstock.pb.h"
#include "unit/encode/encoded.hpp"

namespace penstock::test {
namespace {

namespace pb = google::protobuf;

// What protoc makes of a file; says what it complains of.
pb::FileDescriptorSet compiled(const std::string& text) {
    std::string folder = testing::TempDir() + "penstock_schema_XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    const std::filesystem::path home(folder);
    std::ofstream(home / "schema.proto") << text;
    const std::string command = "protoc -I" + home.string() +
                                " --descriptor_set_out=" + (home / "set").string() +
                                " schema.proto 2>&1";
    std::string said;
    FILE* const pipe = popen(command.c_str(), "r");
    char buffer[512];
    while (fgets(buffer, sizeof(buffer), pipe) != nullptr) said += buffer;
    EXPECT_EQ(pclose(pipe), 0) << said << text;
    pb::FileDescriptorSet set;
    std::ifstream input(home / "set", std::ios::binary);
    EXPECT_TRUE(set.ParseFromIstream(&input));
    std::filesystem::remove_all(home);
    return set;
}

// A schema as a reader has it.
class Schema {
public:
    explicit Schema(const std::string& text) : file_(pool_.BuildFile(compiled(text).file(0))) {}
    const pb::FileDescriptor& file() const { return *file_; }
    const pb::Descriptor& message() const { return *file_->message_type(0); }
    const pb::Descriptor& row() const { return *message().FindNestedTypeByName("Row"); }

    // In protobuf's text form, on one line; fails where a field is unknown to the schema.
    std::string print(std::string_view bytes) {
        std::unique_ptr<pb::Message> parsed(factory_.GetPrototype(&message())->New());
        EXPECT_TRUE(parsed->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        pb::TextFormat::Printer printer;
        printer.SetSingleLineMode(true);
        std::string text;
        EXPECT_TRUE(printer.PrintToString(*parsed, &text));
        return text;
    }

private:
    pb::DescriptorPool pool_;
    pb::DynamicMessageFactory factory_;
    const pb::FileDescriptor* file_;
};

EncodeOptions registered(SchemaFraming framing) {
    EncodeOptions options;
    options.format = ValueFormat::kProtobuf;
    options.framing = framing;
    options.publish_schemas = true;
    return options;
}

Table orders() {
    return Table("shop", "orders").column("id", int8()).column("note", text()).primary_key({"id"});
}

std::vector<SchemaText> schemas_of(Encoded& encode, const Table& table) {
    return encode.encoder().schemas_of(*table.build());
}

ChangeFrame inserted(const std::string& after, std::string& bytes) {
    v1::Change message;
    message.set_op(v1::INSERT);
    message.set_after(after);
    bytes = message.SerializeAsString();
    ChangeFrame frame;
    frame.relation_id = 1;
    frame.operation = Operation::kInsert;
    frame.has_after = true;
    frame.after = after;
    frame.change = bytes;
    return frame;
}

const TopicRoute kRoute{7, 1, {5, 258}};
const std::string kKeyFrame("\0\0\0\0\5\0", 6);
const std::string kValueFrame("\0\0\0\1\2\0", 6);

TEST(ProtobufSchema, one_file_per_subject_with_one_message_each) {
    Encoded encode(orders(), registered(SchemaFraming::kConfluent), kRoute);
    const auto schemas = schemas_of(encode, orders());
    ASSERT_EQ(schemas.size(), 2U);
    EXPECT_EQ(schemas[0].subject, "g.shop.orders-key");
    EXPECT_EQ(schemas[1].subject, "g.shop.orders-value");
    for (const SchemaText& schema : schemas) {
        EXPECT_EQ(schema.type, "PROTOBUF");
        const Schema read(schema.text);
        EXPECT_EQ(read.file().message_type_count(), 1);
        EXPECT_EQ(read.file().enum_type_count(), 0);
        EXPECT_EQ(read.file().dependency_count(), 0);
        EXPECT_EQ(read.file().package(), "g.shop.orders");
    }
}

TEST(ProtobufSchema, records_are_read_by_the_schema_behind_confluents_frame) {
    Encoded encode(orders(), registered(SchemaFraming::kConfluent), kRoute);
    const auto schemas = schemas_of(encode, orders());
    std::string bytes;
    const std::string row = Bytes().integer(1, -5).text(2, "n").get();
    const auto records = encode(inserted(row, bytes));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key->substr(0, 6), kKeyFrame);
    EXPECT_EQ(records[0].value->substr(0, 6), kValueFrame);
    EXPECT_EQ(Schema(schemas[0].text).print(records[0].key->substr(6)), "id: -5 ");
    const std::string value = Schema(schemas[1].text).print(records[0].value->substr(6));
    EXPECT_EQ(value.substr(0, value.find("source")), "op: INSERT after { id: -5 note: \"n\" } ");
    EXPECT_NE(value.find("xid: 1473"), value.npos);
    EXPECT_TRUE(records[0].headers.empty());
}

TEST(ProtobufSchema, a_header_tells_the_schema_and_the_bytes_are_bare) {
    Encoded encode(orders(), registered(SchemaFraming::kHeader), kRoute);
    std::string bytes;
    const std::string row = Bytes().integer(1, 5).get();
    const auto records = encode(inserted(row, bytes));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, Bytes().integer(1, 5).get());
    EXPECT_EQ(records[0].value->substr(0, bytes.size()), bytes);
    using Headers = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(records[0].headers,
              (Headers{{"__key_schema_id", kKeyFrame}, {"__value_schema_id", kValueFrame}}));
}

TEST(ProtobufSchema, bare_records_have_their_schemas_published_where_there_is_a_registry) {
    Encoded encode(orders(), registered(SchemaFraming::kNone), kRoute);
    EXPECT_EQ(schemas_of(encode, orders()).size(), 2U);
    std::string bytes;
    const std::string row = Bytes().integer(1, 5).get();
    const auto records = encode(inserted(row, bytes));
    EXPECT_EQ(records[0].value->substr(0, bytes.size()), bytes);
    EXPECT_TRUE(records[0].headers.empty());
    EncodeOptions without = registered(SchemaFraming::kNone);
    without.publish_schemas = false;
    Encoded alone(orders(), without);
    EXPECT_TRUE(schemas_of(alone, orders()).empty());
}

TEST(ProtobufSchema, stable_partitions_do_not_follow_the_schemas_id) {
    EncodeOptions options = registered(SchemaFraming::kConfluent);
    std::string bytes;
    const std::string row = Bytes().integer(1, 5).get();
    const auto partition_with = [&](std::uint32_t id) {
        Encoded encode(orders(), options, {7, 1000, {id, 2}});
        return encode(inserted(row, bytes))[0].partition;
    };
    EXPECT_NE(partition_with(5), partition_with(6));
    options.partitioner = Partitioner::kStable;
    EXPECT_EQ(partition_with(5), partition_with(6));
    Encoded bare(orders(), registered(SchemaFraming::kNone), {7, 1000, {}});
    EXPECT_EQ(bare(inserted(row, bytes))[0].partition, partition_with(5));
}

TEST(ProtobufSchema, table_without_a_key_has_the_values_schema_alone) {
    const Table log = Table("shop", "log").column("line", text()).identity(ReplicaIdentity::kFull);
    Encoded encode(log, registered(SchemaFraming::kConfluent), {7, 1, {258}});
    ASSERT_TRUE(encode.prepared()) << encode.prepared().error().message;
    EXPECT_EQ(schemas_of(encode, log).size(), 1U);
    std::string bytes;
    const auto records = encode(inserted(Bytes().text(1, "x").get(), bytes));
    EXPECT_EQ(records[0].key, std::nullopt);
    EXPECT_EQ(records[0].value->substr(0, 6), kValueFrame);
}

TEST(ProtobufSchema, ids_that_are_missing_are_a_bug) {
    Encoded encode(orders(), registered(SchemaFraming::kConfluent), {7, 1, {5}});
    ASSERT_FALSE(encode.prepared());
    EXPECT_EQ(encode.prepared().error().name, ErrorName::kBug);
}

TEST(ProtobufSchema, every_kind_has_a_type_and_its_unit_in_a_comment) {
    Table table = Table("shop", "kinds")
                      .column("id", int4())
                      .column("flag", bool_type())
                      .column("amount", numeric(10, 2))
                      .column("day", date())
                      .column("at", timestamptz())
                      .column("clock", time())
                      .column("span", interval())
                      .column("price", money())
                      .column("spans", interval().array_of())
                      .column("days", date().array_of())
                      .column("words", text().array_of())
                      .primary_key({"id"});
    Encoded encode(table, registered(SchemaFraming::kConfluent), kRoute);
    const std::string text = schemas_of(encode, table)[1].text;
    const Schema read(text);
    const pb::Descriptor& row = read.row();
    EXPECT_EQ(row.field_count(), 11);
    for (int i = 0; i < row.field_count(); ++i) EXPECT_TRUE(row.field(i)->has_presence());
    EXPECT_EQ(row.FindFieldByName("day")->type(), pb::FieldDescriptor::TYPE_SINT32);
    EXPECT_EQ(row.FindFieldByName("at")->type(), pb::FieldDescriptor::TYPE_SFIXED64);
    EXPECT_EQ(row.FindFieldByName("clock")->type(), pb::FieldDescriptor::TYPE_INT64);
    EXPECT_EQ(row.FindFieldByName("days")->message_type()->name(), "Sint32Array");
    EXPECT_EQ(row.FindFieldByName("spans")->message_type()->name(), "IntervalArray");
    for (const char* said :
         {"// numeric(10,2): all digits of the decimal", "// date: days since 1970-01-01; ",
          "// int4 not null\n", "// money: in the smallest unit of the currency, with 2 digits",
          "// timestamptz: microseconds since 1970-01-01 00:00:00 UTC; "}) {
        EXPECT_NE(text.find(said), text.npos) << said << "\n" << text;
    }
}

TEST(ProtobufSchema, columns_that_are_gone_are_reserved) {
    auto relation = std::make_shared<Relation>(*orders().build());
    relation->retired = {{2048, "old\nname"}, {3000, "note"}, {3001, "x"}, {3002, "x"}};
    Encoded encode(orders(), registered(SchemaFraming::kConfluent), kRoute);
    const std::string text = encode.encoder().schemas_of(*relation)[1].text;
    const Schema read(text);
    EXPECT_TRUE(read.row().IsReservedNumber(2048));
    EXPECT_TRUE(read.row().IsReservedNumber(3000));
    EXPECT_TRUE(read.row().IsReservedName("old_name"));
    EXPECT_TRUE(read.row().IsReservedName("x"));
    EXPECT_FALSE(read.row().IsReservedName("note"));  // A field has it.
}

TEST(ProtobufSchema, hostile_names_make_a_file_that_can_be_read) {
    Table table = Table("public", "a\nb\";}")
                      .column("1st", int4())
                      .column("user id", text())
                      .column("user_id", text())
                      .column("userId", text())
                      .column("*/ message X {", text())
                      .column("Interval", interval())
                      .column("optional", text())
                      .column("__", text())
                      .column("\xE2\x82\xAC", text())
                      .primary_key({"1st", "Interval"});
    Encoded encode(table, registered(SchemaFraming::kConfluent), kRoute);
    const auto schemas = schemas_of(encode, table);
    const Schema key(schemas[0].text);
    EXPECT_EQ(key.message().field_count(), 2);
    const Schema value(schemas[1].text);
    EXPECT_EQ(value.file().package(), "g.public.a_x0Ab_x22_x3B_x7D");
    EXPECT_EQ(value.file().options().java_package(), "g.public_.a_x0Ab_x22_x3B_x7D");
    EXPECT_EQ(value.row().FindFieldByNumber(1)->name(), "_1st");
    EXPECT_EQ(value.row().FindFieldByNumber(2)->name(), "user_id");
    EXPECT_EQ(value.row().FindFieldByNumber(3)->name(), "user_id_3");
    EXPECT_EQ(value.row().FindFieldByNumber(4)->name(), "userId_4");
    EXPECT_EQ(value.row().field_count(), 9);
}

// ---- other numbers than the catalog's ---------------------------------------------------------

// orders, with the numbers that a table of the same name had before.
std::shared_ptr<Relation> renumbered() {
    auto relation = std::make_shared<Relation>(*orders().build());
    relation->columns[0].number = 2048;
    relation->columns[1].number = 1;
    return relation;
}

TEST(ProtobufNumbers, rows_keys_and_lists_have_the_numbers_of_the_topic) {
    Encoded encode(orders(), registered(SchemaFraming::kNone));
    ASSERT_TRUE(encode.encoder().prepare(renumbered(), {7, 1}));
    Schema schema(encode.encoder().schemas_of(*renumbered())[1].text);
    Schema key(encode.encoder().schemas_of(*renumbered())[0].text);
    v1::Change message;
    message.set_op(v1::UPDATE);
    message.set_before_image(v1::FULL);
    message.set_before(Bytes().integer(1, 5).text(2, "old").get());
    message.set_after(Bytes().integer(1, 5).get());
    const std::string bytes = message.SerializeAsString();
    ChangeFrame frame;
    frame.relation_id = 1;
    frame.operation = Operation::kUpdate;
    frame.before_image = BeforeImage::kFull;
    frame.has_before = frame.has_after = true;
    frame.before = message.before();
    frame.after = message.after();
    frame.change = bytes;
    const std::vector<std::uint32_t> unchanged = {2};
    const std::vector<MarkedValue> marked = {{2, true, MarkReason::kNotConvertible, "raw"}};
    frame.unchanged = unchanged;
    frame.marked = marked;
    const auto records = encode(frame);
    ASSERT_EQ(records.size(), 1U) << encode.status().error().message;
    EXPECT_EQ(key.print(*records[0].key), "id: 5 ");
    const std::string value = schema.print(*records[0].value);
    EXPECT_EQ(value.substr(0, value.find("source")),
              "op: UPDATE before { note: \"old\" id: 5 } after { id: 5 } before_image: FULL "
              "unchanged: 1 marked: 65537 marked: 1 marked_raw: \"raw\" ");
}

TEST(ProtobufNumbers, a_field_that_is_no_column_is_refused) {
    Encoded encode(orders(), registered(SchemaFraming::kNone));
    ASSERT_TRUE(encode.encoder().prepare(renumbered(), {7, 1}));
    std::string bytes;
    EXPECT_TRUE(encode(inserted(Bytes().integer(1, 5).text(3, "x").get(), bytes)).empty());
    EXPECT_EQ(encode.status().error().name, ErrorName::kFrameInvalid);
}

TEST(ProtobufNumbers, a_key_change_has_them_too) {
    Encoded encode(orders(), registered(SchemaFraming::kNone));
    ASSERT_TRUE(encode.encoder().prepare(renumbered(), {7, 1}));
    Schema schema(encode.encoder().schemas_of(*renumbered())[1].text);
    ChangeFrame frame;
    frame.relation_id = 1;
    frame.operation = Operation::kUpdate;
    frame.before_image = BeforeImage::kKey;
    frame.has_before = frame.has_after = true;
    const std::string before = Bytes().integer(1, 5).get();
    const std::string after = Bytes().integer(1, 6).text(2, "n").get();
    frame.before = before;
    frame.after = after;
    const auto records = encode(frame);
    ASSERT_EQ(records.size(), 3U);
    const std::string deleted = schema.print(*records[0].value);
    EXPECT_EQ(deleted.substr(0, deleted.find("source")),
              "op: DELETE before { id: 5 } before_image: KEY ");
    const std::string created = schema.print(*records[2].value);
    EXPECT_EQ(created.substr(0, created.find("source")), "op: INSERT after { note: \"n\" id: 6 } ");
}

}  // namespace
}  // namespace penstock::test
