// The format flat-avro: the new row as one Avro record, with fields of ours behind the columns:
// __op (Debezium's letter), __deleted, __lsn, __ordinal, __unchanged (the columns whose TOAST value
// the server did not log; they are null). A DELETE shows the key and what else the old row has, and
// has its tombstone. Only columns of the key are required; no column has a default.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_flat_avro(const EncodeOptions& options);

}  // namespace penstock
