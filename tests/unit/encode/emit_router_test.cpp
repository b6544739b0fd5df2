// Events of penstock.emit(): which records they make, and what is no event at all.
#include <gtest/gtest.h>

#include "encode/emitted_event.hpp"
#include "encode/encoder_factory.hpp"

namespace penstock::test {
namespace {

std::string number(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
}

std::string part(const std::optional<std::string>& text) {
    return text ? number(static_cast<std::uint32_t>(text->size())) + *text : number(0xFFFFFFFFU);
}

// An event without headers; `headers` is what stands in their place.
std::string event(const std::string& topic, const std::optional<std::string>& key,
                  const std::optional<std::string>& payload,
                  const std::string& headers = number(0)) {
    return "\x01" + part(topic) + part(key) + part(payload) + headers;
}

EncodeOptions listed() {
    EncodeOptions options;
    options.topic_prefix = "g";
    options.emit.topics = {"shop.events", "shop.audit"};
    return options;
}

struct Emit : testing::Test {
    std::unique_ptr<RecordEncoder> encoder;
    RecordBuffer buffer;

    Emit() { use(listed()); }
    void use(const EncodeOptions& options) {
        encoder = std::move(make_encoder(options).value());
        TopicId id = 5;
        for (const WantedTopic& topic : encoder->topics()) {
            EXPECT_TRUE(encoder->route(topic.name, {id++, 7}));
        }
    }
    Status take(const std::string& content, std::string_view prefix = kEmitPrefix) {
        MessageFrame frame;
        frame.transactional = true;
        frame.prefix = prefix;
        frame.content = content;
        frame.xid = Xid{77};
        buffer.clear();
        return encoder->encode_message(frame, {}, buffer);
    }
    std::string text(std::uint32_t offset, std::uint32_t size) const {
        return size == Record::kNull ? "(null)" : std::string(buffer.view(offset, size));
    }
};

TEST_F(Emit, an_event_is_a_record_of_its_own_bytes_on_the_topic_that_it_names) {
    ASSERT_EQ(encoder->topics(), (std::vector<WantedTopic>{{"shop.events"}, {"shop.audit"}}));
    const std::string headers =
        number(2) + part("kind") + part("Paid") + part("by") + part(std::nullopt);
    ASSERT_TRUE(take(event("shop.audit", "o-1", "{\"a\": 1}", headers)));
    ASSERT_EQ(buffer.records().size(), 1U);
    const Record& record = buffer.records()[0];
    EXPECT_EQ(record.topic, 6U);
    EXPECT_EQ(text(record.key_offset, record.key_size), "o-1");
    EXPECT_EQ(text(record.value_offset, record.value_size), "{\"a\": 1}");
    ASSERT_EQ(record.header_count, 2U);
    const RecordHeader* const found = &buffer.headers()[record.header_index];
    EXPECT_EQ(text(found[0].name_offset, found[0].name_size), "kind");
    EXPECT_EQ(text(found[0].value_offset, found[0].value_size), "Paid");
    EXPECT_EQ(text(found[1].name_offset, found[1].name_size), "by");
    EXPECT_EQ(text(found[1].value_offset, found[1].value_size), "(null)");
}

TEST_F(Emit, null_and_empty_are_two_things) {
    ASSERT_TRUE(take(event("shop.events", std::nullopt, std::nullopt)));
    EXPECT_EQ(buffer.records()[0].key_size, Record::kNull);
    EXPECT_EQ(buffer.records()[0].value_size, Record::kNull);
    const std::int32_t keyless = buffer.records()[0].partition;
    ASSERT_TRUE(take(event("shop.events", "", "")));
    EXPECT_EQ(buffer.records()[0].key_size, 0U);
    EXPECT_EQ(buffer.records()[0].value_size, 0U);
    ASSERT_TRUE(take(event("shop.events", std::nullopt, "another")));
    EXPECT_EQ(buffer.records()[0].partition, keyless) << "events without a key have one partition";
}

TEST_F(Emit, an_event_for_another_topic_is_refused_by_its_name_or_passed_over) {
    for (const char* topic : {"shop.other", "g.__penstock_state.s", ""}) {
        const Status refused = take(event(topic, "k", "v"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().name, ErrorName::kEmitRefused);
        EXPECT_NE(refused.error().message.find("\"" + std::string(topic) + "\""),
                  std::string::npos);
        EXPECT_NE(refused.error().detail.find("77"), std::string::npos);
    }
    EncodeOptions options = listed();
    options.emit.skip_unlisted = true;
    use(options);
    EXPECT_TRUE(take(event("shop.other", "k", "v")));
    EXPECT_TRUE(take("junk"));
    EXPECT_EQ(buffer.size_bytes(), 0U);
}

TEST_F(Emit, what_is_cut_or_longer_than_it_says_is_no_event) {
    const std::string headers = number(1) + part("kind") + part("Paid");
    const std::string whole = event("shop.events", "key", "value", headers);
    ASSERT_TRUE(read_emitted_event(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read_emitted_event(std::string_view(whole).substr(0, size))) << size;
    }
    EXPECT_FALSE(read_emitted_event(whole + "x"));
    EXPECT_FALSE(read_emitted_event("\x02" + whole.substr(1)));
    EXPECT_FALSE(read_emitted_event(event("shop.events", "k", "v", number(0xFFFFFFFFU))));
    const std::string nameless = number(1) + part(std::nullopt) + part("v");
    EXPECT_FALSE(read_emitted_event(event("shop.events", "k", "v", nameless)));
    EXPECT_EQ(take(whole + "x").error().name, ErrorName::kEmitRefused);
}

TEST_F(Emit, other_messages_pass_and_without_topics_all_do) {
    EXPECT_TRUE(take("junk", "audit"));
    EncodeOptions options = listed();
    options.emit.topics.clear();
    use(options);
    EXPECT_TRUE(take("junk"));
    EXPECT_TRUE(encoder->topics().empty());
}

TEST_F(Emit, topics_of_other_records_are_refused_with_the_configuration) {
    for (const char* topic : {"g.transaction", "g.raw", "x.__penstock_state.s"}) {
        EncodeOptions options = listed();
        options.transaction_metadata = true;
        options.message_topics = {{"raw", "g.raw"}};
        options.emit.topics.emplace_back(topic);
        const auto made = make_encoder(options);
        ASSERT_FALSE(made) << topic;
        EXPECT_EQ(made.error().name, ErrorName::kConfigurationInvalid);
    }
}

}  // namespace
}  // namespace penstock::test
