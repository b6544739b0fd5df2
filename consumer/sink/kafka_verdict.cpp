#include "sink/kafka_verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "sink/state_topic.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

constexpr std::int32_t kSafeReplication = 3;
constexpr std::int64_t kSafeInsync = 2;
constexpr std::int64_t kBatchBytes = 1'000'000;  // batch.size of our producers.

CheckItem good(std::string item, std::string detail) {
    return {std::move(item), Verdict::kOk, std::move(detail), {}, std::nullopt};
}

CheckItem bad(std::string item, ErrorName error, std::string detail, std::string remedy) {
    return {std::move(item), Verdict::kFailed, std::move(detail), std::move(remedy), error};
}

CheckItem unsure(std::string item, std::string detail, std::string remedy) {
    return {std::move(item), Verdict::kWarning, std::move(detail), std::move(remedy), std::nullopt};
}

std::optional<std::int64_t> number(const ConfigEntries& config, const std::string& name) {
    const auto found = config.find(name);
    if (found == config.end()) return std::nullopt;
    std::int64_t value = 0;
    const char* const end = found->second.data() + found->second.size();
    if (std::from_chars(found->second.data(), end, value).ec != std::errc()) return std::nullopt;
    return value;
}

std::string set_for_all_brokers(const KafkaSettings& settings, std::string_view property) {
    return fmt::format(
        "kafka-configs.sh --bootstrap-server {} --alter --entity-type brokers --entity-default "
        "--add-config {}",
        settings.brokers, property);
}

std::string grant(const KafkaSettings& settings, std::string_view operations,
                  std::string_view resource) {
    return fmt::format(
        "kafka-acls.sh --bootstrap-server {} --add --allow-principal User:NAME {} {}",
        settings.brokers, operations, resource);
}

// Partition verification, the broker's half of KIP-890, came with 3.6 and brought this property;
// no client is told the broker's release.
CheckItem judge_version(const ConfigEntries& broker) {
    const std::string item = "broker version";
    const auto found = broker.find("transaction.partition.verification.enable");
    if (found == broker.end())
        return bad(item, ErrorName::kKafkaTooOld,
                   "older than 3.6: it does not verify that a partition belongs to the open Kafka "
                   "transaction",
                   "Upgrade the brokers to Kafka 3.6 or newer.");
    if (found->second != "true")
        return bad(item, ErrorName::kKafkaTooOld,
                   "transaction.partition.verification.enable is off",
                   "Set transaction.partition.verification.enable=true on every broker.");
    return good(item, "3.6 or newer");
}

CheckItem judge_insync(const KafkaSettings& settings, const ConfigEntries& broker) {
    const std::string item = "min.insync.replicas";
    const std::int64_t insync = number(broker, "min.insync.replicas").value_or(1);
    if (settings.single_broker)
        return good(item, "not asked for: kafka.single_broker accepts a single copy");
    if (insync >= kSafeInsync) return good(item, fmt::format("{}", insync));
    return bad(item, ErrorName::kTopicPolicy,
               fmt::format("{}: one lost disk can lose records", insync),
               set_for_all_brokers(settings, "min.insync.replicas=2"));
}

CheckItem judge_election(const KafkaSettings& settings, const ConfigEntries& broker) {
    const std::string item = "unclean leader election";
    const auto found = broker.find("unclean.leader.election.enable");
    if (found == broker.end() || found->second != "true") return good(item, "off");
    return bad(item, ErrorName::kTopicPolicy,
               "on: a copy that lags can become leader, and acknowledged records get lost",
               set_for_all_brokers(settings, "unclean.leader.election.enable=false"));
}

CheckItem judge_timeout(const KafkaSettings& settings, const ConfigEntries& broker) {
    const std::string item = "transaction.max.timeout.ms";
    const std::int64_t ours = settings.transaction_timeout.count();
    const std::int64_t limit = number(broker, "transaction.max.timeout.ms").value_or(ours);
    if (limit >= ours) return good(item, fmt::format("{}, enough for our {}", limit, ours));
    return bad(item, ErrorName::kKafkaTransactions,
               fmt::format("{}, less than kafka.transaction_timeout of {} ms", limit, ours),
               fmt::format("Set transaction.max.timeout.ms={} on every broker, or lower "
                           "kafka.transaction_timeout.",
                           ours));
}

CheckItem judge_message_size(const KafkaSettings& settings, const ConfigEntries& broker) {
    const std::string item = "message.max.bytes";
    const std::int64_t limit = number(broker, "message.max.bytes").value_or(kBatchBytes);
    if (limit >= kBatchBytes) return good(item, fmt::format("{}", limit));
    return bad(
        item, ErrorName::kTopicPolicy,
        fmt::format("{}, less than a batch of ours, which has up to {} bytes", limit, kBatchBytes),
        set_for_all_brokers(settings, "message.max.bytes=1048588"));
}

}  // namespace

std::string text_of(const KafkaFailure& failure) {
    std::string_view detail = failure.error.detail;
    if (detail.ends_with('.')) detail.remove_suffix(1);
    if (detail.empty()) return failure.error.message;
    return fmt::format("{} ({})", failure.error.message, detail);
}

