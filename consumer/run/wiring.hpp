// From the one configuration to the settings of each room, so that no room has to know the
// configuration of another. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "encode/encode_options.hpp"
#include "registry/registry_settings.hpp"
#include "sink/kafka_settings.hpp"
#include "snapshot/snapshot_reader.hpp"
#include "source/postgres_source.hpp"

namespace penstock {

// `interrupt_fd`: see SourceSettings.
SourceSettings make_source_settings(const Configuration& configuration, int interrupt_fd = -1);
SnapshotSettings make_snapshot_settings(const Configuration& configuration, int interrupt_fd);

KafkaSettings make_kafka_settings(const Configuration& configuration, std::uint64_t instance);

// Where this pipe's socket is to be, with the folders that it needs; and where a client looks for
// it.
Result<std::string> control_path(const Configuration& configuration);
std::vector<std::string> control_candidates(const Configuration& configuration);

// Without URLs when none is configured.
RegistrySettings make_registry_settings(const Configuration& configuration);

// `database` is the name the server knows, for source.db.
EncodeOptions make_encode_options(const Configuration& configuration, const std::string& database);

}  // namespace penstock
