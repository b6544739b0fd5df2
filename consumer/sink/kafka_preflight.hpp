// What `penstock check` and the start of `run` ask of Kafka before the first record: each finding
// with the command line that mends it. Changes nothing in Kafka but one thing: with exactly once a
// transactional id of its own, ending in ".check", is initialised, because only that proves that
// Kafka transactions are to be had. The ids of the pipe itself are never touched: that would fence
// it.
#pragma once

#include <vector>

#include "engine/check_item.hpp"
#include "engine/error.hpp"
#include "sink/kafka_settings.hpp"

namespace penstock {

// Whether librdkafka takes the settings: configuration_invalid names the property. Asks no broker.
Status check_kafka_settings(const KafkaSettings& settings);

// Blocks, for a few seconds when no broker answers. Any thread.
std::vector<CheckItem> check_kafka(const KafkaSettings& settings);

}  // namespace penstock
