// Looks at topics and brokers and makes topics; also knows where a partition ends. Internal to this
// room. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "sink/kafka_client.hpp"

namespace penstock {

struct TopicShape {
    std::int32_t partitions = 0;
    std::int32_t replication = 0;  // Of partition 0.
    bool leaders_known = false;    // Every partition has one.
};

struct TopicPlan {
    std::string name;
    std::int32_t partitions = 1;
    std::int32_t replication = 1;
    std::vector<std::pair<std::string, std::string>> config;
};

struct Watermarks {
    std::int64_t low = 0;
    std::int64_t high = 0;  // read_uncommitted.
};

enum class Isolation : std::uint8_t { kReadUncommitted, kReadCommitted };

using ConfigEntries = std::map<std::string, std::string>;

class TopicAdmin {
public:
    // Every question ends with an error after settings.request_timeout, or when cancelled.
    static Result<std::unique_ptr<TopicAdmin>> create(const KafkaSettings& settings,
                                                      Cancelled cancelled);

    // Nothing when there is no such topic.
    KafkaResult<std::optional<TopicShape>> look(const std::string& topic);

    // Partitions and ids of those of the topics that are there, in few requests.
    KafkaResult<std::map<std::string, TopicFacts>> describe(const std::vector<std::string>& topics);

    // Makes the topic; one that is there already is no failure. Broker auto-creation is never used:
    // it would fix the broker's default number of partitions for good.
    KafkaStatus make(const TopicPlan& plan);

    // Whether the brokers would make the topic; makes nothing.
    KafkaStatus would_make(const TopicPlan& plan);

    // Asks until every partition has a leader: a topic is not usable the moment it is made.
    KafkaResult<TopicShape> await_leaders(const std::string& topic);

    KafkaResult<Watermarks> watermarks(const std::string& topic, std::int32_t partition);

    // Where each of the topic's first `partitions` partitions ends, in their order: after the last
    // record, or, for readers of committed records, before the first transaction that is open.
    KafkaResult<std::vector<std::int64_t>> ends(const std::string& topic, std::int32_t partitions,
                                                Isolation isolation);

    KafkaResult<ConfigEntries> topic_config(const std::string& topic);
    KafkaResult<ConfigEntries> broker_config(std::int32_t broker);

    // Of Read, Write and Describe those that this login does not have on the topic. A cluster
    // without authorization grants all.
    KafkaResult<std::vector<std::string>> missing_rights(const std::string& topic);

    // Ids of the brokers that the cluster knows.
    KafkaResult<std::vector<std::int32_t>> brokers();

private:
    TopicAdmin(std::chrono::milliseconds patience, Cancelled cancelled)
        : patience_(patience), cancelled_(std::move(cancelled)) {}

    KafkaStatus create_topic(const TopicPlan& plan, bool only_validate);
    KafkaStatus describe(std::span<const std::string> topics,
                         std::map<std::string, TopicFacts>& found);
    KafkaResult<ConfigEntries> config(rd_kafka_ResourceType_t type, const std::string& name);
    rd_kafka_resp_err_t ask(const std::function<rd_kafka_resp_err_t(int patience_ms)>& question);
    KafkaResult<MetadataHandle> metadata(rd_kafka_topic_t* topic, std::string_view attempt);
    KafkaResult<EventHandle> await(rd_kafka_queue_t* queue, std::string_view attempt);
    int patience_ms() const { return static_cast<int>(patience_.count()); }
    KafkaFailure failure(rd_kafka_resp_err_t code, std::string_view attempt);

    std::chrono::milliseconds patience_;
    Cancelled cancelled_;
    ClientJournal journal_;
    ClientHandle client_;
};

}  // namespace penstock
