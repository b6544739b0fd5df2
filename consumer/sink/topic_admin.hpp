// Looks at topics and brokers and makes topics; also knows where a partition ends. Internal to this
// room. One thread at a time.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

using ConfigEntries = std::map<std::string, std::string>;

class TopicAdmin {
public:
    static Result<std::unique_ptr<TopicAdmin>> create(const KafkaSettings& settings);

    // Nothing when there is no such topic.
    KafkaResult<std::optional<TopicShape>> look(const std::string& topic);

    // Makes the topic; one that is there already is no failure. Broker auto-creation is never used:
    // it would fix the broker's default number of partitions for good.
    KafkaStatus make(const TopicPlan& plan);

    // Asks until every partition has a leader: a topic is not usable the moment it is made.
    KafkaResult<TopicShape> await_leaders(const std::string& topic);

    KafkaResult<Watermarks> watermarks(const std::string& topic, std::int32_t partition);

    KafkaResult<ConfigEntries> topic_config(const std::string& topic);
    KafkaResult<ConfigEntries> broker_config(std::int32_t broker);

    // Ids of the brokers that the cluster knows.
    KafkaResult<std::vector<std::int32_t>> brokers();

private:
    explicit TopicAdmin(std::chrono::milliseconds patience) : patience_(patience) {}

    KafkaResult<ConfigEntries> config(rd_kafka_ResourceType_t type, const std::string& name);
    KafkaResult<EventHandle> await(rd_kafka_queue_t* queue, std::string_view attempt);
    int patience_ms() const { return static_cast<int>(patience_.count()); }
    KafkaFailure failure(rd_kafka_resp_err_t code, std::string_view attempt);

    std::chrono::milliseconds patience_;
    ClientJournal journal_;
    ClientHandle client_;
};

}  // namespace penstock
