#include "encode/metadata_json.hpp"

#include "encode/connect_schema.hpp"
#include "encode/source_text.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

constexpr std::string_view kTransactionSchema =
    R"({"type":"struct","fields":[{"type":"string","optional":false,"field":"status"},)"
    R"({"type":"string","optional":false,"field":"id"},)"
    R"({"type":"int64","optional":true,"field":"event_count"},)"
    R"({"type":"array","items":{"type":"struct","fields":[)"
    R"({"type":"string","optional":false,"field":"data_collection"},)"
    R"({"type":"int64","optional":false,"field":"event_count"}],"optional":true,)"
    R"("name":"event.collection","version":1},"optional":true,"field":"data_collections"},)"
    R"({"type":"int64","optional":false,"field":"ts_ms"}],"optional":false,)"
    R"("name":"io.debezium.connector.common.TransactionMetadataValue","version":1})";

constexpr std::string_view kHeartbeatSchema =
    R"({"type":"struct","fields":[{"type":"int64","optional":false,"field":"ts_ms"}],)"
    R"("optional":false,"name":"io.debezium.connector.common.Heartbeat","version":1})";

std::string message_schema(const EncodeOptions& options) {
    const char* content = options.binary == BinaryHandling::kBytes ? "bytes" : "string";
    return R"({"type":"struct","fields":[{"type":"string","optional":false,"field":"op"},)"
           R"({"type":"int64","optional":true,"field":"ts_ms"},)" +
           source_schema() + "," + std::string(transaction_block_schema()) +
           R"(,{"type":"struct","fields":[{"type":"string","optional":true,"field":"prefix"},)"
           R"({"type":")" +
           content +
           R"(","optional":true,"field":"content"}],"optional":false,)"
           R"("name":"io.debezium.connector.postgresql.Message","version":1,"field":"message"}],)"
           R"("optional":false,"name":"io.debezium.connector.postgresql.MessageValue",)"
           R"("version":1})";
}

std::string key_schema(std::string_view field, bool optional, std::string_view name) {
    std::string text = R"({"type":"struct","fields":[{"type":"string","optional":)";
    text += optional ? "true" : "false";
    text.append(R"(,"field":")").append(field).append(R"("}],"optional":false,"name":")");
    return text.append(name).append(R"(","version":1})");
}

void put_number(ByteWriter& out, std::uint64_t number) {
    out.ensure(kIntegerTextMax);
    out.advance(put_unsigned(out.at(), number));
}

void put_time(ByteWriter& out, std::int64_t time_ms) {
    out.put("\"ts_ms\":");
    out.ensure(kIntegerTextMax);
    out.advance(put_signed(out.at(), time_ms));
}

class MetadataJson final : public MetadataFormat {
public:
    explicit MetadataJson(const EncodeOptions& options)
        : binary_(options.binary), source_(options, "", "") {
        if (!options.schemas_enable) return;
        tail_ = "}";
        const auto open = [](std::string_view schema) {
            return "{\"schema\":" + std::string(schema) + ",\"payload\":";
        };
        constexpr std::string_view kCommon = "io.debezium.connector.common.";
        heads_[0] = {open(key_schema("id", false, std::string(kCommon) + "TransactionMetadataKey")),
                     open(kTransactionSchema)};
        heads_[1] = {
            open(key_schema("prefix", true, "io.debezium.connector.postgresql.MessageKey")),
            open(message_schema(options))};
        heads_[2] = {open(key_schema("serverName", false, std::string(kCommon) + "ServerNameKey")),
                     open(kHeartbeatSchema)};
    }

