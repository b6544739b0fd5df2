#include "encode/encoder_factory.hpp"

#include "encode/avro_flat.hpp"
#include "encode/avro_metadata.hpp"
#include "encode/debezium_avro.hpp"
#include "encode/debezium_json.hpp"
#include "encode/emit_router.hpp"
#include "encode/flat_json.hpp"
#include "encode/marked_bytes.hpp"
#include "encode/metadata_json.hpp"
#include "encode/metadata_records.hpp"
#include "encode/name_pattern.hpp"
#include "encode/outbox_router.hpp"
#include "encode/protobuf_raw.hpp"
#include "encode/shaped_records.hpp"
#include "encode/size_policy.hpp"
#include "encode/unrepresentable_policy.hpp"

namespace penstock {
namespace {

Result<std::unique_ptr<RecordEncoder>> make_format(const EncodeOptions& options) {
    switch (options.format) {
        case ValueFormat::kDebeziumAvro:
            return make_debezium_avro(options);
        case ValueFormat::kFlatAvro:
            return make_flat_avro(options);
        case ValueFormat::kProtobuf:
            return make_protobuf_raw(options);
        case ValueFormat::kFlatJson:
            return make_flat_json(options);
        case ValueFormat::kDebeziumJson:
            break;
    }
    if (options.flatten.enabled) return make_flat_json(options);
    return make_debezium_json(options);
}

// One encoder, or two where tables differ in what becomes of values without a place.
Result<std::unique_ptr<RecordEncoder>> make_rows(const EncodeOptions& options) {
    if (options.null_unrepresentable.empty()) return make_format(options);
    auto nulls = NamePatterns::compile("format.unrepresentable_null", options.null_unrepresentable);
    if (!nulls) return Failure(std::move(nulls.error()));
    EncodeOptions with_nulls = options;
    with_nulls.unrepresentable = UnrepresentableValues::kNull;
    auto one = make_format(options);
    auto other = make_format(with_nulls);
    if (!one) return one;
    if (!other) return other;
    return std::make_unique<UnrepresentablePolicy>(std::move(*nulls), std::move(*one),
                                                   std::move(*other));
}

Result<std::unique_ptr<RecordEncoder>> with_metadata(const EncodeOptions& options,
                                                     std::unique_ptr<RecordEncoder> rows) {
    if (!wants_metadata(options)) return rows;
    auto format = options.format == ValueFormat::kDebeziumAvro ? make_metadata_avro(options)
                                                               : make_metadata_json(options);
    return MetadataRecords::make(options, std::move(rows), std::move(format));
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> make_encoder(const EncodeOptions& options) {
    for (const KeyColumns& key : options.key_columns) {
        const auto pattern = NamePatterns::compile("format.key_columns", {key.table});
        if (!pattern) return Failure(pattern.error());
    }
    auto shape = ShapeMaker::compile(options);
    if (!shape) return Failure(std::move(shape.error()));
    auto encoder = make_rows(options);
    if (encoder) encoder = make_outbox_router(options, std::move(*encoder));
    if (encoder) encoder = SizePolicy::make(options, std::move(*encoder));
    if (!encoder) return encoder;
    if (!shape->idle()) {
        encoder = std::make_unique<ShapedRecords>(std::move(*shape), options, std::move(*encoder));
    }
    encoder = MarkedBytes::make(options, std::move(*encoder));
    if (encoder) encoder = with_metadata(options, std::move(*encoder));
    return encoder ? EmitRouter::make(options, std::move(*encoder)) : std::move(encoder);
}

}  // namespace penstock
