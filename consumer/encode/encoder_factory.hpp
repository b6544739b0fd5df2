// The one door to the encoders: from options to the encoder of the chosen format. Whoever uses it
// knows the port engine/record_encoder.hpp and nothing of formats. It does not read the
// configuration.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// The options are copied. kConfigurationInvalid when a pattern among them cannot be read or two
// lists exclude each other; else never null.
Result<std::unique_ptr<RecordEncoder>> make_encoder(const EncodeOptions& options);

}  // namespace penstock
