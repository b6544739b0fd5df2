// Settings to librdkafka properties, and what error codes mean.
#include "sink/kafka_client.hpp"

#include <gtest/gtest.h>

#include "sink/kafka_preflight.hpp"

namespace penstock {
namespace {

KafkaSettings settings() {
    KafkaSettings settings;
    settings.brokers = "127.0.0.1:9092";
    settings.prefix = "shop";
    settings.slot = "penstock";
    return settings;
}

std::string property(rd_kafka_conf_t& conf, const char* name) {
    char value[512];
    std::size_t size = sizeof(value);
    EXPECT_EQ(rd_kafka_conf_get(&conf, name, value, &size), RD_KAFKA_CONF_OK) << name;
    return value;
}

TEST(KafkaSettings, names_are_fixed_by_prefix_and_slot) {
    EXPECT_EQ(state_topic_name(settings()), "shop.__penstock_state.penstock");
    EXPECT_EQ(transactional_id(settings(), 'a'), "penstock.shop.penstock.a");
    EXPECT_EQ(transactional_id(settings(), 'b'), "penstock.shop.penstock.b");
}

TEST(ClientConf, a_producer_is_transactional_and_in_a_hurry) {
    auto conf = client_conf(settings(), {ClientKind::kProducer, "penstock.shop.penstock.a"});
    ASSERT_TRUE(conf);
    EXPECT_EQ(property(**conf, "transactional.id"), "penstock.shop.penstock.a");
    EXPECT_EQ(property(**conf, "transaction.timeout.ms"), "60000");
    EXPECT_EQ(property(**conf, "enable.idempotence"), "true");
    EXPECT_EQ(property(**conf, "compression.codec"), "lz4");
    EXPECT_EQ(property(**conf, "linger.ms"), "1000");
    EXPECT_EQ(property(**conf, "statistics.interval.ms"), "0");
    EXPECT_EQ(property(**conf, "socket.nagle.disable"), "true");
}

TEST(ClientConf, state_is_read_committed_and_watermarks_are_not) {
    auto reader = client_conf(settings(), {ClientKind::kReader, {}});
    auto tail = client_conf(settings(), {ClientKind::kTail, {}});
    auto admin = client_conf(settings(), {ClientKind::kAdmin, {}});
    EXPECT_EQ(property(**reader, "isolation.level"), "read_committed");
    EXPECT_EQ(property(**reader, "fetch.wait.max.ms"), "10");
    EXPECT_EQ(property(**tail, "isolation.level"), "read_committed");
    EXPECT_EQ(property(**tail, "fetch.min.bytes"), "100000");
    EXPECT_EQ(property(**admin, "isolation.level"), "read_uncommitted");
    EXPECT_EQ(property(**admin, "allow.auto.create.topics"), "false");
}

TEST(ClientConf, extra_properties_win_over_ours) {
    KafkaSettings extra = settings();
    extra.properties.emplace_back("compression.codec", Secret("zstd"));
    auto conf = client_conf(extra, {ClientKind::kProducer, "id"});
    ASSERT_TRUE(conf);
    EXPECT_EQ(property(**conf, "compression.codec"), "zstd");
}

TEST(ClientConf, what_the_guarantees_rest_on_cannot_be_passed_through) {
    for (const std::string_view name : reserved_properties()) {
        KafkaSettings extra = settings();
        extra.properties.emplace_back(std::string(name), Secret("1"));
        const Status status = check_kafka_settings(extra);
        ASSERT_FALSE(status) << name;
        EXPECT_EQ(status.error().name, ErrorName::kConfigurationInvalid);
        EXPECT_NE(status.error().message.find(name), std::string::npos);
    }
}

TEST(ClientConf, an_unknown_property_is_named_and_its_value_is_not_printed) {
    KafkaSettings extra = settings();
    extra.properties.emplace_back("sasl.pasword", Secret("hunter2"));
    const Status status = check_kafka_settings(extra);
    ASSERT_FALSE(status);
    EXPECT_NE(to_text(status.error()).find("sasl.pasword"), std::string::npos);
    EXPECT_EQ(to_text(status.error()).find("hunter2"), std::string::npos);
}

TEST(ClientConf, a_refused_value_is_not_printed_either) {
    KafkaSettings extra = settings();
    extra.properties.emplace_back("security.protocol", Secret("hunter2"));
    const Status status = check_kafka_settings(extra);
    ASSERT_FALSE(status);
    EXPECT_EQ(to_text(status.error()).find("hunter2"), std::string::npos);
}

struct Case {
    rd_kafka_resp_err_t code;
    ErrorName name;
    bool fenced;
};

class KafkaErrorMeaning : public testing::TestWithParam<Case> {};

TEST_P(KafkaErrorMeaning, is_told_by_name) {
    const KafkaFailure failure = kafka_failure(GetParam().code, "could not commit");
    EXPECT_EQ(failure.error.name, GetParam().name);
    EXPECT_EQ(failure.fenced, GetParam().fenced);
    EXPECT_TRUE(failure.error.message.starts_with("could not commit: "));
    EXPECT_NE(failure.error.message.find(rd_kafka_err2name(GetParam().code)), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, KafkaErrorMeaning,
    testing::Values(
        Case{RD_KAFKA_RESP_ERR__FENCED, ErrorName::kFenced, true},
        Case{RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ErrorName::kFenced, true},
        Case{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorName::kFenced, true},
        Case{RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorName::kKafkaAuthorization, false},
        Case{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorName::kKafkaAuthorization, false},
        Case{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
             ErrorName::kKafkaAuthorization, false},
        Case{RD_KAFKA_RESP_ERR__TRANSPORT, ErrorName::kKafkaUnreachable, false},
        Case{RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorName::kKafkaUnreachable, false},
        Case{RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ErrorName::kKafkaUnreachable, false},
        Case{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorName::kRecordTooLarge, false},
        Case{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, ErrorName::kKafkaTransactions, false},
        Case{RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ErrorName::kTopicPolicy, false},
        Case{RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorName::kKafkaFailed, false},
        Case{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorName::kKafkaFailed, false},
        Case{RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, ErrorName::kKafkaFailed, false}));

TEST(KafkaError, waiting_helps_where_no_person_is_needed) {
    EXPECT_EQ(kafka_failure(RD_KAFKA_RESP_ERR__TRANSPORT, "x").error.error_class(),
              ErrorClass::kRetry);
    EXPECT_EQ(
        kafka_failure(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "x").error.error_class(),
        ErrorClass::kRetry);
    EXPECT_EQ(kafka_failure(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "x").error.error_class(),
              ErrorClass::kRetry);
    EXPECT_EQ(kafka_failure(RD_KAFKA_RESP_ERR__AUTHENTICATION, "x").error.error_class(),
              ErrorClass::kOperator);
}

}  // namespace
}  // namespace penstock
