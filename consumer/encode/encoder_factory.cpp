#include "encode/encoder_factory.hpp"

#include "encode/debezium_json.hpp"
#include "encode/protobuf_raw.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_encoder(const EncodeOptions& options) {
    if (options.format == ValueFormat::kProtobuf) return make_protobuf_raw(options);
    return make_debezium_json(options);
}

}  // namespace penstock
