// Judges the snapshots on demand that a schedule left in Kafka: for every request that was done,
// somebody who reads the topics from its acceptance on and never saw anything before must end up
// with the modelled table, large values included; no row may follow a newer one of its key; no key
// is read twice for one request; and the progress in the state topic covers exactly the rows of its
// Kafka transaction and those before (I2). Knows the models and the promise.
#pragma once

#include <optional>
#include <string>

#include "kafka_model.hpp"
#include "postgres_model.hpp"

namespace penstock::simulation {

std::optional<std::string> check_snapshots(const KafkaModel& kafka, const PostgresModel& postgres);

}  // namespace penstock::simulation
