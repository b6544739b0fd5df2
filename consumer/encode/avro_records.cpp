#include "encode/avro_records.hpp"

#include "encode/avro_name.hpp"

namespace penstock {
namespace {

constexpr std::size_t kFrameSize = 5;

std::shared_ptr<const Relation> with_avro_names(const Relation& relation) {
    auto named = std::make_shared<Relation>(relation);
    for (Column& column : named->columns) column.name = avro_field_name(column.name);
    return named;
}

std::string table_name(const Relation& relation) {
    return "\"" + relation.schema + "." + relation.name + "\"";
}

}  // namespace

std::string avro_frame(std::uint32_t schema_id) {
    std::string frame(1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) {
        frame += static_cast<char>(schema_id >> shift & 0xFFU);
    }
    return frame;
}

std::vector<SchemaText> AvroSchemas::subjects(const std::string& topic) const {
    std::vector<SchemaText> subjects;
    if (!key.empty()) subjects.push_back({topic + "-key", "AVRO", key});
    subjects.push_back({topic + "-value", "AVRO", value});
    return subjects;
}

Status check_avro_names(const Relation& relation, const EncodeOptions& options) {
    std::map<std::string, std::string> taken;
    for (const Column& column : relation.columns) {
        if (value_type(column, options).form == ValueForm::kOmitted) continue;
        const std::string name = avro_field_name(column.name);
        const auto [other, news] = taken.emplace(name, column.name);
        if (news) continue;
        return fail(ErrorName::kSchemaInvalid,
                    "cannot publish table " + table_name(relation) +
                        ": two of its columns have one name in Avro",
                    "Columns \"" + other->second + "\" and \"" + column.name + "\" are both \"" +
                        name + "\".",
                    "Rename one of them, or leave one out with column_exclude.");
    }
    return {};
}

AvroPlan::AvroPlan(FramePlan frame, const AvroSchemas& schemas, const EncodeOptions& options)
    : FramePlan(std::move(frame)),
      layout(*relation),
      row(*relation, schemas.row_columns, options),
      key_row(*relation, schemas.key_columns, options),
      value_frame(avro_frame(route.schema_ids.back())),
      named(with_avro_names(*relation)),
      key_header(*named, key.columns, options, JsonUse::kKeyHeader) {
    keyed = !schemas.key.empty();
    if (keyed) key_frame.assign(avro_frame(route.schema_ids.front()));
    if (options.partitioner == Partitioner::kStable) unhashed_key_bytes = kFrameSize;
}

AvroRecords::AvroRecords(const EncodeOptions& options) : options_(options), context_(options) {
    context_.nested_arrays = false;
}

Result<bool> AvroRecords::key_changed(const AvroPlan& plan) {
    return images_.key_changed(plan.key.columns, [&](ByteWriter& writer, const Row& row) {
        return plan.key_row.put(writer, row, context_);
    });
}

Status AvroRecords::put_key(ByteWriter& writer, const AvroPlan& plan, Side side) {
    writer.put(plan.key_frame);
    return plan.key_row.put(writer, images_[side], context_);
}

Status AvroRecords::put_key_header(ByteWriter& writer, const AvroPlan& plan, Side side) {
    return plan.key_header.put(writer, images_[side], context_);
}

Status AvroRecords::accept(const FramePlan& frame, const std::string& topic,
                           const AvroSchemas& schemas) {
    const std::size_t wanted = schemas.key.empty() ? 1 : 2;
    if (frame.route.schema_ids.size() != wanted) {
        return fail(ErrorName::kBug, "cannot publish table " + table_name(*frame.relation) +
                                         ": the ids of its schemas are missing");
    }
    auto& topics = names_[schemas.name];
    for (const auto& [other, text] : topics) {
        if (other == topic || text == schemas.value) continue;
        return fail(ErrorName::kSchemaInvalid,
                    "cannot publish table " + table_name(*frame.relation) +
                        ": another table has the same name in Avro and other columns",
                    "The records of topics \"" + other + "\" and \"" + topic +
                        "\" are both named \"" + schemas.name + "\".",
                    "Rename one of the tables, or choose another topic prefix for one of them.");
    }
    topics[topic] = schemas.value;
    return {};
}

}  // namespace penstock
