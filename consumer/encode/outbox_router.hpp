// Stands in front of an encoder and makes events of the rows of outbox tables, as Debezium's
// EventRouter does: an INSERT is one record whose topic is made of a column's value, whose key,
// value, headers and time are those of other columns. A DELETE cleans the table up and makes none.
// All other tables pass.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// `behind` as it is when no outbox table is named. kConfigurationInvalid when a pattern cannot be
// read.
Result<std::unique_ptr<RecordEncoder>> make_outbox_router(const EncodeOptions& options,
                                                          std::unique_ptr<RecordEncoder> behind);

}  // namespace penstock
