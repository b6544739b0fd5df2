// The records that belong to no table, in Avro: logical messages against those of a live Debezium;
// for transactions and heartbeats its JSON run says what their schemas are.
#include <gtest/gtest.h>

#include "encode/avro_metadata.hpp"
#include "unit/encode/golden_avro.hpp"

namespace penstock::test {
namespace {

EncodeOptions options() {
    EncodeOptions options;
    options.format = ValueFormat::kDebeziumAvro;
    options.topic_prefix = "g";
    options.database = "gold";
    return options;
}

// What `write` writes.
template <class Write>
std::string written(Write write) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    write(writer);
    writer.finish();
    return std::string(buffer.bytes());
}

TEST(AvroMetadata, a_message_is_the_one_that_debezium_wrote) {
    const auto format = make_metadata_avro(options());
    for (const SchemaText& schema : format->schemas_of(MetadataKind::kMessage, "g.message")) {
        EXPECT_EQ(schema.text, golden_avro_schema(schema.subject));
    }
    format->route(MetadataKind::kMessage, {79, 80});
    BeginFrame begin;
    begin.xid = Xid{5167};
    begin.commit_time_us = 1795235590541807;
    RowContext context;
    context.transaction = &begin;
    context.lsn = Lsn{261696888};
    context.last_commit_lsn = Lsn{261696816};
    context.now = WallTime{1795235590549000000};
    MessageFrame message;
    message.transactional = true;
    message.prefix = "pfx";
    message.content = "transactional text";
    const GoldenRecord golden = golden_avro("g.message", 0);
    EXPECT_EQ(avro_body(written([&](ByteWriter& out) {
                  format->put_key(out, MetadataKind::kMessage, message.prefix);
              })),
              golden.key);
    const std::string value =
        written([&](ByteWriter& out) { format->put_message(out, message, context, {}); });
    EXPECT_EQ(value.substr(0, 5), std::string("\0\0\0\0\x50", 5));
    EXPECT_EQ(avro_body(value), golden.value);
}

TEST(AvroMetadata, a_transaction_has_its_counts_and_a_row_its_place) {
    const auto format = make_metadata_avro(options());
    const auto schemas = format->schemas_of(MetadataKind::kTransaction, "g.transaction");
    ASSERT_EQ(schemas.size(), 2U);
    EXPECT_EQ(schemas[0].text,
              R"({"type":"record","name":"TransactionMetadataKey",)"
              R"("namespace":"io.debezium.connector.common","fields":[{"name":"id",)"
              R"("type":"string"}],"connect.version":1,)"
              R"("connect.name":"io.debezium.connector.common.TransactionMetadataKey"})");
    EXPECT_TRUE(nlohmann::json::accept(schemas[1].text));
    format->route(MetadataKind::kTransaction, {1, 2});
    EXPECT_EQ(avro_body(written(
                  [&](ByteWriter& out) { format->put_transaction(out, "5:9", 1, nullptr); })),
              std::string("\x0a"
                          "BEGIN\x06"
                          "5:9\0\0\2",
                          13));
    TransactionCounts counts;
    counts.begin();
    counts.choose(counts.collection("a.b"));
    counts.next();
    EXPECT_EQ(avro_body(written(
                  [&](ByteWriter& out) { format->put_transaction(out, "5:9", 1, &counts); })),
              std::string("\6END\6"
                          "5:9\2\2\2\2\2\6"
                          "a.b\2\0\2",
                          20));

    BeginFrame begin;
    begin.xid = Xid{5};
    RowContext context;
    context.transaction = &begin;
    context.lsn = Lsn{9};
    EXPECT_EQ(written([&](ByteWriter& out) {
                  put_avro_transaction_block(out, context,
                                             {.total_order = 2, .data_collection_order = 1});
              }),
              "\6"
              "5:9\4\2");
}

TEST(AvroMetadata, a_heartbeat_is_its_time) {
    const auto format = make_metadata_avro(options());
    const auto schemas = format->schemas_of(MetadataKind::kHeartbeat, "__debezium-heartbeat.g");
    EXPECT_EQ(schemas[1].text,
              R"({"type":"record","name":"Heartbeat","namespace":"io.debezium.connector.common",)"
              R"("fields":[{"name":"ts_ms","type":"long"}],"connect.version":1,)"
              R"("connect.name":"io.debezium.connector.common.Heartbeat"})");
    format->route(MetadataKind::kHeartbeat, {1, 2});
    EXPECT_EQ(avro_body(written([&](ByteWriter& out) { format->put_heartbeat(out, 64); })),
              std::string("\x80\1"));
}

}  // namespace
}  // namespace penstock::test
