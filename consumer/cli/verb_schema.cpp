// `penstock schema value TABLE` and `schema key TABLE`: the schema that records of a table refer
// to, as it would be registered now: a .proto file or an Avro schema. Reads only.
#include <cstdio>
#include <string>
#include <string_view>

#include "cli/invocation.hpp"
#include "encode/encoder_factory.hpp"
#include "engine/field_numbers.hpp"
#include "run/wiring.hpp"
#include "sink/state_reader.hpp"
#include "snapshot/table_description.hpp"

namespace penstock {
namespace {

// What the state remembers of the topic. Without Kafka, or before the first record, the numbers are
// those that a first record would have.
Result<TopicState> remembered(const Configuration& configuration, const Relation& relation,
                              const std::string& topic) {
    TopicState fresh;
    fresh.relation_oid = relation.oid;
    if (configuration.kafka_brokers.empty()) return fresh;
    auto state = read_state(make_kafka_settings(configuration, 0), ReadDepth::kTrue);
    if (!state) return Failure(state.error());
    const auto known = state->view.topics.find(topic);
    return known == state->view.topics.end() ? fresh : known->second;
}

Result<std::vector<SchemaText>> schemas_of(const Configuration& configuration,
                                           const TableDescription& table) {
    EncodeOptions options = make_encode_options(configuration, table.database);
    options.publish_schemas = true;
    const auto encoder = make_encoder(options);
    if (!encoder) return Failure(encoder.error());
    auto topic = (*encoder)->topic_of(*table.relation);
    if (!topic) return Failure(topic.error());
    if (!(*encoder)->numbers_fields()) return (*encoder)->schemas_of(*table.relation);
    auto state = remembered(configuration, *table.relation, *topic);
    if (!state) return Failure(state.error());
    Relation numbered = *table.relation;
    static_cast<void>(assign_field_numbers(*state, numbered));
    return (*encoder)->schemas_of(numbered);
}

std::optional<Error> print(const Invocation& invocation, std::string_view side) {
    const Configuration& configuration = invocation.configuration;
    const auto table =
        describe_table(make_snapshot_settings(configuration, invocation.stop_fd), invocation.word);
    if (!table) return table.error();
    const auto schemas = schemas_of(configuration, *table);
    if (!schemas) return schemas.error();
    for (const SchemaText& schema : *schemas) {
        if (!schema.subject.ends_with(side)) continue;
        std::fputs(schema.text.c_str(), stdout);
        if (!schema.text.ends_with('\n')) std::fputc('\n', stdout);
        return std::nullopt;
    }
    const bool none = schemas->empty();
    return Error{
        ErrorName::kUsage,
        none ? "records of this table refer to no schema" : "records of this table have no key",
        none ? "The format is \"" + configuration.format_value + "\"." : std::string(),
        none ? "Formats with schemas are debezium-avro, flat-avro and protobuf." : std::string()};
}

}  // namespace

std::optional<Error> verb_schema_value(const Invocation& invocation) {
    return print(invocation, "-value");
}

std::optional<Error> verb_schema_key(const Invocation& invocation) {
    return print(invocation, "-key");
}

}  // namespace penstock
