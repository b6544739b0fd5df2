// Rows that do not go as they are: too large for their topic, or with texts that are none.
#include <gtest/gtest.h>

#include "encode/transaction_counts.hpp"
#include "unit/encode/encoded.hpp"

namespace penstock::test {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kNotes = "g.__penstock_skipped";

Table docs() {
    return Table("shop", "docs")
        .column("id", int4())
        .column("body", text())
        .column("meta", jsonb())
        .column("title", text())
        .primary_key({"id"});
}

std::string large(char c = 'x') {
    return std::string(2000, c);
}

TopicRoute narrow() {
    TopicRoute route{7, 1};
    route.message_bytes_max = 1000;
    return route;
}

EncodeOptions cutting() {
    EncodeOptions options;
    options.cut_too_large = {{ColumnChange::kTruncate, "shop\\.docs\\.(body|meta|id)", 5}};
    return options;
}

struct Cut {
    Encoded encode;
    explicit Cut(const EncodeOptions& options, const Table& table = docs())
        : encode(table, options, narrow()) {
        EXPECT_TRUE(encode.prepared());
        EXPECT_TRUE(encode.encoder().route(kNotes, {9, 1}));
    }
};

TEST(TooLarge, columns_are_cut_where_a_record_would_not_fit_and_a_note_says_so) {
    Cut cut(cutting());
    const Bytes small = Bytes().integer(1, 1).text(2, "a longer body");
    EXPECT_NE(cut.encode(insert(small)).at(0).value->find("a longer body"), std::string::npos);
    const Bytes row = Bytes().integer(1, 2).text(2, large()).text(3, "{}").text(4, "kept");
    const auto records = cut.encode(insert(row));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].topic, 7U);
    EXPECT_EQ(records[0].key, R"({"id":2})");
    EXPECT_EQ(records[0].images(),
              R"({"before":null,"after":{"id":2,"body":"xxxxx","meta":"{}","title":"kept"},)");
    EXPECT_EQ(records[1].topic, 9U);
    EXPECT_NE(records[1].value->find(R"("table":"shop.docs","reason":"values_cut",)"
                                     R"("columns":["body"],"lsn":46178232,"ordinal":0)"),
              std::string::npos)
        << *records[1].value;
}

TEST(TooLarge, both_images_are_cut) {
    Cut cut(cutting(), docs().identity(ReplicaIdentity::kFull));
    const Bytes before = Bytes().integer(1, 2).text(2, large('a'));
    const Bytes after = Bytes().integer(1, 2).text(2, large('b'));
    const auto records = cut.encode(update(BeforeImage::kFull, before, after));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].images(), R"({"before":{"id":2,"body":"aaaaa","meta":null,"title":null},)"
                                   R"("after":{"id":2,"body":"bbbbb","meta":null,"title":null},)");
}

// What is left is for the other policy, or for the engine, which stops.
TEST(TooLarge, what_is_still_too_large_is_left_out_or_stays_as_it_is) {
    const Bytes row = Bytes().integer(1, 2).text(2, large()).text(4, large());
    Cut cut(cutting());
    EXPECT_EQ(cut.encode(insert(row)).size(), 1U);
    EXPECT_GT(cut.encode.buffer().records()[0].value_size, 2000U);
    EncodeOptions options = cutting();
    options.skip_too_large = {"shop\\.docs"};
    Cut both(options);
    const auto notes = both.encode(insert(row));
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].topic, 9U);
    EXPECT_NE(notes[0].value->find("record_too_large"), std::string::npos);
}

TEST(TooLarge, documents_and_keys_are_never_cut) {
    Cut cut(
        cutting(),
        Table("shop", "docs").column("body", text()).column("meta", jsonb()).primary_key({"body"}));
    const Bytes row = Bytes().text(1, large()).text(2, "\"" + large() + "\"");
    EXPECT_EQ(cut.encode(insert(row)).size(), 1U);
    EXPECT_GT(cut.encode.buffer().records()[0].value_size, 4000U);
}

TEST(TooLarge, the_formats_of_others_are_cut_as_well) {
    for (const ValueFormat format : {ValueFormat::kProtobuf, ValueFormat::kFlatJson}) {
        EncodeOptions options = cutting();
        options.format = format;
        Cut cut(options);
        const Bytes row = Bytes().integer(1, 2).text(2, large());
        ChangeFrame change = insert(row);
        change.change = row.get();
        const auto records = cut.encode(change);
        ASSERT_EQ(records.size(), 2U);
        EXPECT_LT(records[0].value->size(), 300U);
        EXPECT_NE(records[0].value->find("xxxxx"), std::string::npos);
    }
}

TEST(TooLarge, a_record_that_is_made_twice_counts_once) {
    EncodeOptions options = cutting();
    options.topic_prefix = "g";
    options.transaction_metadata = true;
    const auto encoder = std::move(make_encoder(options).value());
    for (const WantedTopic& topic : encoder->topics()) {
        ASSERT_TRUE(encoder->route(topic.name, {9, 1}));
    }
    ASSERT_TRUE(encoder->prepare(docs().build(), narrow()));
    const BeginFrame begin = some_transaction();
    RowContext context;
    context.transaction = &begin;
    RecordBuffer out;
    ASSERT_TRUE(encoder->begin_transaction(context, out));
    const Bytes row = Bytes().integer(1, 2).text(2, large());
    for (int i = 1; i <= 2; ++i) {
        out.clear();
        ASSERT_TRUE(encoder->encode(insert(row), context, out));
        const std::string order = R"("total_order":)" + std::to_string(i);
        EXPECT_NE(out.bytes().rfind(order), std::string_view::npos) << out.bytes();
    }
    out.clear();
    ASSERT_TRUE(encoder->end_transaction(context, out));
    EXPECT_NE(out.bytes().find(R"("event_count":2)"), std::string_view::npos) << out.bytes();
}

