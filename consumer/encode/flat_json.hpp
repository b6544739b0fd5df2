// Flat JSON records: the row and, behind its columns, facts of the change. Two formats of one
// shape: debezium-json with [flatten], which is what Debezium's ExtractNewRecordState makes of the
// envelope, and our own flat-json, which adds __op, __deleted, __lsn, __ordinal (together they
// order all changes of a key) and __unchanged, the names of columns whose value the server did not
// log.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// kConfigurationInvalid when a field or header names no fact of a change.
Result<std::unique_ptr<RecordEncoder>> make_flat_json(const EncodeOptions& options);

}  // namespace penstock
