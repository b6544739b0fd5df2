// The format protobuf: the bytes of the plugin's Change handed on as they are, with our own fields
// behind them (proto/record.proto), and in front what names their schema, where that is wanted.
// Nothing is decoded but the key. Keys are row messages of the key columns. What is put together
// anew is a key change, as a delete and a create, and the changes of a table whose columns have
// other numbers in its topic than in the catalog.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_protobuf_raw(const EncodeOptions& options);

}  // namespace penstock