CheckItem judge_replication(const KafkaSettings& settings, std::size_t brokers) {
    const std::string item = "replication";
    if (settings.single_broker)
        return good(item, fmt::format("one copy, {} broker{}: accepted by kafka.single_broker",
                                      brokers, brokers == 1 ? "" : "s"));
    if (static_cast<std::size_t>(settings.replication) > brokers)
        return bad(item, ErrorName::kTopicPolicy,
                   fmt::format("{} copies are wanted, the cluster has {} broker{}",
                               settings.replication, brokers, brokers == 1 ? "" : "s"),
                   "Add brokers, or accept a single copy by name: kafka.single_broker = true");
    if (settings.replication < kSafeReplication)
        return bad(item, ErrorName::kTopicPolicy,
                   fmt::format("only {} copies are wanted", settings.replication),
                   "Set topics.replication = 3, or accept a single copy by name: "
                   "kafka.single_broker = true");
    return good(item, fmt::format("{} copies on {} brokers", settings.replication, brokers));
}

std::vector<CheckItem> judge_broker(const KafkaSettings& settings, const ConfigEntries& broker) {
    std::vector<CheckItem> items;
    if (settings.delivery == Delivery::kExactlyOnce) {
        items.push_back(judge_version(broker));
        items.push_back(judge_timeout(settings, broker));
    }
    items.push_back(judge_insync(settings, broker));
    items.push_back(judge_election(settings, broker));
    items.push_back(judge_message_size(settings, broker));
    return items;
}

CheckItem judge_state_topic(const KafkaSettings& settings, const TopicShape& shape,
                            const std::optional<ConfigEntries>& config) {
    const std::string item = "state topic";
    const std::string topic = state_topic_name(settings);
    if (shape.partitions != 1)
        return bad(item, ErrorName::kTopicPolicy,
                   fmt::format("\"{}\" has {} partitions instead of 1", topic, shape.partitions),
                   "Use another slot name or prefix.");
    if (!config)
        return unsure(
            item, fmt::format("the policy of \"{}\" cannot be read", topic),
            grant(settings, "--operation DescribeConfigs", fmt::format("--topic {}", topic)));
    const std::string remedy = state_topic_remedy(*config);
    if (!remedy.empty())
        return bad(
            item, ErrorName::kTopicPolicy, fmt::format("\"{}\" needs {}", topic, remedy),
            fmt::format("kafka-configs.sh --bootstrap-server {} --alter --entity-type topics "
                        "--entity-name {} --add-config {}",
                        settings.brokers, topic, remedy));
    if (!settings.single_broker && shape.replication < kSafeReplication)
        return unsure(item, fmt::format("\"{}\" has only {} copies", topic, shape.replication),
                      "kafka-reassign-partitions.sh");
    return good(item, fmt::format("\"{}\" is compacted, with one partition", topic));
}

CheckItem judge_hidden_state_topic(const KafkaSettings& settings, const KafkaFailure& failure) {
    std::string remedy(error_row(failure.error.name).remedy);
    if (failure.error.name == ErrorName::kKafkaAuthorization)
        remedy = grant(settings,
                       "--operation Create --operation Read --operation Write --operation Describe "
                       "--operation DescribeConfigs",
                       fmt::format("--topic {}", state_topic_name(settings)));
    return bad("state topic", failure.error.name, text_of(failure), std::move(remedy));
}

CheckItem judge_rights(const KafkaSettings& settings, const std::vector<std::string>& missing) {
    const std::string item = "rights on the state topic";
    if (missing.empty()) return good(item, "Read, Write and Describe are granted");
    std::string operations;
    for (const std::string& right : missing) operations += "--operation " + right + " ";
    return bad(item, ErrorName::kKafkaAuthorization,
               fmt::format("missing: {}", fmt::join(missing, ", ")),
               grant(settings, operations, fmt::format("--topic {}", state_topic_name(settings))));
}

CheckItem judge_create(const KafkaSettings& settings, const std::optional<KafkaFailure>& failure) {
    const std::string item = "creating topics";
    if (!failure) return good(item, "the brokers would make a topic of this prefix");
    const std::string detail = text_of(*failure);
    if (failure->error.name == ErrorName::kKafkaAuthorization)
        return bad(item, ErrorName::kKafkaAuthorization, detail,
                   grant(settings,
                         "--operation Create --operation Write --operation Describe "
                         "--operation DescribeConfigs --resource-pattern-type prefixed",
                         fmt::format("--topic {}.", settings.prefix)));
    return bad(item, failure->error.name, detail,
               "Set topics.replication and topics.partitions to what the brokers take.");
}

CheckItem judge_transactions(const KafkaSettings& settings,
                             const std::optional<KafkaFailure>& failure) {
    const std::string item = "Kafka transactions";
    if (!failure) return good(item, "a transactional id of this pipe could be initialised");
    const std::string detail = text_of(*failure);
    const std::string ids = fmt::format("penstock.{}.{}.", settings.prefix, settings.slot);
    // The rights may have been granted to the two ids one by one; then only this trial is refused.
    if (failure->error.name == ErrorName::kKafkaAuthorization)
        return unsure(item, detail,
                      grant(settings,
                            "--operation Write --operation Describe --resource-pattern-type "
                            "prefixed",
                            fmt::format("--transactional-id {}", ids)));
    return bad(item, failure->error.name, detail,
               "Set transaction.state.log.replication.factor to at most the number of brokers, and "
               "look at the broker's log.");
}

}  // namespace penstock
