// What the preflight makes of what it found out about the brokers.
#include "sink/kafka_verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sink/state_topic.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

KafkaSettings settings() {
    KafkaSettings settings;
    settings.brokers = "k1:9092";
    settings.prefix = "shop";
    settings.slot = "penstock";
    return settings;
}

KafkaSettings single() {
    KafkaSettings accepted = settings();
    accepted.single_broker = true;
    return accepted;
}

ConfigEntries safe_broker() {
    return {{"transaction.partition.verification.enable", "true"},
            {"min.insync.replicas", "2"},
            {"unclean.leader.election.enable", "false"},
            {"transaction.max.timeout.ms", "900000"},
            {"message.max.bytes", "1048588"}};
}

CheckItem find(const std::vector<CheckItem>& items, std::string_view name) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const CheckItem& item) { return item.item == name; });
    EXPECT_NE(found, items.end()) << name;
    return found == items.end() ? CheckItem{} : *found;
}

TEST(KafkaVerdict, a_safe_broker_passes_everything) {
    for (const CheckItem& item : judge_broker(settings(), safe_broker()))
        EXPECT_EQ(item.verdict, Verdict::kOk) << item.item << ": " << item.detail;
}

TEST(KafkaVerdict, fewer_brokers_than_copies_fail_unless_one_is_accepted_by_name) {
    EXPECT_EQ(judge_replication(settings(), 3).verdict, Verdict::kOk);
    const CheckItem lonely = judge_replication(settings(), 1);
    EXPECT_EQ(lonely.verdict, Verdict::kFailed);
    EXPECT_NE(lonely.remedy.find("kafka.single_broker = true"), std::string::npos);
    EXPECT_EQ(judge_replication(single(), 1).verdict, Verdict::kOk);
}

TEST(KafkaVerdict, a_broker_without_partition_verification_is_too_old) {
    ConfigEntries old = safe_broker();
    old.erase("transaction.partition.verification.enable");
    const CheckItem item = find(judge_broker(settings(), old), "broker version");
    EXPECT_EQ(item.verdict, Verdict::kFailed);
    EXPECT_EQ(item.error, ErrorName::kKafkaTooOld);
}

TEST(KafkaVerdict, one_copy_in_sync_fails_with_the_command_that_mends_it) {
    ConfigEntries broker = safe_broker();
    broker["min.insync.replicas"] = "1";
    const CheckItem item = find(judge_broker(settings(), broker), "min.insync.replicas");
    EXPECT_EQ(item.verdict, Verdict::kFailed);
    EXPECT_EQ(item.remedy,
              "kafka-configs.sh --bootstrap-server k1:9092 --alter --entity-type brokers "
              "--entity-default --add-config min.insync.replicas=2");
    EXPECT_EQ(find(judge_broker(single(), broker), "min.insync.replicas").verdict, Verdict::kOk);
}

TEST(KafkaVerdict, an_unclean_election_fails_even_with_a_single_broker) {
    ConfigEntries broker = safe_broker();
    broker["unclean.leader.election.enable"] = "true";
    EXPECT_EQ(find(judge_broker(single(), broker), "unclean leader election").verdict,
              Verdict::kFailed);
}

TEST(KafkaVerdict, the_brokers_must_allow_our_transaction_timeout) {
    ConfigEntries broker = safe_broker();
    broker["transaction.max.timeout.ms"] = "59999";
    EXPECT_EQ(find(judge_broker(settings(), broker), "transaction.max.timeout.ms").verdict,
              Verdict::kFailed);
    broker["transaction.max.timeout.ms"] = "60000";
    EXPECT_EQ(find(judge_broker(settings(), broker), "transaction.max.timeout.ms").verdict,
              Verdict::kOk);
}

TEST(KafkaVerdict, at_least_once_asks_nothing_of_transactions) {
    KafkaSettings settings_of = settings();
    settings_of.delivery = Delivery::kAtLeastOnce;
    ConfigEntries old = safe_broker();
    old.erase("transaction.partition.verification.enable");
    for (const CheckItem& item : judge_broker(settings_of, old))
        EXPECT_EQ(item.verdict, Verdict::kOk) << item.item;
}

ConfigEntries state_config() {
    ConfigEntries config;
    for (const auto& [name, value] : state_topic_config()) config[name] = value;
    return config;
}

TEST(StateTopicPolicy, ours_and_anything_tighter_is_right) {
    EXPECT_EQ(state_topic_remedy(state_config()), "");
    ConfigEntries tighter = state_config();
    tighter["segment.bytes"] = "1048576";
    tighter["min.cleanable.dirty.ratio"] = "0.01";
    EXPECT_EQ(state_topic_remedy(tighter), "");
}

TEST(StateTopicPolicy, retention_instead_of_compaction_would_lose_the_position) {
    for (const char* policy : {"delete", "compact,delete"}) {
        ConfigEntries config = state_config();
        config["cleanup.policy"] = policy;
        EXPECT_EQ(state_topic_remedy(config), "cleanup.policy=compact") << policy;
    }
}

TEST(StateTopicPolicy, each_wrong_setting_is_named) {
    const ConfigEntries defaults = {{"cleanup.policy", "compact"},
                                    {"segment.bytes", "1073741824"},
                                    {"segment.ms", "604800000"},
                                    {"min.cleanable.dirty.ratio", "0.5"}};
    EXPECT_EQ(state_topic_remedy(defaults),
              "segment.bytes=16777216,segment.ms=600000,min.cleanable.dirty.ratio=0.1");
}

TEST(KafkaVerdict, the_state_topic_has_one_partition_and_its_policy) {
    const TopicShape shape{.partitions = 1, .replication = 3, .leaders_known = true};
    EXPECT_EQ(judge_state_topic(settings(), shape, state_config()).verdict, Verdict::kOk);
    EXPECT_EQ(
        judge_state_topic(settings(), {.partitions = 2, .replication = 3, .leaders_known = true},
                          state_config())
            .verdict,
        Verdict::kFailed);
    EXPECT_EQ(judge_state_topic(settings(), shape, std::nullopt).verdict, Verdict::kWarning);
}

TEST(KafkaVerdict, missing_rights_print_the_acl_command) {
    EXPECT_EQ(judge_rights(settings(), {}).verdict, Verdict::kOk);
    const CheckItem item = judge_rights(settings(), {"Read", "Write"});
    EXPECT_EQ(item.verdict, Verdict::kFailed);
    EXPECT_EQ(item.error, ErrorName::kKafkaAuthorization);
    EXPECT_NE(item.remedy.find("kafka-acls.sh"), std::string::npos);
    EXPECT_NE(item.remedy.find("--operation Read --operation Write"), std::string::npos);
}

TEST(KafkaVerdict, a_refused_trial_id_only_warns_because_the_real_ids_may_be_granted) {
    const auto refused =
        kafka_failure(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "could not fence");
    EXPECT_EQ(judge_transactions(settings(), refused).verdict, Verdict::kWarning);
    const auto unavailable =
        kafka_failure(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, "could not fence");
    EXPECT_EQ(judge_transactions(settings(), unavailable).verdict, Verdict::kFailed);
    EXPECT_EQ(judge_transactions(settings(), std::nullopt).verdict, Verdict::kOk);
}

}  // namespace
}  // namespace penstock
