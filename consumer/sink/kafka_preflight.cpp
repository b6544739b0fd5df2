#include "sink/kafka_preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sink/kafka_verdict.hpp"
#include "sink/producer.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

// A person waits for the answer.
constexpr std::chrono::milliseconds kPatience{5000};

bool never() {
    return false;
}

CheckItem item_of(std::string item, Verdict verdict, const KafkaFailure& failure) {
    const ErrorRow& row = error_row(failure.error.name);
    return {std::move(item), verdict, text_of(failure),
            failure.error.hint.empty() ? std::string(row.remedy) : failure.error.hint,
            failure.error.name};
}

void check_brokers(const KafkaSettings& settings, TopicAdmin& admin,
                   const std::vector<std::int32_t>& brokers, std::vector<CheckItem>& items) {
    items.push_back(judge_replication(settings, brokers.size()));
    auto config = admin.broker_config(brokers.front());
    if (!config) {
        items.push_back(item_of("broker settings", Verdict::kWarning, config.error()));
        items.back().remedy = fmt::format(
            "kafka-acls.sh --bootstrap-server {} --add --allow-principal User:NAME "
            "--operation DescribeConfigs --cluster",
            settings.brokers);
        return;
    }
    for (CheckItem& item : judge_broker(settings, *config)) items.push_back(std::move(item));
}

void check_state_topic(const KafkaSettings& settings, TopicAdmin& admin,
                       std::vector<CheckItem>& items) {
    const std::string topic = state_topic_name(settings);
    auto shape = admin.look(topic);
    if (!shape) {
        items.push_back(judge_hidden_state_topic(settings, shape.error()));
        return;
    }
    if (!*shape) {
        items.push_back({"state topic",
                         Verdict::kOk,
                         fmt::format("\"{}\" will be made", topic),
                         {},
                         std::nullopt});
        return;
    }
    auto config = admin.topic_config(topic);
    items.push_back(judge_state_topic(settings, **shape,
                                      config ? std::optional(std::move(*config)) : std::nullopt));
    if (auto missing = admin.missing_rights(topic))
        items.push_back(judge_rights(settings, *missing));
    else
        items.push_back(item_of("rights on the state topic", Verdict::kFailed, missing.error()));
}

std::optional<KafkaFailure> failure_of(KafkaStatus status) {
    if (status) return std::nullopt;
    return std::move(status.error());
}

CheckItem check_create(const KafkaSettings& settings, TopicAdmin& admin) {
    const TopicPlan plan{settings.prefix + ".__penstock_check",
                         settings.partitions,
                         settings.effective_replication(),
                         {{"cleanup.policy", settings.cleanup_policy}}};
    return judge_create(settings, failure_of(admin.would_make(plan)));
}

CheckItem check_transactions(const KafkaSettings& settings) {
    const std::string id = fmt::format("penstock.{}.{}.check", settings.prefix, settings.slot);
    auto producer = Producer::create(settings, id, [](std::unique_ptr<BorrowedChunk>) {});
    if (!producer) return judge_transactions(settings, KafkaFailure{producer.error(), false});
    return judge_transactions(settings, failure_of((*producer)->init(never)));
}

}  // namespace

Status check_kafka_settings(const KafkaSettings& settings) {
    const ClientOptions kinds[] = {{ClientKind::kProducer, transactional_id(settings, 'a')},
                                   {ClientKind::kAdmin, {}},
                                   {ClientKind::kReader, {}},
                                   {ClientKind::kTail, {}}};
    for (const ClientOptions& options : kinds)
        if (auto conf = client_conf(settings, options); !conf) return Failure(conf.error());
    return {};
}

std::vector<CheckItem> check_kafka(const KafkaSettings& configured) {
    KafkaSettings settings = configured;
    settings.request_timeout = std::min(settings.request_timeout, kPatience);
    settings.fence_timeout = std::min(settings.fence_timeout, kPatience);
    std::vector<CheckItem> items;
    auto admin = TopicAdmin::create(settings, never);
    if (!admin) {
        items.push_back(item_of("settings", Verdict::kFailed, KafkaFailure{admin.error(), false}));
        return items;
    }
    auto brokers = (*admin)->brokers();
    if (!brokers) {
        items.push_back(item_of("brokers", Verdict::kFailed, brokers.error()));
        return items;
    }
    // A broker that its controller does not count in answers, and lists none.
    if (brokers->empty()) {
        items.push_back(item_of("brokers", Verdict::kFailed,
                                kafka_failure(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                                              "could not use Kafka: it lists no brokers")));
        return items;
    }
    items.push_back(
        {"brokers", Verdict::kOk, fmt::format("{} answered", brokers->size()), {}, std::nullopt});
    check_brokers(settings, **admin, *brokers, items);
    check_state_topic(settings, **admin, items);
    items.push_back(check_create(settings, **admin));
    if (settings.delivery == Delivery::kExactlyOnce) items.push_back(check_transactions(settings));
    return items;
}

}  // namespace penstock