    void put_key(ByteWriter& out, MetadataKind kind, std::string_view field) override {
        constexpr std::string_view kFields[] = {"{\"id\":", "{\"prefix\":", "{\"serverName\":"};
        out.put(head(kind).key);
        out.put(kFields[static_cast<std::size_t>(kind)]);
        put_json_string(out, field);
        out.put('}');
        out.put(tail_);
    }
    void put_transaction(ByteWriter& out, std::string_view id, std::int64_t time_ms,
                         const TransactionCounts* counts) override;
    void put_message(ByteWriter& out, const MessageFrame& message, const RowContext& context,
                     const std::optional<TransactionCounts::Place>& place) override;
    void put_heartbeat(ByteWriter& out, std::int64_t time_ms) override {
        out.put(head(MetadataKind::kHeartbeat).value);
        out.put('{');
        put_time(out, time_ms);
        out.put('}');
        out.put(tail_);
    }

private:
    // The schemas in front, when they are enabled.
    struct Heads {
        std::string key;
        std::string value;
    };
    const Heads& head(MetadataKind kind) const { return heads_[static_cast<std::size_t>(kind)]; }
    void put_content(ByteWriter& out, std::string_view content) const;

    BinaryHandling binary_;
    SourceText source_;
    Heads heads_[3];
    std::string tail_;
};

void MetadataJson::put_transaction(ByteWriter& out, std::string_view id, std::int64_t time_ms,
                                   const TransactionCounts* counts) {
    out.put(head(MetadataKind::kTransaction).value);
    out.put(counts == nullptr ? "{\"status\":\"BEGIN\",\"id\":" : "{\"status\":\"END\",\"id\":");
    put_json_string(out, id);
    if (counts == nullptr) {
        out.put(",\"event_count\":null,\"data_collections\":null,");
    } else {
        out.put(",\"event_count\":");
        put_number(out, counts->total());
        out.put(",\"data_collections\":");
        char separator = '[';
        for (const auto& [name, events] : counts->by_collection()) {
            out.put(separator);
            out.put("{\"data_collection\":");
            put_json_string(out, name);
            out.put(",\"event_count\":");
            put_number(out, events);
            out.put('}');
            separator = ',';
        }
        out.put(separator == '[' ? "[]," : "],");
    }
    put_time(out, time_ms);
    out.put('}');
    out.put(tail_);
}

void MetadataJson::put_content(ByteWriter& out, std::string_view content) const {
    out.put('"');
    switch (binary_) {
        case BinaryHandling::kHex:
            put_hex(out, content);
            break;
        case BinaryHandling::kBase64UrlSafe:
            put_base64(out, content, Base64Alphabet::kUrlSafe);
            break;
        default:
            put_base64(out, content);
            break;
    }
    out.put('"');
}

void MetadataJson::put_message(ByteWriter& out, const MessageFrame& message,
                               const RowContext& context,
                               const std::optional<TransactionCounts::Place>& place) {
    out.put(head(MetadataKind::kMessage).value);
    out.put("{\"op\":\"m\",");
    put_time(out, context.now.count() / 1'000'000);
    out.put(',');
    source_.put(out, context, message.transactional);
    out.put(",\"transaction\":");
    if (place) {
        put_transaction_block(out, context, *place);
    } else {
        out.put("null");
    }
    out.put(",\"message\":{\"prefix\":");
    put_json_string(out, message.prefix);
    out.put(",\"content\":");
    put_content(out, message.content);
    out.put("}}");
    out.put(tail_);
}

}  // namespace

std::string transaction_id(Xid xid, Lsn lsn) {
    return std::to_string(xid.value) + ":" + std::to_string(lsn.value);
}

void put_transaction_block(ByteWriter& out, const RowContext& context,
                           const TransactionCounts::Place& place) {
    out.put("{\"id\":\"");
    out.ensure(4 * kIntegerTextMax + 64);
    out.advance(put_unsigned(out.at(), context.transaction->xid.value));
    out.put(':');
    put_number(out, context.lsn.value);
    out.put("\",\"total_order\":");
    put_number(out, place.total_order);
    out.put(",\"data_collection_order\":");
    put_number(out, place.data_collection_order);
    out.put('}');
}

std::unique_ptr<MetadataFormat> make_metadata_json(const EncodeOptions& options) {
    return std::make_unique<MetadataJson>(options);
}

}  // namespace penstock
