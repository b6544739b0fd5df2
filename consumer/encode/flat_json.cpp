#include "encode/flat_json.hpp"

#include <algorithm>

#include "encode/connect_schema.hpp"
#include "encode/flat_facts.hpp"
#include "encode/json_records.hpp"
#include "encode/text_bytes.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::string_view kUnchanged = ",\"__unchanged\":[";
constexpr std::string_view kUnchangedSchema =
    R"({"type":"array","items":{"type":"string","optional":false},"optional":true,)"
    R"("field":"__unchanged"})";

bool rewrites(FlatDeletes deletes) {
    return deletes == FlatDeletes::kRewrite || deletes == FlatDeletes::kRewriteWithTombstone;
}

bool has_tombstone(FlatDeletes deletes) {
    return deletes == FlatDeletes::kTombstone || deletes == FlatDeletes::kRewriteWithTombstone;
}

// What the options mean for this format: our own has fields and rules of its own.
EncodeOptions completed(EncodeOptions options) {
    std::vector<FlatField> first;
    if (options.format == ValueFormat::kFlatJson) {
        first = {{"op", "__op"},
                 {"is_deleted", "__deleted"},
                 {"source.lsn", "__lsn"},
                 {"ordinal", "__ordinal"}};
        options.flatten.deletes =
            options.tombstones ? FlatDeletes::kRewriteWithTombstone : FlatDeletes::kRewrite;
        options.unchanged_as_null = !options.schemas_enable;
    } else if (rewrites(options.flatten.deletes)) {
        first = {{"deleted", "__deleted"}};
    }
    auto& fields = options.flatten.fields;
    fields.insert(fields.begin(), first.begin(), first.end());
    return options;
}

class FlatJson : public JsonRecords {
public:
    struct Plan;

    explicit FlatJson(const EncodeOptions& options)
        : JsonRecords(options), lists_unchanged_(options.format == ValueFormat::kFlatJson) {}

    // Truncates have no flat form.
    RecordRules rules() const {
        const FlatDeletes deletes = options_.flatten.deletes;
        return {.deletes = rewrites(deletes),
                .tombstones = options_.tombstones && has_tombstone(deletes),
                .truncates = false};
    }
    Result<std::string> topic_of(const Relation& relation) const {
        if (lists_unchanged_) {
            return injective_topic_name(options_.topic_prefix, relation.schema, relation.name);
        }
        return debezium_topic_name(options_.topic_prefix, relation.schema, relation.name);
    }
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    void put_headers(ByteWriter& writer, const Plan& plan, const Draft& draft,
                     const RowContext& context, RecordBuffer& out);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    void put_unchanged(ByteWriter& writer, const Plan& plan, const Row& row);

    bool lists_unchanged_;
};

struct FlatJson::Plan : JsonPlan {
    Plan(FramePlan frame, const EncodeOptions& options)
        : JsonPlan(std::move(frame), options),
          fields(options.flatten.fields, *relation, options, !row.fields().empty()),
          headers(options.flatten.headers, *relation, options, true) {
        for (const JsonField& field : row.fields()) {
            RecordBuffer buffer;
            ByteWriter writer(buffer);
            put_json_string(writer, relation->columns[field.slot].name);
            writer.finish();
            names.emplace_back(buffer.bytes());
        }
        if (!options.schemas_enable) return;
        std::string more = fields.schemas();
        if (options.format == ValueFormat::kFlatJson) more.append(",").append(kUnchangedSchema);
        wrap_values(flat_schema(*relation, options, more));
    }

    FlatFacts fields;
    FlatFacts headers;
    std::vector<std::string> names;  // Of the row's fields, quoted.
};

// Two members of one name: readers would see one of them, and which one is theirs to choose.
Status check_names(const Relation& relation, const std::vector<std::string>& facts) {
    for (const Column& column : relation.columns) {
        if (std::find(facts.begin(), facts.end(), column.name) == facts.end()) continue;
        return fail(ErrorName::kConfigurationInvalid,
                    "cannot publish table \"" + relation.schema + "." + relation.name +
                        "\" flat: its column \"" + column.name +
                        "\" has the name of a fact of the change",
                    {}, "Leave the column out by filter.column_exclude, or choose other names.");
    }
    return {};
}

Result<std::unique_ptr<FlatJson::Plan>> FlatJson::plan(FramePlan frame) {
    std::vector<std::string> facts;
    for (const FlatField& field : options_.flatten.fields) facts.push_back(field.name);
    if (lists_unchanged_) facts.emplace_back("__unchanged");
    if (Status good = check_names(*frame.relation, facts); !good) return Failure(good.error());
    return std::make_unique<Plan>(std::move(frame), options_);
}

void FlatJson::put_headers(ByteWriter& writer, const Plan& plan, const Draft& draft,
                           const RowContext& context, RecordBuffer& out) {
    const FlatState state{draft.operation, context};
    for (const FlatFacts::Item& item : plan.headers.items()) {
        RecordHeader header{.name_offset = writer.position(),
                            .name_size = static_cast<std::uint32_t>(item.name.size())};
        writer.put(item.name);
        header.value_offset = writer.position();
        FlatFacts::put_bare(writer, item, state);
        header.value_size = writer.position() - header.value_offset;
        out.add_header(header);
    }
}

void FlatJson::put_unchanged(ByteWriter& writer, const Plan& plan, const Row& row) {
    writer.put(kUnchanged);
    bool first = true;
    for (std::size_t i = 0; i < plan.names.size(); ++i) {
        if (row.states[plan.row.fields()[i].slot] != ColumnState::kUnchanged) continue;
        if (!first) writer.put(',');
        first = false;
        writer.put(plan.names[i]);
    }
    writer.put(']');
}

// A deleted row shows what the old image tells of it.
Status FlatJson::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                           const RowContext& context) {
    const Row& row = images_[draft.after ? Side::kAfter : Side::kBefore];
    if (!draft.after && !draft.before) return no_old_row(*plan.relation);
    writer.put(plan.value_head);
    if (Status status = plan.row.put(writer, row, context_); !status) return status;
    // The facts go in front of the brace that the row ends with.
    writer.advance(writer.at() - 1);
    const FlatState state{draft.operation, context};
    plan.fields.put_fields(writer, state);
    if (lists_unchanged_) put_unchanged(writer, plan, row);
    writer.put('}');
    writer.put(plan.tail);
    return {};
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> make_flat_json(const EncodeOptions& options) {
    for (const FlatField& field : options.flatten.fields) {
        const auto known = flat_fact("flatten.add_fields", field.fact);
        if (!known) return Failure(known.error());
    }
    for (const FlatField& header : options.flatten.headers) {
        const auto known = flat_fact("flatten.add_headers", header.fact);
        if (!known) return Failure(known.error());
    }
    return std::make_unique<RecordFrame<FlatJson>>(completed(options));
}

}  // namespace penstock
