// The records that belong to no table, in debezium-json: their bytes, their topics, and the place
// in the transaction that envelopes show. The bytes are those of a live Debezium, positions apart.
#include <gtest/gtest.h>

#include "encode/encoder_factory.hpp"
#include "unit/encode/table_builder.hpp"

namespace penstock::test {
namespace {

struct Written {
    TopicId topic = 0;
    std::string key;
    std::string value;
    bool operator==(const Written&) const = default;
};

EncodeOptions options_for(bool transactions) {
    EncodeOptions options;
    options.topic_prefix = "g";
    options.database = "gold";
    options.transaction_metadata = transactions;
    return options;
}

class Metadata {
public:
    explicit Metadata(const EncodeOptions& options)
        : encoder_(std::move(make_encoder(options).value())) {
        begin_.xid = Xid{1992};
        begin_.commit_time_us = 1795233458501480;
        context_.transaction = &begin_;
        context_.now = WallTime{1795233458558000000};
        TopicId id = 20;
        for (const WantedTopic& topic : encoder_->topics()) {
            topics.push_back(topic.name);
            EXPECT_TRUE(encoder_->route(topic.name, {id++, 1, {}}));
        }
    }

    RecordEncoder& encoder() { return *encoder_; }
    RowContext& at(std::uint64_t lsn) {
        context_.lsn = Lsn{lsn};
        return context_;
    }
    std::vector<Written> written() {
        std::vector<Written> all;
        for (const Record& record : buffer.records()) {
            all.push_back({record.topic,
                           std::string(buffer.view(record.key_offset, record.key_size)),
                           std::string(buffer.view(record.value_offset, record.value_size))});
        }
        buffer.clear();
        return all;
    }
    std::vector<Written> message(std::string_view prefix, std::string_view content,
                                 bool transactional = true) {
        MessageFrame frame;
        frame.prefix = prefix;
        frame.content = content;
        frame.transactional = transactional;
        RowContext context = at(58721560);
        if (!transactional) context.transaction = nullptr;
        EXPECT_TRUE(encoder_->encode_message(frame, context, buffer));
        return written();
    }

