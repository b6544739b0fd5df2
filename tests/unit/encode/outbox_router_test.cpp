#include "encode/outbox_router.hpp"

#include <gtest/gtest.h>

#include "encode/expanded_json.hpp"
#include "unit/encode/encoded.hpp"
#include "unit/encode/table_builder.hpp"

namespace penstock::test {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Table outbox() {
    return Table("ob", "outbox")
        .column("id", uuid())
        .column("aggregatetype", text(), true)
        .column("aggregateid", text(), true)
        .column("type", text(), true)
        .column("payload", jsonb())
        .column("ts", timestamptz())
        .primary_key({"id"});
}

Bytes created(const std::string& payload = R"({"a": 1})") {
    return Bytes().uuid(1, 1).text(2, "order").text(3, "o-1").text(4, "Created").text(5, payload);
}

EncodeOptions routed() {
    EncodeOptions options;
    options.outbox.tables = {"ob\\.outbox"};
    return options;
}

// Gives the topic that the first try asks for, and tries again.
std::vector<EncodedRecord> publish(Encoded& encode, const ChangeFrame& change) {
    EXPECT_TRUE(encode(change).empty());
    const auto wanted = encode.encoder().wanted_topic();
    if (!wanted) return {};
    EXPECT_EQ(encode.buffer().size_bytes(), 0U);
    EXPECT_TRUE(encode.encoder().route(wanted->name, {3, 1}));
    return encode(change);
}

TEST(Outbox, an_insert_is_an_event_on_the_topic_that_its_row_names) {
    Encoded encode(outbox(), routed());
    ASSERT_TRUE(encode.prepared());
    EXPECT_EQ(encode.encoder().topic_of(*outbox().build()).value(), "");
    const Bytes row = created();
    EXPECT_TRUE(encode(insert(row)).empty());
    EXPECT_EQ(encode.encoder().wanted_topic()->name, "outbox.event.order");
    const auto records = publish(encode, insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].topic, 3U);
    EXPECT_EQ(records[0].key, R"("o-1")");
    EXPECT_EQ(records[0].value, R"("{\"a\": 1}")");
    EXPECT_EQ(records[0].headers, (Headers{{"id", "00000000-0000-0000-0000-000000000001"}}));
    EXPECT_EQ(encode(insert(row)).size(), 1U) << "the topic is known now";
}

TEST(Outbox, further_columns_travel_as_headers_or_beside_the_payload) {
    EncodeOptions options = routed();
    options.outbox.fields = {{"type", OutboxField::Place::kHeader, "eventType"},
                             {"ts", OutboxField::Place::kHeader, "ts"},
                             {"ts", OutboxField::Place::kEnvelope, "at"}};
    Encoded encode(outbox(), options);
    const Bytes row = created();
    const auto records = publish(encode, insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].headers, (Headers{{"id", "00000000-0000-0000-0000-000000000001"},
                                           {"eventType", "Created"},
                                           {"ts", "(null)"}}));
    EXPECT_EQ(records[0].value, R"({"payload":"{\"a\": 1}","at":null})");
}

TEST(Outbox, an_event_has_the_time_of_its_column) {
    EncodeOptions options = routed();
    options.outbox.timestamp = "ts";
    Encoded encode(outbox(), options);
    const Bytes row = created().fixed(6, 1704067200123456);
    ASSERT_EQ(publish(encode, insert(row)).size(), 1U);
    EXPECT_EQ(encode.buffer().records().at(0).timestamp_ms, 1704067200123);
}

TEST(Outbox, an_event_goes_to_the_partition_that_its_row_names) {
    EncodeOptions options = routed();
    options.outbox.fields = {{"part", OutboxField::Place::kPartition, ""}};
    const auto table = [] { return outbox().column("part", int4()); };
    const auto publish_to = [&](Encoded& encode, const Bytes& row) {
        encode(insert(row));
        EXPECT_TRUE(encode.encoder().route("outbox.event.order", {3, 5}));
        return encode(insert(row));
    };
    Encoded encode(table(), options);
    EXPECT_EQ(publish_to(encode, created().integer(7, 4)).at(0).partition, 4);
    EXPECT_EQ(encode(insert(created().integer(7, 0))).at(0).partition, 0);
    // Without a value the key chooses.
    Encoded plain(outbox(), routed());
    EXPECT_EQ(encode(insert(created())).at(0).partition,
              publish_to(plain, created()).at(0).partition);
    for (const int none : {-1, 5}) {
        EXPECT_TRUE(encode(insert(created().integer(7, none))).empty());
        ASSERT_FALSE(encode.status());
        EXPECT_EQ(encode.status().error().name, ErrorName::kOutboxRow);
    }
    options.outbox.fields[0].column = "type";
    const Encoded wrong(outbox(), options);
    ASSERT_FALSE(wrong.prepared());
    EXPECT_EQ(wrong.prepared().error().name, ErrorName::kConfigurationInvalid);
}

