// Brings file, environment and flags together: flags win over the environment, the environment over
// the file, the file over the defaults. Every key and every value is checked against the table of
// keys; what is wrong is named, with the nearest key that exists. Values of secrets never appear in
// an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

struct ConfigurationInput {
    std::optional<std::string> file;                               // Must exist when it is given.
    std::vector<std::pair<std::string, std::string>> environment;  // Names and values.
    std::vector<std::pair<std::string, std::string>> flags;  // Keys ("kafka.brokers"), values.
};

// kConfigurationUnknownKey, kConfigurationInvalid, kConfigurationUnreadable,
// kSnapshotModeUnavailable.
Result<Configuration> load_configuration(const ConfigurationInput& input);

// One key from text, as the environment and flags give it; lists are separated by commas.
// `origin` says in errors where the value comes from.
Status set_key(Configuration& configuration, std::string_view key, std::string_view text,
               std::string_view origin);

// Whether everything is there that a pipe needs: a database, brokers, legal names.
Status check_for_run(const Configuration& configuration);

// Whether Kafka can be reached at all, and where the state lies: brokers and legal names.
Status check_for_kafka(const Configuration& configuration);

// "kafka://host:port,host:port/prefix": what the command line takes instead of keys.
Status apply_kafka_url(Configuration& configuration, std::string_view url);

}  // namespace penstock