    std::vector<std::string> topics;
    RecordBuffer buffer;

private:
    std::unique_ptr<RecordEncoder> encoder_;
    BeginFrame begin_;
    RowContext context_;
};

TEST(MetadataRecords, nothing_is_wanted_unless_asked) {
    Metadata none(options_for(false));
    EXPECT_TRUE(none.topics.empty());
    EXPECT_FALSE(none.encoder().follows_transactions());
    EXPECT_TRUE(none.message("pfx", "text").empty());
    EXPECT_TRUE(none.encoder().encode_heartbeat(WallTime{}, none.buffer));
    EXPECT_TRUE(none.buffer.empty());
}

TEST(MetadataRecords, begin_and_end_have_the_ids_of_their_own_positions) {
    Metadata all(options_for(true));
    ASSERT_EQ(all.topics, std::vector<std::string>{"g.transaction"});
    ASSERT_TRUE(all.encoder().begin_transaction(all.at(58721040), all.buffer));
    EXPECT_EQ(all.written(),
              (std::vector<Written>{{20, R"({"id":"1992:58721040"})",
                                     R"({"status":"BEGIN","id":"1992:58721040","event_count":null,)"
                                     R"("data_collections":null,"ts_ms":1795233458501})"}}));
    ASSERT_TRUE(all.encoder().end_transaction(all.at(58721960), all.buffer));
    EXPECT_EQ(all.written(),
              (std::vector<Written>{{20, R"({"id":"1992:58721960"})",
                                     R"({"status":"END","id":"1992:58721960","event_count":0,)"
                                     R"("data_collections":[],"ts_ms":1795233458501})"}}));
}

TEST(MetadataRecords, rows_show_their_place_and_the_end_counts_them) {
    EncodeOptions options = options_for(true);
    options.message_prefixes = {"ins.*"};
    Metadata all(options);
    Table table("tx", "a");
    table.column("id", int4()).primary_key({"id"});
    const Bytes row = Bytes().integer(1, 1);
    ASSERT_TRUE(all.encoder().prepare(table.build(), {3, 1, {}}));
    ASSERT_TRUE(all.encoder().begin_transaction(all.at(58721040), all.buffer));
    all.buffer.clear();
    ASSERT_TRUE(all.encoder().encode(insert(row), all.at(58721040), all.buffer));
    EXPECT_NE(
        all.written().at(0).value.find(R"("transaction":{"id":"1992:58721040","total_order":1,)"
                                       R"("data_collection_order":1},"op":"c")"),
        std::string::npos);
    EXPECT_NE(
        all.message("inside", "x").at(0).value.find(R"("total_order":2,"data_collection_order":1)"),
        std::string::npos);
    ASSERT_TRUE(all.encoder().end_transaction(all.at(58721960), all.buffer));
    EXPECT_NE(all.written().at(0).value.find(
                  R"("event_count":2,"data_collections":[{"data_collection":"tx.a",)"
                  R"("event_count":1},{"data_collection":"LOGICAL_DECODING_MESSAGE",)"
                  R"("event_count":1}])"),
              std::string::npos);
}

TEST(MetadataRecords, rows_of_an_outbox_count_for_its_table_whatever_becomes_of_them) {
    EncodeOptions options = options_for(true);
    options.outbox.tables = {"ob\\.outbox"};
    Metadata all(options);
    Table table("ob", "outbox");
    for (const char* name : {"id", "aggregatetype", "aggregateid", "type", "payload"}) {
        table.column(name, text(), true);
    }
    table.primary_key({"id"});
    ASSERT_TRUE(all.encoder().prepare(table.build(), {}));
    ASSERT_TRUE(all.encoder().begin_transaction(all.at(58721040), all.buffer));
    all.buffer.clear();
    const Bytes row =
        Bytes().text(1, "1").text(2, "order").text(3, "o-1").text(4, "Made").text(5, "{}");
    const auto encode = [&](const ChangeFrame& change) {
        EXPECT_TRUE(all.encoder().encode(change, all.at(58721041), all.buffer));
        return all.written().size();
    };
    EXPECT_EQ(encode(insert(row)), 0U) << "its topic is not there, so nothing is counted";
    ASSERT_TRUE(all.encoder().route(all.encoder().wanted_topic()->name, {3, 1}));
    EXPECT_EQ(encode(insert(row)), 1U);
    EXPECT_EQ(encode(update(row)), 0U);
    EXPECT_EQ(encode(remove(BeforeImage::kKey, Bytes().text(1, "1"))), 0U);
    EXPECT_TRUE(all.encoder().encode_truncate(1, {}, all.at(58721041), all.buffer));
    ASSERT_TRUE(all.encoder().end_transaction(all.at(58721960), all.buffer));
    EXPECT_NE(all.written().at(0).value.find(R"("event_count":3,"data_collections":[)"
                                             R"({"data_collection":"ob.outbox","event_count":3}])"),
              std::string::npos);
}

TEST(MetadataRecords, message_is_debeziums) {
    EncodeOptions options = options_for(false);
    options.message_prefixes = {".*"};
    Metadata all(options);
    EXPECT_EQ(all.topics, std::vector<std::string>{"g.message"});
    EXPECT_EQ(all.message("bin", std::string_view("\0\xff\x01", 3)),
              (std::vector<Written>{
                  {20, R"({"prefix":"bin"})",
                   R"({"op":"m","ts_ms":1795233458558,"source":{"version":"3.6.1.Final",)"
                   R"("connector":"postgresql","name":"g","ts_ms":1795233458501,)"
                   R"("snapshot":"false","db":"gold","sequence":"[null,\"58721560\"]",)"
                   R"("ts_us":1795233458501480,"ts_ns":1795233458501480000,"schema":"",)"
                   R"("table":"","txId":1992,"lsn":58721560,"xmin":null,"origin":null,)"
                   R"("origin_lsn":null},"transaction":null,)"
                   R"("message":{"prefix":"bin","content":"AP8B"}})"}}));
}

TEST(MetadataRecords, message_of_no_transaction_has_neither_xid_nor_place) {
    EncodeOptions options = options_for(true);
    options.message_prefixes = {".*"};
    Metadata all(options);
    const std::string value = all.message("pfx", "", false).at(0).value;
    EXPECT_NE(value.find(R"("txId":null)"), std::string::npos);
    EXPECT_NE(value.find(R"("transaction":null)"), std::string::npos);
    EXPECT_NE(value.find(R"("content":"")"), std::string::npos);
}

TEST(MetadataRecords, only_listed_prefixes_are_published_and_the_whole_prefix_counts) {
    EncodeOptions options = options_for(false);
    options.message_prefixes = {"audit", "app\\..*"};
    Metadata all(options);
    EXPECT_EQ(all.message("audit", "x").size(), 1U);
    EXPECT_EQ(all.message("app.one", "x").size(), 1U);
    EXPECT_TRUE(all.message("audited", "x").empty());
    EXPECT_TRUE(all.message("", "x").empty());
}

TEST(MetadataRecords, raw_messages_go_to_their_topic_as_they_are) {
    EncodeOptions options = options_for(false);
    options.message_topics = {{"orders", "shop.orders"}, {"more", "shop.orders"}};
    Metadata all(options);
    ASSERT_EQ(all.topics, std::vector<std::string>{"shop.orders"});
    EXPECT_EQ(all.message("orders", "{}"), (std::vector<Written>{{20, "orders", "{}"}}));
    EXPECT_EQ(all.message("more", "{}").size(), 1U);
    EXPECT_TRUE(all.message("other", "{}").empty());
}

TEST(MetadataRecords, heartbeat_is_keyed_by_the_server) {
    EncodeOptions options = options_for(false);
    options.heartbeat = true;
    Metadata all(options);
    ASSERT_EQ(all.topics, std::vector<std::string>{"__debezium-heartbeat.g"});
    ASSERT_TRUE(all.encoder().encode_heartbeat(WallTime{1795233456447000000}, all.buffer));
    EXPECT_EQ(all.written(),
              (std::vector<Written>{{20, R"({"serverName":"g"})", R"({"ts_ms":1795233456447})"}}));
}

TEST(MetadataRecords, binary_handling_is_that_of_columns) {
    EncodeOptions options = options_for(false);
    options.message_prefixes = {".*"};
    options.binary = BinaryHandling::kHex;
    options.schemas_enable = true;
    Metadata all(options);
    const std::string value = all.message("bin", std::string_view("\0\xff\x01", 3)).at(0).value;
    EXPECT_NE(value.find(R"("content":"00ff01")"), std::string::npos);
    EXPECT_NE(value.find(R"({"type":"string","optional":true,"field":"content"})"),
              std::string::npos);
}

TEST(MetadataRecords, pattern_that_cannot_be_read_is_refused) {
    EncodeOptions options = options_for(false);
    options.message_prefixes = {"("};
    const auto refused = make_encoder(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kConfigurationInvalid);
}

}  // namespace
}  // namespace penstock::test
