#include "encode/debezium_json.hpp"

#include "encode/connect_schema.hpp"
#include "encode/json_row.hpp"
#include "encode/metadata_json.hpp"
#include "encode/record_frame.hpp"
#include "encode/row_images.hpp"
#include "encode/source_text.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::string_view kEnvelopeHead = "{\"before\":";
constexpr std::string_view kAfter = ",\"after\":";
constexpr std::string_view kNoTransaction = ",\"transaction\":null,\"op\":\"";
constexpr std::string_view kTransaction = ",\"transaction\":";
constexpr std::string_view kOperation = ",\"op\":\"";

class DebeziumJson {
public:
    struct Plan;

    explicit DebeziumJson(const EncodeOptions& options) : options_(options), context_(options) {
        context_.nested_arrays = !options.schemas_enable;
    }

    RecordRules rules() const {
        return {.tombstones = options_.tombstones, .truncates = options_.truncates};
    }
    Result<std::string> topic_of(const Relation& relation) const {
        return debezium_topic_name(options_.topic_prefix, relation.schema, relation.name);
    }
    std::vector<SchemaText> schemas_of(const Relation&) const { return {}; }
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    void reset() {}
    Status open(const Plan& plan, const ChangeFrame& change);
    Result<bool> key_changed(const Plan& plan);
    Status put_key(ByteWriter& writer, const Plan& plan, Side side);
    Status put_key_header(ByteWriter& writer, const Plan& plan, Side side);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    Status put_image(ByteWriter& writer, const Plan& plan, bool shown, Side side);

    EncodeOptions options_;
    ValueContext context_;
    RowImages images_;
};

struct DebeziumJson::Plan : FramePlan {
    Plan(FramePlan frame, const EncodeOptions& options)
        : FramePlan(std::move(frame)),
          layout(*relation),
          row(*relation, all_columns(*relation), options, JsonUse::kRow),
          key_row(*relation, key.columns, options, JsonUse::kKey),
          key_header(*relation, key.columns, options, JsonUse::kKeyHeader),
          source(options, relation->schema, relation->name) {
        keyed = !key_row.fields().empty();
        if (!options.schemas_enable) return;
        constexpr std::string_view kPayload = ",\"payload\":";
        key_head.append("{\"schema\":")
            .append(key_schema(*relation, key.columns, options))
            .append(kPayload);
        value_head.append("{\"schema\":")
            .append(envelope_schema(*relation, options))
            .append(kPayload);
        tail = "}";
    }

    RowLayout layout;
    JsonRow row;
    JsonRow key_row;
    JsonRow key_header;
    SourceText source;
    std::string key_head;  // The schema in front, when schemas are enabled.
    std::string value_head;
    std::string tail;
};

Result<std::unique_ptr<DebeziumJson::Plan>> DebeziumJson::plan(FramePlan frame) {
    return std::make_unique<Plan>(std::move(frame), options_);
}

Status DebeziumJson::open(const Plan& plan, const ChangeFrame& change) {
    return images_.read(plan.layout, change);
}

Result<bool> DebeziumJson::key_changed(const Plan& plan) {
    return images_.key_changed(plan.key.columns, [&](ByteWriter& writer, const Row& row) {
        return plan.key_row.put(writer, row, context_);
    });
}

Status DebeziumJson::put_key(ByteWriter& writer, const Plan& plan, Side side) {
    writer.put(plan.key_head);
    const Status status = plan.key_row.put(writer, images_[side], context_);
    if (!status) return status;
    writer.put(plan.tail);
    return {};
}

Status DebeziumJson::put_key_header(ByteWriter& writer, const Plan& plan, Side side) {
    return plan.key_header.put(writer, images_[side], context_);
}

Status DebeziumJson::put_image(ByteWriter& writer, const Plan& plan, bool shown, Side side) {
    if (shown) return plan.row.put(writer, images_[side], context_);
    writer.put("null");
    return {};
}

Status DebeziumJson::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                               const RowContext& context) {
    writer.put(plan.value_head);
    writer.put(kEnvelopeHead);
    Status status = put_image(writer, plan, draft.before, Side::kBefore);
    if (!status) return status;
    writer.put(kAfter);
    status = put_image(writer, plan, draft.after, Side::kAfter);
    if (!status) return status;
    writer.put(',');
    plan.source.put(writer, context);
    if (context.counts == nullptr) {
        writer.put(kNoTransaction);
    } else {
        writer.put(kTransaction);
        put_transaction_block(writer, context, context.counts->next());
        writer.put(kOperation);
    }
    writer.ensure(kClockTextMax + 4);
    char* to = writer.at();
    *to++ = draft.operation;
    *to++ = '"';
    *to++ = ',';
    to = put_clock(to, context.now);
    *to++ = '}';
    writer.advance(to);
    writer.put(plan.tail);
    return {};
}

}  // namespace

std::unique_ptr<RecordEncoder> make_debezium_json(const EncodeOptions& options) {
    return std::make_unique<RecordFrame<DebeziumJson>>(options);
}

}  // namespace penstock
