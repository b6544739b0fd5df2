#include "config/presets.hpp"

namespace penstock {
namespace {

constexpr PresetSetting kMaterialize[] = {
    {"format.value", "debezium-avro"},
    {"format.decimal", "bounded"},
    {"format.truncates", "false"},
};

constexpr PresetSetting kFlink[] = {
    {"format.value", "debezium-json"}, {"format.schemas", "false"},    {"format.decimal", "string"},
    {"format.interval", "string"},     {"format.tombstones", "false"},
};

constexpr PresetSetting kRisingWave[] = {
    {"format.value", "debezium-json"},
    {"format.schemas", "false"},
    {"format.decimal", "string"},
    {"format.interval", "string"},
};

constexpr PresetSetting kClickHouse[] = {
    {"format.value", "flat-json"}, {"format.decimal", "string"},   {"format.time", "microseconds"},
    {"format.interval", "string"}, {"format.tombstones", "false"},
};

constexpr PresetSetting kKsqlDb[] = {
    {"format.value", "debezium-json"},    {"format.schemas", "false"},
    {"format.decimal_numbers", "true"},   {"format.time", "connect"},
    {"flatten.enabled", "true"},          {"flatten.deletes", "tombstone"},
    {"topics.cleanup_policy", "compact"},
};

constexpr PresetSetting kDebeziumExact[] = {
    {"format.value", "debezium-json"},          {"format.unknown_types", "omit"},
    {"format.unrepresentable", "null"},         {"format.old_row_zeros", "true"},
    {"format.debezium_infinite_dates", "true"}, {"format.context_headers", "true"},
};

constexpr Preset kPresets[] = {
    {"materialize", "Materialize", kMaterialize, TableNeed::kPrimaryKey,
     "Materialize finds the rows of ENVELOPE DEBEZIUM and UPSERT by their key."},
    {"flink", "Flink SQL", kFlink, TableNeed::kFullIdentity,
     "Flink takes the whole old row back and stops at an update without one."},
    {"risingwave", "RisingWave", kRisingWave, TableNeed::kPrimaryKey,
     "RisingWave wants a primary key for FORMAT DEBEZIUM."},
    {"clickhouse", "ClickHouse", kClickHouse, TableNeed::kPrimaryKey,
     "ReplacingMergeTree finds the versions of a row by its key."},
    {"ksqldb", "ksqlDB", kKsqlDb, TableNeed::kPrimaryKey, "A TABLE of ksqlDB has a primary key."},
    {"debezium-exact", "whatever reads Debezium", kDebeziumExact, TableNeed::kNothing, ""},
};

}  // namespace

std::span<const Preset> presets() {
    return kPresets;
}

const Preset* find_preset(std::string_view name) {
    for (const Preset& preset : kPresets) {
        if (preset.name == name) return &preset;
    }
    return nullptr;
}

}  // namespace penstock
