#include "encode/outbox_plan.hpp"

#include "encode/connect_schema.hpp"
#include "encode/json_row.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

bool is_plain_text(const ValueType& type) {
    return !type.array && type.form == ValueForm::kString;
}

}  // namespace

Result<OutboxColumn> OutboxPlan::column(std::string_view name, std::string_view shown_as,
                                        const EncodeOptions& options) const {
    for (std::uint16_t i = 0; i < relation_->columns.size(); ++i) {
        const Column& column = relation_->columns[i];
        if (column.name != name) continue;
        OutboxColumn found;
        found.slot = i;
        found.type = value_type(column, options);
        if (found.type.form == ValueForm::kOmitted) break;
        found.write = json_writer(found.type);
        found.name = shown_as;
        found.field_head = "," + json_quoted(shown_as) + ":";
        if (options.schemas_enable) found.schema = column_schema(column, options, {});
        return found;
    }
    return fail(ErrorName::kConfigurationInvalid,
                "cannot route outbox table \"" + relation_->schema + "." + relation_->name +
                    "\": it has no column \"" + std::string(name) + "\"",
                "A key of [outbox] names this column.",
                "Name the columns that the table has, or take it out of outbox.tables.");
}

Status OutboxPlan::take_integer(std::string_view name, const EncodeOptions& options,
                                std::optional<OutboxColumn>& into) const {
    auto found = column(name, name, options);
    if (!found) return Failure(std::move(found.error()));
    const Column& described = relation_->columns[found->slot];
    const bool integer = !described.array && (described.kind == ValueKind::kInt32 ||
                                              described.kind == ValueKind::kInt64);
    if (!integer) {
        return fail(ErrorName::kConfigurationInvalid,
                    "cannot route outbox table \"" + relation_->schema + "." + relation_->name +
                        "\": its column \"" + std::string(name) + "\" is no integer",
                    "A partition and a schema's version are taken from integers.",
                    "Name another column in [outbox], or change its type.");
    }
    into = std::move(*found);
    return {};
}

Status OutboxPlan::take_fields(const EncodeOptions& options) {
    for (const OutboxField& field : options.outbox.fields) {
        if (field.place == OutboxField::Place::kPartition) {
            if (Status taken = take_integer(field.column, options, partition); !taken) return taken;
            continue;
        }
        auto found = column(field.column, field.name, options);
        if (!found) return Failure(std::move(found.error()));
        auto& list = field.place == OutboxField::Place::kHeader ? headers : envelope;
        list.push_back(std::move(*found));
    }
    if (options.outbox.schema_version.empty()) return {};
    return take_integer(options.outbox.schema_version, options, schema_version);
}

Result<std::unique_ptr<OutboxPlan>> OutboxPlan::make(std::shared_ptr<const Relation> relation,
                                                     const EncodeOptions& options) {
    std::unique_ptr<OutboxPlan> plan(new OutboxPlan(std::move(relation)));
    const OutboxOptions& outbox = options.outbox;
    const auto take = [&](const std::string& name, std::string_view as, OutboxColumn& into) {
        auto found = plan->column(name, as, options);
        if (found) into = std::move(*found);
        return found ? Status{} : Status(Failure(std::move(found.error())));
    };
    Status status = take(outbox.id, "id", plan->id);
    if (status) status = take(outbox.key, outbox.key, plan->key);
    if (status) status = take(outbox.payload, "payload", plan->payload);
    if (status) status = take(outbox.route_by, outbox.route_by, plan->route);
    if (status && !outbox.timestamp.empty()) {
        status = take(outbox.timestamp, outbox.timestamp, plan->timestamp_.emplace());
    }
    if (status && !outbox.tracing.empty()) {
        status = take(outbox.tracing, outbox.tracing, plan->tracing.emplace());
    }
    if (status) status = plan->take_fields(options);
    if (!status) return Failure(std::move(status.error()));
    if (options.schemas_enable) {
        plan->key_head = "{\"schema\":" + plan->key.schema + ",\"payload\":";
        plan->tail = "}";
    }
    return plan;
}

Status OutboxPlan::put_json(ByteWriter& out, const OutboxColumn& column, const Row& row,
                            ValueContext& context) const {
    switch (row.states[column.slot]) {
        case ColumnState::kNull:
            out.put("null");
            return {};
        case ColumnState::kValue:
            break;
        default:
            return unrepresentable_value(*relation_, column.slot, "the stream could not carry it");
    }
    switch (column.write(out, row.values[column.slot], column.type, context)) {
        case Outcome::kDone:
            return {};
        case Outcome::kInvalid:
            return invalid_value(*relation_, column.slot);
        default:
            return unrepresentable_value(*relation_, column.slot, "the format cannot represent it");
    }
}

Status OutboxPlan::put_bare(ByteWriter& out, const OutboxColumn& column, const Row& row,
                            ValueContext& context) const {
    const bool value = row.states[column.slot] == ColumnState::kValue;
    if (value && (is_plain_text(column.type) || column.type.form == ValueForm::kBytes)) {
        out.put(row.values[column.slot].bytes);
        return {};
    }
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    const Status status = put_json(writer, column, row, context);
    if (!status) return status;
    writer.finish();
    std::string_view text = buffer.bytes();
    // What has quotes here needs no escapes: dates, UUIDs, numbers as text.
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    out.put(text);
    return {};
}

std::int64_t OutboxPlan::timestamp_ms(const Row& row) const {
    if (!timestamp_ || row.states[timestamp_->slot] != ColumnState::kValue) return 0;
    const std::int64_t value = row.values[timestamp_->slot].integer();
    const ValueKind kind = timestamp_->type.kind;
    const bool micros = kind == ValueKind::kTimestamp || kind == ValueKind::kTimestamptz;
    return micros ? value / 1000 : value;
}

}  // namespace penstock
