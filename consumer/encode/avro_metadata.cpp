#include "encode/avro_metadata.hpp"

#include "encode/avro_records.hpp"
#include "encode/avro_schema.hpp"
#include "encode/avro_source.hpp"
#include "encode/avro_value.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

constexpr std::string_view kConnector = "io.debezium.connector.postgresql";
constexpr std::string_view kCommon = "io.debezium.connector.common";

constexpr std::string_view kTransactionFields =
    R"({"name":"status","type":"string"},{"name":"id","type":"string"},)"
    R"({"name":"event_count","type":["null","long"],"default":null},)"
    R"({"name":"data_collections","type":["null",{"type":"array","items":["null",)"
    R"({"type":"record","name":"collection","namespace":"event","fields":[)"
    R"({"name":"data_collection","type":"string"},{"name":"event_count","type":"long"}],)"
    R"("connect.version":1,"connect.name":"event.collection"}]}],"default":null},)"
    R"({"name":"ts_ms","type":"long"})";

// A record of Debezium's own, all of which have version 1.
std::string record(std::string_view name_space, std::string_view name, std::string_view fields) {
    std::string text = R"({"type":"record","name":")";
    text.append(name).append(R"(","namespace":")").append(name_space);
    text.append(R"(","fields":[)").append(fields);
    text.append(R"(],"connect.version":1,"connect.name":")").append(name_space);
    return text.append(".").append(name).append("\"}");
}

std::string key_schema(MetadataKind kind) {
    switch (kind) {
        case MetadataKind::kTransaction:
            return record(kCommon, "TransactionMetadataKey", R"({"name":"id","type":"string"})");
        case MetadataKind::kMessage:
            return record(kConnector, "MessageKey",
                          R"({"name":"prefix","type":["null","string"],"default":null})");
        case MetadataKind::kHeartbeat:
            break;
    }
    return record(kCommon, "ServerNameKey", R"({"name":"serverName","type":"string"})");
}

std::string message_schema(const EncodeOptions& options) {
    const bool bytes = options.binary == BinaryHandling::kBytes;
    std::string fields = R"({"name":"op","type":"string"},)"
                         R"({"name":"ts_ms","type":["null","long"],"default":null},)"
                         R"({"name":"source","type":)";
    fields.append(avro_source_schema(kConnector)).append("},");
    fields.append(avro_transaction_field()).append(R"(,{"name":"message","type":)");
    fields += R"({"type":"record","name":"Message","fields":[)"
              R"({"name":"prefix","type":["null","string"],"default":null},)"
              R"({"name":"content","type":["null",")";
    fields += bytes ? "bytes" : "string";
    fields += R"("],"default":null}],"connect.version":1,)"
              R"("connect.name":"io.debezium.connector.postgresql.Message"}})";
    return record(kConnector, "MessageValue", fields);
}

void put_long(ByteWriter& out, std::int64_t value) {
    out.ensure(kAvroLongMax);
    out.advance(put_avro_long(out.at(), value));
}

class MetadataAvro final : public MetadataFormat {
public:
    explicit MetadataAvro(const EncodeOptions& options)
        : options_(options), source_(options, "", "") {}

    std::vector<SchemaText> schemas_of(MetadataKind kind, const std::string& topic) const override;
    void route(MetadataKind kind, const std::vector<std::uint32_t>& schema_ids) override;
    void put_key(ByteWriter& out, MetadataKind kind, std::string_view field) override;
    void put_transaction(ByteWriter& out, std::string_view id, std::int64_t time_ms,
                         const TransactionCounts* counts) override;
    void put_message(ByteWriter& out, const MessageFrame& message, const RowContext& context,
                     const std::optional<TransactionCounts::Place>& place) override;
    void put_heartbeat(ByteWriter& out, std::int64_t time_ms) override;

private:
    struct Frames {
        std::string key;
        std::string value;
    };
    Frames& frames(MetadataKind kind) { return frames_[static_cast<std::size_t>(kind)]; }
    void put_content(ByteWriter& out, std::string_view content);

    EncodeOptions options_;
    AvroSource source_;
    Frames frames_[3];
    RecordBuffer text_;  // Of a message's content.
};

