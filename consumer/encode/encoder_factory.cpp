#include "encode/encoder_factory.hpp"

#include "encode/debezium_json.hpp"

namespace penstock {

std::unique_ptr<RecordEncoder> make_encoder(const EncodeOptions& options) {
    return std::make_unique<DebeziumJson>(options);
}

}  // namespace penstock
