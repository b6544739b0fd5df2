// The format protobuf: the bytes of the plugin's Change handed on as they are, with our own fields
// behind them (proto/record.proto). Nothing is decoded but the key. Keys are row messages of the
// key columns. Only a key change is put together anew, as a delete and a create.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_protobuf_raw(const EncodeOptions& options);

}  // namespace penstock
