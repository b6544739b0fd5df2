#include "sink/state_topic.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace penstock {
namespace {

// One position record a commit, hundreds of commits a second: with the broker's defaults (segments
// of 1 GiB, of which the active one is never cleaned) a start would read millions of records.
struct Policy {
    const char* name;
    const char* value;
    bool limit;  // A smaller number is as good.
};
constexpr std::array kPolicy = {
    Policy{"cleanup.policy", "compact", false},
    Policy{"segment.bytes", "16777216", true},
    Policy{"segment.ms", "600000", true},
    Policy{"min.cleanable.dirty.ratio", "0.1", true},
};

bool satisfied(const Policy& policy, const std::string& value) {
    if (!policy.limit) return value == policy.value;
    return std::strtod(value.c_str(), nullptr) <= std::strtod(policy.value, nullptr) + 1e-9;
}

KafkaFailure wrong_policy(const std::string& topic, std::string message, std::string hint) {
    return {Error{ErrorName::kTopicPolicy,
                  fmt::format("topic \"{}\" cannot hold the state: {}", topic, message),
                  {},
                  std::move(hint)},
            false};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> state_topic_config() {
    std::vector<std::pair<std::string, std::string>> config;
    for (const Policy& policy : kPolicy) config.emplace_back(policy.name, policy.value);
    return config;
}

std::string state_topic_remedy(const ConfigEntries& config) {
    std::string remedy;
    for (const Policy& policy : kPolicy) {
        const auto found = config.find(policy.name);
        if (found != config.end() && satisfied(policy, found->second)) continue;
        remedy += fmt::format("{}{}={}", remedy.empty() ? "" : ",", policy.name, policy.value);
    }
    return remedy;
}

KafkaStatus ensure_state_topic(const KafkaSettings& settings, TopicAdmin& admin) {
    const std::string topic = state_topic_name(settings);
    auto found = admin.look(topic);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
        const TopicPlan plan{topic, 1, settings.effective_replication(), state_topic_config()};
        if (KafkaStatus made = admin.make(plan); !made) return made;
    }
    auto shape = admin.await_leaders(topic);
    if (!shape) return tl::unexpected(shape.error());
    if (shape->partitions != 1)
        return tl::unexpected(
            wrong_policy(topic, fmt::format("it has {} partitions instead of 1", shape->partitions),
                         "Choose another slot name or prefix, or delete the topic if nothing was "
                         "published with it."));
    auto config = admin.topic_config(topic);
    if (!config) return tl::unexpected(config.error());
    const std::string remedy = state_topic_remedy(*config);
    if (remedy.empty()) return {};
    return tl::unexpected(wrong_policy(
        topic, fmt::format("it needs {}", remedy),
        fmt::format("Run: kafka-configs.sh --bootstrap-server {} --alter --entity-type topics "
                    "--entity-name {} --add-config {}",
                    settings.brokers, topic, remedy)));
}

}  // namespace penstock
