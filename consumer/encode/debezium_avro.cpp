#include "encode/debezium_avro.hpp"

#include "encode/avro_metadata.hpp"
#include "encode/avro_name.hpp"
#include "encode/avro_records.hpp"
#include "encode/avro_schema.hpp"
#include "encode/avro_source.hpp"
#include "encode/connect_schema.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

class DebeziumAvro : public AvroRecords {
public:
    struct Plan;

    explicit DebeziumAvro(const EncodeOptions& options) : AvroRecords(options) {}

    RecordRules rules() const {
        return {.tombstones = options_.tombstones, .truncates = options_.truncates};
    }
    Result<std::string> topic_of(const Relation& relation) const;
    std::vector<SchemaText> schemas_of(const Relation& relation) const;
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    std::string topic_name(const Relation& relation) const {
        return debezium_topic_name(options_.topic_prefix, relation.schema, relation.name);
    }
    AvroSchemas schemas(const Relation& relation, const KeyChoice& key) const;
    Status put_image(ByteWriter& writer, const Plan& plan, const Draft& draft, Side side);
};

struct DebeziumAvro::Plan : AvroPlan {
    Plan(FramePlan frame, const AvroSchemas& schemas, const EncodeOptions& options)
        : AvroPlan(std::move(frame), schemas, options),
          source(options, relation->schema, relation->name) {}

    AvroSource source;
};

Result<std::string> DebeziumAvro::topic_of(const Relation& relation) const {
    const Status status = check_avro_names(relation, options_);
    if (!status) return Failure(status.error());
    return topic_name(relation);
}

AvroSchemas DebeziumAvro::schemas(const Relation& relation, const KeyChoice& key) const {
    AvroSchemas made;
    made.name = avro_record_name(topic_name(relation));
    const Relation bare = without_notes(relation);  // Notes are for rows alone.
    made.key_columns = avro_columns(bare, key.columns, options_);
    made.row_columns = avro_columns(relation, all_columns(relation), options_);
    const std::string key_name = made.name + ".Key";
    if (!made.key_columns.empty()) {
        made.key = avro_record_schema(bare, key_name, made.key_columns, {}, key_name);
    }
    made.value = avro_envelope_schema(relation, made.name, made.row_columns);
    return made;
}

std::vector<SchemaText> DebeziumAvro::schemas_of(const Relation& relation) const {
    // What has no key to choose is refused by name when its plan is made.
    const auto key = choose_key(relation, options_);
    if (!key) return {};
    return schemas(relation, *key).subjects(topic_name(relation));
}

Result<std::unique_ptr<DebeziumAvro::Plan>> DebeziumAvro::plan(FramePlan frame) {
    const AvroSchemas made = schemas(*frame.relation, frame.key);
    const Status status = accept(frame, topic_name(*frame.relation), made);
    if (!status) return Failure(status.error());
    return std::make_unique<Plan>(std::move(frame), made, options_);
}

Status DebeziumAvro::put_image(ByteWriter& writer, const Plan& plan, const Draft& draft,
                               Side side) {
    const bool shown = draft.shows(side);
    writer.put(shown ? kAvroPresent : kAvroNull);
    if (!shown) return {};
    return images_.put(writer, plan.row, side, draft.before && draft.after, context_);
}

// The envelope: before, after, source, transaction, op, ts_ms, ts_us, ts_ns.
Status DebeziumAvro::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                               const RowContext& context) {
    writer.put(plan.value_frame);
    Status status = put_image(writer, plan, draft, Side::kBefore);
    if (!status) return status;
    status = put_image(writer, plan, draft, Side::kAfter);
    if (!status) return status;
    plan.source.put(writer, context);
    writer.put(context.counts != nullptr ? kAvroPresent : kAvroNull);
    if (context.counts != nullptr) {
        put_avro_transaction_block(writer, context, context.counts->next());
    }
    constexpr char kOneLetter = 2;
    writer.ensure(2 + 3 * (1 + kAvroLongMax));
    char* to = writer.at();
    *to++ = kOneLetter;
    *to++ = draft.operation;
    const std::int64_t nanos = context.now.count();
    for (const std::int64_t clock : {nanos / 1000000, nanos / 1000, nanos}) {
        *to++ = kAvroPresent;
        to = put_avro_long(to, clock);
    }
    writer.advance(to);
    return {};
}

}  // namespace

std::unique_ptr<RecordEncoder> make_debezium_avro(const EncodeOptions& options) {
    return std::make_unique<RecordFrame<DebeziumAvro>>(options);
}

}  // namespace penstock