TEST(Outbox, the_schema_of_an_envelope_has_the_version_that_the_row_names) {
    EncodeOptions options = routed();
    options.schemas_enable = true;
    options.outbox.schema_version = "version";
    options.outbox.fields = {{"type", OutboxField::Place::kEnvelope, "type"}};
    Encoded encode(outbox().column("version", int4()), options);
    const Bytes row = created().integer(7, 3);
    const std::string named = R"("name":"g.ob.outbox.order.Value")";
    EXPECT_NE(publish(encode, insert(row)).at(0).value->find(named + R"(,"version":3})"),
              std::string::npos);
    const auto without = encode(insert(created()));
    EXPECT_NE(without.at(0).value->find(named + "}"), std::string::npos);
}

TEST(Outbox, raw_records_are_the_bytes_of_key_and_payload) {
    EncodeOptions options = routed();
    options.outbox.format = OutboxFormat::kRaw;
    Encoded encode(outbox(), options);
    const Bytes row = created();
    const auto records = publish(encode, insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, "o-1");
    EXPECT_EQ(records[0].value, R"({"a": 1})");
}

TEST(Outbox, an_empty_payload_is_null_or_a_tombstone) {
    const Bytes row = Bytes().uuid(1, 1).text(2, "order").text(3, "o-1").text(4, "Deleted");
    Encoded plain(outbox(), routed());
    EXPECT_EQ(publish(plain, insert(row)).at(0).value, "null");
    EncodeOptions options = routed();
    options.outbox.tombstone_on_empty_payload = true;
    Encoded tombstones(outbox(), options);
    EXPECT_EQ(publish(tombstones, insert(row)).at(0).value, std::nullopt);
    // Debezium trims a text before it judges.
    const Bytes blank = created(" \n");
    EXPECT_EQ(tombstones(insert(blank)).at(0).value, std::nullopt);
    Encoded other(outbox(), routed());
    EXPECT_EQ(publish(other, insert(blank)).at(0).value, R"(" \n")");
    options.outbox.format = OutboxFormat::kRaw;
    Encoded raw(outbox(), options);
    EXPECT_EQ(publish(raw, insert(blank)).at(0).value, std::nullopt);
}

TEST(Outbox, the_tracing_context_of_the_row_goes_on_as_headers) {
    EncodeOptions options = routed();
    options.outbox.tracing = "trace";
    options.outbox.fields = {{"type", OutboxField::Place::kHeader, "eventType"}};
    options.context_headers = true;
    options.run_id = "r";
    Encoded encode(outbox().column("trace", text()), options);
    const Bytes row = created().text(7, "#comment\ntraceparent=00-1-2-01\ntracestate=a\\=b\n");
    const auto records = publish(encode, insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].headers, (Headers{{"__debezium.context.connectorLogicalName", "g"},
                                           {"__debezium.context.taskId", "0"},
                                           {"__debezium.context.connectorName", "postgresql"},
                                           {"__debezium.context.runId", "r"},
                                           {"traceparent", "00-1-2-01"},
                                           {"tracestate", "a=b"},
                                           {"id", "00000000-0000-0000-0000-000000000001"},
                                           {"eventType", "Created"}}));
    EXPECT_EQ(encode(insert(created())).at(0).headers.size(), 6U) << "a row without a context";
    EXPECT_FALSE(Encoded(outbox(), options).prepared()) << "the column is not there";
}

TEST(Outbox, deletes_make_nothing_and_updates_are_a_mistake) {
    const Bytes row = created();
    const Bytes key = Bytes().uuid(1, 1);
    ChangeFrame change = update(BeforeImage::kKey, key, row);
    Encoded encode(outbox(), routed());
    EXPECT_TRUE(encode(change).empty());
    EXPECT_TRUE(encode.status());
    EXPECT_FALSE(encode.encoder().wanted_topic());
    EncodeOptions strict = routed();
    strict.outbox.updates = OutboxUpdates::kStop;
    Encoded stops(outbox(), strict);
    stops(change);
    ASSERT_FALSE(stops.status());
    EXPECT_EQ(stops.status().error().name, ErrorName::kOutboxRow);
    change.operation = Operation::kDelete;
    EXPECT_TRUE(stops(change).empty());
    EXPECT_TRUE(stops.status());
}

