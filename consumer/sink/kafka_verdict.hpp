// Judges what was found out about the brokers. Pure: facts in, check items out. Internal to this
// room; kafka_preflight.cpp collects the facts.
#pragma once

#include <optional>
#include <vector>

#include "engine/check_item.hpp"
#include "sink/kafka_settings.hpp"
#include "sink/topic_admin.hpp"

namespace penstock {

// What a failure says, as the detail of an item.
std::string text_of(const KafkaFailure& failure);

CheckItem judge_replication(const KafkaSettings& settings, std::size_t brokers);

// Of the configuration of one broker: version, min.insync.replicas, unclean election, transaction
// timeout, message size.
std::vector<CheckItem> judge_broker(const KafkaSettings& settings, const ConfigEntries& broker);

// Of an existing state topic.
CheckItem judge_state_topic(const KafkaSettings& settings, const TopicShape& shape,
                            const std::optional<ConfigEntries>& config);

// The state topic cannot even be looked at.
CheckItem judge_hidden_state_topic(const KafkaSettings& settings, const KafkaFailure& failure);

// Rights that are missing on the state topic: "Read", "Write", "Describe".
CheckItem judge_rights(const KafkaSettings& settings, const std::vector<std::string>& missing);

// Whether a topic of the prefix could be made, and a transactional id used; `failure` is what came
// instead.
CheckItem judge_create(const KafkaSettings& settings, const std::optional<KafkaFailure>& failure);
CheckItem judge_transactions(const KafkaSettings& settings,
                             const std::optional<KafkaFailure>& failure);

}  // namespace penstock
