// `penstock tail`: committed changes in the terminal, without Kafka. Its slot is temporary: it
// begins now and is gone with the connection, however this process ends.
#pragma once

#include <optional>

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

// Until `stop_fd` is readable (nothing is returned) or something goes wrong.
std::optional<Error> run_tail(const Configuration& configuration, int stop_fd);

}  // namespace penstock