TEST(Outbox, what_cannot_be_routed_stops_by_name) {
    Encoded encode(outbox(), routed());
    const Bytes nowhere = Bytes().uuid(1, 1).text(3, "o-1");
    encode(insert(nowhere));
    ASSERT_FALSE(encode.status());
    EXPECT_EQ(encode.status().error().name, ErrorName::kOutboxRow);
    EncodeOptions options = routed();
    options.outbox.key = "missing";
    const Encoded lacking(outbox(), options);
    ASSERT_FALSE(lacking.prepared());
    EXPECT_NE(lacking.prepared().error().message.find("\"missing\""), std::string::npos);
}

TEST(Outbox, other_tables_pass) {
    Encoded encode(Table("shop", "items").column("id", int4()).primary_key({"id"}), routed());
    EXPECT_EQ(encode(insert(Bytes().integer(1, 7))).at(0).key, R"({"id":7})");
}

TEST(ExpandedJson, is_written_as_connect_writes_it) {
    const auto expanded =
        expand_json(R"({"id": 1, "big": 4294967296, "d": 1.50, "lines": [{"qty": 2}, {"sku": "a"}],
                        "none": null, "empty": [], "text": "\u00e9\n\ud83d\ude00", "on": true})");
    ASSERT_TRUE(expanded);
    EXPECT_EQ(expanded->value, R"({"id":1,"big":4294967296,"d":1.5,"lines":[{"qty":2,"sku":null},)"
                               R"({"qty":null,"sku":"a"}],"text":")"
                               "\xC3\xA9"
                               R"(\n\uD83D\uDE00","on":true})");
    EXPECT_EQ(expanded->schema,
              R"({"type":"struct","fields":[{"type":"int32","optional":true,"field":"id"},)"
              R"({"type":"int64","optional":true,"field":"big"},)"
              R"({"type":"double","optional":true,"field":"d"},)"
              R"({"type":"array","items":{"type":"struct","fields":[)"
              R"({"type":"int32","optional":true,"field":"qty"},)"
              R"({"type":"string","optional":true,"field":"sku"}],"optional":true,)"
              R"("name":"payload.lines"},"optional":true,"field":"lines"},)"
              R"({"type":"string","optional":true,"field":"text"},)"
              R"({"type":"boolean","optional":true,"field":"on"}],"optional":true,)"
              R"("name":"payload")");
}

TEST(ExpandedJson, what_has_no_one_schema_stays_a_text) {
    for (const char* text : {"", "1", "[]", "[1,\"a\"]", "{\"a\":1", "{\"a\":tru}", "{} x",
                             "[[1],[\"a\"]]", "{\"a\":\"\\ud800\"}"}) {
        EXPECT_FALSE(expand_json(text)) << text;
    }
    EXPECT_FALSE(expand_json(std::string(100, '[') + "1" + std::string(100, ']')));
    // What is nearly JSON would come out as something that no reader takes for JSON.
    for (const char* text : {"[007]", "[1.]", "[.5]", "[+1]", "[1e]", "[-]", "[\"\\udc00\"]",
                             "[\"\x01\"]", "[\"\\ud800\\u0041\"]"}) {
        EXPECT_FALSE(expand_json(text)) << text;
    }
    for (const char* text : {"[0]", "[-0.5e+10]", "[1E2]", "[\"\\ud83d\\ude00\"]"}) {
        EXPECT_TRUE(expand_json(text)) << text;
    }
}

// An array of nothing says nothing of its elements; the schema is that of the other rows.
TEST(ExpandedJson, an_array_of_nothing_where_something_else_is_due_is_null) {
    for (const char* nothing : {"[]", "[null]", "[[], [null]]"}) {
        const std::string lines = std::string(R"([{"a": )") + nothing + R"(}, {"a": )";
        const auto number = expand_json(lines + "5}]");
        ASSERT_TRUE(number) << nothing;
        EXPECT_EQ(number->value, R"([{"a":null},{"a":5}])");
        const auto object = expand_json(lines + "{}}]");
        ASSERT_TRUE(object) << nothing;
        EXPECT_EQ(object->value, R"([{"a":null},{"a":{}}])");
    }
    const auto array = expand_json(R"([{"a": [null]}, {"a": [1]}])");
    ASSERT_TRUE(array);
    EXPECT_EQ(array->value, R"([{"a":[null]},{"a":[1]}])");
}

TEST(ExpandedJson, of_members_of_one_name_the_last_counts) {
    const auto expanded = expand_json(R"({"a": "x", "b": 1, "a": 2, "c": 3, "b": 4})");
    ASSERT_TRUE(expanded);
    EXPECT_EQ(expanded->value, R"({"a":2,"b":4,"c":3})");
}

}  // namespace
}  // namespace penstock::test
