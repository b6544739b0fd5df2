// The format debezium-json: what Debezium's PostgreSQL connector writes through Kafka Connect's
// JsonConverter, byte for byte. One plan per relation, built in prepare(); a row is then a walk
// over constant texts and value writers, without a map, a document or an allocation.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_debezium_json(const EncodeOptions& options);

}  // namespace penstock
