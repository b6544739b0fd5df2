// How to reach Kafka and what to make there: plain values, filled from the configuration, read by
// everything in this room. No librdkafka type, no behaviour but the names that follow from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/secret.hpp"

namespace penstock {

enum class Delivery : std::uint8_t {
    kExactlyOnce,  // Every batch is one Kafka transaction.
    kAtLeastOnce,  // Idempotent producer without Kafka transactions: a crash repeats records.
};

struct KafkaSettings {
    std::string brokers;  // "host:port,host:port"
    std::string prefix;   // First part of every topic name and of the transactional ids.
    std::string slot;
    std::uint64_t instance = 0;  // Random, per process; part of client.id.
    Delivery delivery = Delivery::kExactlyOnce;

    // Topics that we create.
    std::int32_t partitions = 1;
    std::int32_t replication = 3;           // 1 when single_broker is set.
    std::string cleanup_policy = "delete";  // "delete", "compact" or "compact,delete".
    bool single_broker = false;             // Accepts a single broker by name.

    // Passed to librdkafka as they are (security.protocol, sasl.*, ssl.*, ...), after our own and
    // over them, but for the ones that the guarantees rest on: reserved_properties().
    std::vector<std::pair<std::string, Secret>> properties;

    // The coordinator aborts a Kafka transaction that is open for longer than this.
    std::chrono::milliseconds transaction_timeout{60'000};
    // How long one question to the brokers may take before it counts as unreachable.
    std::chrono::milliseconds request_timeout{10'000};
    // How long fencing may take: it waits for a commit of an older instance that is under way.
    std::chrono::milliseconds fence_timeout{30'000};

    std::int32_t effective_replication() const { return single_broker ? 1 : replication; }
};

// "<prefix>.__penstock_state.<slot>"
inline std::string state_topic_name(const KafkaSettings& settings) {
    return settings.prefix + ".__penstock_state." + settings.slot;
}

// "penstock.<prefix>.<slot>.a" and ".b": fixed for ever, because they are what fences.
inline std::string transactional_id(const KafkaSettings& settings, char which) {
    return "penstock." + settings.prefix + "." + settings.slot + "." + which;
}

}  // namespace penstock