std::vector<SchemaText> MetadataAvro::schemas_of(MetadataKind kind,
                                                 const std::string& topic) const {
    std::string value;
    switch (kind) {
        case MetadataKind::kTransaction:
            value = record(kCommon, "TransactionMetadataValue", kTransactionFields);
            break;
        case MetadataKind::kMessage:
            value = message_schema(options_);
            break;
        case MetadataKind::kHeartbeat:
            value = record(kCommon, "Heartbeat", R"({"name":"ts_ms","type":"long"})");
            break;
    }
    return {{topic + "-key", "AVRO", key_schema(kind)}, {topic + "-value", "AVRO", value}};
}

void MetadataAvro::route(MetadataKind kind, const std::vector<std::uint32_t>& schema_ids) {
    if (schema_ids.size() != 2) return;
    frames(kind) = {avro_frame(schema_ids[0]), avro_frame(schema_ids[1])};
}

void MetadataAvro::put_key(ByteWriter& out, MetadataKind kind, std::string_view field) {
    out.put(frames(kind).key);
    if (kind == MetadataKind::kMessage) out.put(kAvroPresent);
    put_avro_bytes(out, field);
}

void MetadataAvro::put_transaction(ByteWriter& out, std::string_view id, std::int64_t time_ms,
                                   const TransactionCounts* counts) {
    out.put(frames(MetadataKind::kTransaction).value);
    put_avro_bytes(out, counts == nullptr ? "BEGIN" : "END");
    put_avro_bytes(out, id);
    if (counts == nullptr) {
        out.put(kAvroNull);  // event_count
        out.put(kAvroNull);  // data_collections
    } else {
        out.put(kAvroPresent);
        put_long(out, static_cast<std::int64_t>(counts->total()));
        out.put(kAvroPresent);
        const auto collections = counts->by_collection();
        if (!collections.empty()) put_long(out, static_cast<std::int64_t>(collections.size()));
        for (const auto& [name, events] : collections) {
            out.put(kAvroPresent);
            put_avro_bytes(out, name);
            put_long(out, static_cast<std::int64_t>(events));
        }
        put_long(out, 0);
    }
    put_long(out, time_ms);
}

// Bytes, or their text where bytes travel as text.
void MetadataAvro::put_content(ByteWriter& out, std::string_view content) {
    if (options_.binary == BinaryHandling::kBytes) return put_avro_bytes(out, content);
    text_.clear();
    ByteWriter text(text_);
    if (options_.binary == BinaryHandling::kHex) {
        put_hex(text, content);
    } else {
        const bool url_safe = options_.binary == BinaryHandling::kBase64UrlSafe;
        put_base64(text, content, url_safe ? Base64Alphabet::kUrlSafe : Base64Alphabet::kStandard);
    }
    text.finish();
    put_avro_bytes(out, text_.bytes());
}

void MetadataAvro::put_message(ByteWriter& out, const MessageFrame& message,
                               const RowContext& context,
                               const std::optional<TransactionCounts::Place>& place) {
    out.put(frames(MetadataKind::kMessage).value);
    put_avro_bytes(out, "m");
    out.put(kAvroPresent);
    put_long(out, context.now.count() / 1'000'000);
    source_.put(out, context, message.transactional);
    out.put(place ? kAvroPresent : kAvroNull);
    if (place) put_avro_transaction_block(out, context, *place);
    out.put(kAvroPresent);
    put_avro_bytes(out, message.prefix);
    out.put(kAvroPresent);
    put_content(out, message.content);
}

void MetadataAvro::put_heartbeat(ByteWriter& out, std::int64_t time_ms) {
    out.put(frames(MetadataKind::kHeartbeat).value);
    put_long(out, time_ms);
}

}  // namespace

void put_avro_transaction_block(ByteWriter& out, const RowContext& context,
                                const TransactionCounts::Place& place) {
    put_avro_bytes(out, transaction_id(context.transaction->xid, context.lsn));
    put_long(out, static_cast<std::int64_t>(place.total_order));
    put_long(out, static_cast<std::int64_t>(place.data_collection_order));
}

std::unique_ptr<MetadataFormat> make_metadata_avro(const EncodeOptions& options) {
    return std::make_unique<MetadataAvro>(options);
}

}  // namespace penstock
