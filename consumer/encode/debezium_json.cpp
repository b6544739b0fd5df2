#include "encode/debezium_json.hpp"

#include "encode/connect_schema.hpp"
#include "encode/json_records.hpp"
#include "encode/metadata_json.hpp"
#include "encode/source_text.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::string_view kEnvelopeHead = "{\"before\":";
constexpr std::string_view kAfter = ",\"after\":";
constexpr std::string_view kNoTransaction = ",\"transaction\":null,\"op\":\"";
constexpr std::string_view kTransaction = ",\"transaction\":";
constexpr std::string_view kOperation = ",\"op\":\"";

class DebeziumJson : public JsonRecords {
public:
    struct Plan;

    using JsonRecords::JsonRecords;

    RecordRules rules() const {
        return {.tombstones = options_.tombstones, .truncates = options_.truncates};
    }
    Result<std::string> topic_of(const Relation& relation) const {
        return debezium_topic_name(options_.topic_prefix, relation.schema, relation.name);
    }
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    Status put_image(ByteWriter& writer, const Plan& plan, const Draft& draft, Side side);
};

struct DebeziumJson::Plan : JsonPlan {
    Plan(FramePlan frame, const EncodeOptions& options)
        : JsonPlan(std::move(frame), options), source(options, relation->schema, relation->name) {
        if (options.schemas_enable) wrap_values(envelope_schema(*relation, options));
    }

    SourceText source;
};

Result<std::unique_ptr<DebeziumJson::Plan>> DebeziumJson::plan(FramePlan frame) {
    return std::make_unique<Plan>(std::move(frame), options_);
}

Status DebeziumJson::put_image(ByteWriter& writer, const Plan& plan, const Draft& draft,
                               Side side) {
    if (draft.shows(side)) {
        return images_.put(writer, plan.row, side, draft.before && draft.after, context_);
    }
    writer.put("null");
    return {};
}

Status DebeziumJson::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                               const RowContext& context) {
    writer.put(plan.value_head);
    writer.put(kEnvelopeHead);
    if (Status status = put_image(writer, plan, draft, Side::kBefore); !status) return status;
    writer.put(kAfter);
    if (Status status = put_image(writer, plan, draft, Side::kAfter); !status) return status;
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
