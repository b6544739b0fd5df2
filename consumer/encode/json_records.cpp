#include "encode/json_records.hpp"

#include "encode/connect_schema.hpp"

namespace penstock {
namespace {

std::string in_front_of_payload(const std::string& schema) {
    return "{\"schema\":" + schema + ",\"payload\":";
}

}  // namespace

JsonPlan::JsonPlan(FramePlan frame, const EncodeOptions& options)
    : FramePlan(std::move(frame)),
      layout(*relation),
      row(*relation, all_columns(*relation), options, JsonUse::kRow),
      key_row(*relation, key.columns, options, JsonUse::kKey),
      key_header(*relation, key.columns, options, JsonUse::kKeyHeader) {
    keyed = !key_row.fields().empty();
    if (!options.schemas_enable) return;
    key_head.assign(in_front_of_payload(key_schema(*relation, key.columns, options)));
    tail.assign("}");
}

void JsonPlan::wrap_values(const std::string& schema) {
    value_head.assign(in_front_of_payload(schema));
}

JsonRecords::JsonRecords(const EncodeOptions& options) : options_(options), context_(options) {
    context_.nested_arrays = !options.schemas_enable;
}

Status JsonRecords::open(const JsonPlan& plan, const ChangeFrame& change) {
    return images_.read(plan.layout, change);
}

Result<bool> JsonRecords::key_changed(const JsonPlan& plan) {
    return images_.key_changed(plan.key.columns, [&](ByteWriter& writer, const Row& row) {
        return plan.key_row.put(writer, row, context_);
    });
}

Status JsonRecords::put_key(ByteWriter& writer, const JsonPlan& plan, Side side) {
    writer.put(plan.key_head);
    if (Status status = plan.key_row.put(writer, images_[side], context_); !status) return status;
    writer.put(plan.tail);
    return {};
}

Status JsonRecords::put_key_header(ByteWriter& writer, const JsonPlan& plan, Side side) {
    return plan.key_header.put(writer, images_[side], context_);
}

}  // namespace penstock
