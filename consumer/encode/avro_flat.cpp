#include "encode/avro_flat.hpp"

#include <algorithm>

#include "encode/avro_name.hpp"
#include "encode/avro_records.hpp"
#include "encode/avro_schema.hpp"
#include "encode/connect_schema.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::string_view kOwnFields =
    R"(,{"name":"__op","type":"string"},{"name":"__deleted","type":"boolean"},)"
    R"({"name":"__lsn","type":"long"},{"name":"__ordinal","type":"long"},)"
    R"({"name":"__unchanged","type":{"type":"array","items":"string"},"default":[]})";
constexpr std::string_view kOwnNames[] = {"__op", "__deleted", "__lsn", "__ordinal", "__unchanged"};

class FlatAvro : public AvroRecords {
public:
    struct Plan;

    explicit FlatAvro(EncodeOptions options) : AvroRecords(with_nulls(std::move(options))) {}

    // A truncate has no row to show.
    RecordRules rules() const { return {.tombstones = options_.tombstones}; }
    Result<std::string> topic_of(const Relation& relation) const;
    std::vector<SchemaText> schemas_of(const Relation& relation) const;
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    static EncodeOptions with_nulls(EncodeOptions options) {
        options.unchanged_as_null = true;
        options.old_row_zeros = false;
        return options;
    }
    AvroSchemas schemas(const Relation& flat, const KeyChoice& key, const std::string& topic) const;
    void put_unchanged(ByteWriter& writer, const Plan& plan, const Row& row) const;
};

struct FlatAvro::Plan : AvroPlan {
    Plan(FramePlan frame, const AvroSchemas& schemas, const EncodeOptions& options)
        : AvroPlan(std::move(frame), schemas, options), columns(schemas.row_columns) {}

    std::vector<AvroColumn> columns;
};

// The relation as its records show it: null wherever a row may lack a value.
std::shared_ptr<const Relation> flattened(const Relation& relation, const KeyChoice& key) {
    auto flat = std::make_shared<Relation>(relation);
    for (std::uint16_t i = 0; i < flat->columns.size(); ++i) {
        Column& column = flat->columns[i];
        column.default_expression.reset();
        if (std::find(key.columns.begin(), key.columns.end(), i) == key.columns.end()) {
            column.not_null = false;
        }
    }
    return flat;
}

Result<std::string> FlatAvro::topic_of(const Relation& relation) const {
    const Status status = check_avro_names(relation, options_);
    if (!status) return Failure(status.error());
    for (const Column& column : relation.columns) {
        const std::string name = avro_field_name(column.name);
        if (std::find(std::begin(kOwnNames), std::end(kOwnNames), name) == std::end(kOwnNames)) {
            continue;
        }
        return fail(ErrorName::kSchemaInvalid,
                    "cannot publish table \"" + relation.schema + "." + relation.name +
                        "\": a column has the name of a field of the format",
                    "Flat records have a field \"" + name + "\" of their own.",
                    "Rename the column, or leave it out with column_exclude.");
    }
    return injective_topic_name(options_.topic_prefix, relation.schema, relation.name);
}

AvroSchemas FlatAvro::schemas(const Relation& flat, const KeyChoice& key,
                              const std::string& topic) const {
    AvroSchemas made;
    made.name = injective_avro_name(topic);
    const Relation bare = without_notes(flat);  // Notes are for rows alone.
    made.key_columns = avro_columns(bare, key.columns, options_);
    made.row_columns = avro_columns(flat, all_columns(flat), options_);
    if (!made.key_columns.empty()) {
        made.key = avro_record_schema(bare, made.name + ".Key", made.key_columns, {}, {});
    }
    made.value = avro_record_schema(flat, made.name + ".Row", made.row_columns, kOwnFields, {});
    return made;
}

std::vector<SchemaText> FlatAvro::schemas_of(const Relation& relation) const {
    // What has no topic or no key is refused by name when its plan is made.
    const auto topic = topic_of(relation);
    const auto key = choose_key(relation, options_);
    if (!topic || !key) return {};
    return schemas(*flattened(relation, *key), *key, *topic).subjects(*topic);
}

Result<std::unique_ptr<FlatAvro::Plan>> FlatAvro::plan(FramePlan frame) {
    const auto topic = topic_of(*frame.relation);
    if (!topic) return Failure(topic.error());
    frame.relation = flattened(*frame.relation, frame.key);
    const AvroSchemas made = schemas(*frame.relation, frame.key, *topic);
    const Status status = accept(frame, *topic, made);
    if (!status) return Failure(status.error());
    return std::make_unique<Plan>(std::move(frame), made, options_);
}

Status FlatAvro::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                           const RowContext& context) {
    const Row& row = images_[draft.after ? Side::kAfter : Side::kBefore];
    writer.put(plan.value_frame);
    const Status status = plan.row.put(writer, row, context_);
    if (!status) return status;
    constexpr char kOneLetter = 2;
    writer.ensure(3 + 2 * kAvroLongMax);
    char* to = writer.at();
    *to++ = kOneLetter;
    *to++ = draft.operation;
    *to++ = draft.operation == 'd' ? '\1' : '\0';
    to = put_avro_long(to, static_cast<std::int64_t>(context.lsn.value));
    writer.advance(put_avro_long(to, static_cast<std::int64_t>(context.item)));
    put_unchanged(writer, plan, row);
    return {};
}

void FlatAvro::put_unchanged(ByteWriter& writer, const Plan& plan, const Row& row) const {
    const auto unchanged = [&](const AvroColumn& column) {
        return row.states[column.slot] == ColumnState::kUnchanged;
    };
    const auto count = std::count_if(plan.columns.begin(), plan.columns.end(), unchanged);
    if (count > 0) {
        writer.ensure(kAvroLongMax);
        writer.advance(put_avro_long(writer.at(), count));
        for (const AvroColumn& column : plan.columns) {
            if (unchanged(column)) put_avro_bytes(writer, column.name);
        }
    }
    writer.put('\0');
}

}  // namespace

std::unique_ptr<RecordEncoder> make_flat_avro(const EncodeOptions& options) {
    return std::make_unique<RecordFrame<FlatAvro>>(options);
}

}  // namespace penstock
