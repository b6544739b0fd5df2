// From the configuration to the options of encoders: what records show of the source ([filter],
// [columns], [flatten]). Plain translation, as wiring.hpp has it for the rest.
#pragma once

#include "config/configuration.hpp"
#include "encode/encode_options.hpp"

namespace penstock {

void set_shape_options(const Configuration& configuration, EncodeOptions& options);

}  // namespace penstock