TEST(TooLarge, events_taken_back_are_none) {
    TransactionCounts counts;
    const std::size_t a = counts.collection("a");
    const std::size_t b = counts.collection("b");
    counts.begin();
    counts.choose(a);
    counts.next();
    counts.choose(b);
    counts.next();
    counts.next();
    counts.take_back(2);
    EXPECT_EQ(counts.total(), 1U);
    ASSERT_EQ(counts.by_collection().size(), 1U);
    EXPECT_EQ(counts.by_collection()[0].first, "a");
    EXPECT_EQ(counts.next().total_order, 2U);
}

EncodeOptions shown() {
    EncodeOptions options;
    options.bytes_unrepresentable = {"shop\\.docs"};
    return options;
}

TEST(NoText, bytes_are_shown_in_hexadecimal_under_a_header_that_names_their_columns) {
    const Bytes row = Bytes().integer(1, 1).text(4, "t");
    const std::vector<MarkedValue> marked = {
        {2, false, MarkReason::kNotConvertible, std::string_view("\xFF\0A", 3)}};
    ChangeFrame change = insert(row);
    change.marked = marked;
    Encoded encode(docs(), shown());
    const auto records = encode(change);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].images(),
              R"({"before":null,"after":{"id":1,"body":"\\xff0041","meta":null,"title":"t"},)");
    EXPECT_EQ(records[0].headers, (Headers{{"__penstock_bytes", R"(["body"])"}}));
    EXPECT_TRUE(encode(insert(row)).at(0).headers.empty());

    EncodeOptions elsewhere;
    elsewhere.bytes_unrepresentable = {"shop\\.bills"};
    Encoded other(docs(), elsewhere);
    other(change);
    ASSERT_FALSE(other.status());
    EXPECT_EQ(other.status().error().name, ErrorName::kMarkedValue);
}

TEST(NoText, values_that_are_marked_for_other_reasons_stay_marked) {
    const Bytes row = Bytes().integer(1, 1);
    const std::vector<MarkedValue> marked = {{2, false, MarkReason::kNotConvertible, "\xFF"},
                                             {4, false, MarkReason::kOversize, {}}};
    ChangeFrame change = insert(row);
    change.marked = marked;
    Encoded encode(docs(), shown());
    encode(change);
    ASSERT_FALSE(encode.status());
    EXPECT_NE(encode.status().error().message.find("title"), std::string::npos);
}

TEST(NoText, a_change_of_the_key_keeps_its_headers) {
    const Bytes before = Bytes().integer(1, 1);
    const Bytes after = Bytes().integer(1, 2);
    const std::vector<MarkedValue> marked = {{2, false, MarkReason::kNotConvertible, "\xFF"}};
    ChangeFrame change = update(BeforeImage::kKey, before, after);
    change.marked = marked;
    Encoded encode(docs(), shown());
    const auto records = encode(change);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[2].headers,
              (Headers{{"__debezium.oldkey", R"({"id":1})"}, {"__penstock_bytes", R"(["body"])"}}));
    EXPECT_NE(records[2].value->find(R"("body":"\\xff")"), std::string::npos);
}

TEST(NoText, the_change_that_protobuf_hands_on_has_the_text_too) {
    EncodeOptions options = shown();
    options.format = ValueFormat::kProtobuf;
    const Bytes row = Bytes().integer(1, 1);
    const std::vector<MarkedValue> marked = {{2, false, MarkReason::kNotConvertible, "\xFF"}};
    ChangeFrame change = insert(row);
    change.marked = marked;
    change.change = row.get();
    Encoded encode(docs(), options);
    EXPECT_NE(encode(change).at(0).value->find("\\xff"), std::string::npos);
}

TEST(Context, rows_say_where_they_come_from_behind_the_header_of_a_changed_key) {
    EncodeOptions options;
    options.context_headers = true;
    options.run_id = "01a1fc46-cd06-4be8-8d90-435408cb7dcb";
    Encoded encode(docs(), options);
    const Headers context = {{"__debezium.context.connectorLogicalName", "g"},
                             {"__debezium.context.taskId", "0"},
                             {"__debezium.context.connectorName", "postgresql"},
                             {"__debezium.context.runId", options.run_id}};
    const Bytes one = Bytes().integer(1, 1);
    const Bytes two = Bytes().integer(1, 2);
    EXPECT_EQ(encode(insert(one)).at(0).headers, context);
    const auto deleted = encode(remove(BeforeImage::kKey, one));
    ASSERT_EQ(deleted.size(), 2U);
    EXPECT_EQ(deleted[1].headers, context) << "a tombstone has them too";
    const auto moved = encode(update(BeforeImage::kKey, one, two));
    Headers first = {{"__debezium.newkey", R"({"id":2})"}};
    first.insert(first.end(), context.begin(), context.end());
    EXPECT_EQ(moved.at(0).headers, first);
}

}  // namespace
}  // namespace penstock::test
