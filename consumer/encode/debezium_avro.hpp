// The format debezium-avro: what Debezium's PostgreSQL connector writes through Confluent's
// AvroConverter, with names adjusted for Avro: keys and envelopes as Avro records behind the byte 0
// and the schema's id. One plan per relation; a row is then a walk over value writers.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_debezium_avro(const EncodeOptions& options);

}  // namespace penstock
