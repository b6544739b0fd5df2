#include "cli/preflight.hpp"

#include <future>

#include "config/presets.hpp"
#include "config/registry_rules.hpp"
#include "encode/encoder_factory.hpp"
#include "encode/relation_shape.hpp"
#include "registry/registry_preflight.hpp"
#include "run/wiring.hpp"
#include "sink/kafka_preflight.hpp"
#include "snapshot/snapshot_preflight.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

std::vector<CheckItem> ask_kafka(const Configuration& configuration) {
    if (configuration.kafka_brokers.empty()) return {};
    return check_kafka(make_kafka_settings(configuration, 0));
}

std::vector<CheckItem> ask_registry(const Configuration& configuration) {
    if (!uses_registry(configuration)) return {};
    if (const auto right = check_registry_keys(configuration); !right) {
        return {{"registry", Verdict::kFailed, right.error().message, right.error().hint,
                 right.error().name}};
    }
    return check_registry(make_registry_settings(configuration));
}

// What a table lacks for the reader that the preset stands for; empty for nothing.
std::string lacks(const SelectedTable& table, TableNeed need) {
    if (need == TableNeed::kFullIdentity && table.replica_identity != 'f') {
        return "ALTER TABLE " + qualified_name(table) + " REPLICA IDENTITY FULL";
    }
    if (need == TableNeed::kPrimaryKey && !table.has_primary_key) {
        return "ALTER TABLE " + qualified_name(table) + " ADD PRIMARY KEY (...)";
    }
    return {};
}

// What the records are to be has to be possible, and the reader of the preset has needs.
std::vector<CheckItem> check_records(const Configuration& configuration,
                                     const std::vector<SelectedTable>& tables) {
    const auto shape = ShapeMaker::compile(make_encode_options(configuration, {}));
    const auto encoder = make_encoder(make_encode_options(configuration, {}));
    if (!shape || !encoder) {
        const Error& error = shape ? encoder.error() : shape.error();
        return {{"records", Verdict::kFailed, error.message, error.hint, error.name}};
    }
    const Preset* const preset = find_preset(configuration.preset);
    if (preset == nullptr || preset->need == TableNeed::kNothing) return {};
    std::vector<CheckItem> items;
    for (const SelectedTable& table : tables) {
        Relation relation;
        relation.schema = table.schema;
        relation.name = table.name;
        const std::string statement = lacks(table, preset->need);
        if (statement.empty() || !shape->publishes(relation)) continue;
        items.push_back({"preset " + configuration.preset, Verdict::kFailed,
                         "table " + qualified_name(table) + ": " + std::string(preset->reason),
                         statement + ";", ErrorName::kIdentityInsufficient});
    }
    if (!items.empty()) return items;
    return {{"preset " + configuration.preset,
             Verdict::kOk,
             "every table has what " + std::string(preset->reader) + " needs",
             {},
             {}}};
}

// Whoever chose when_needed has agreed to what a lost slot costs, and only needs no stream. Whether
// it is so is for the state to say.
void allow_lost_slot(std::vector<CheckItem>& items) {
    for (CheckItem& item : items) {
        if (item.error != ErrorName::kSlotLost) continue;
        item.verdict = Verdict::kWarning;
        item.remedy = "Nothing: the slot is made anew, and the tables are read again.";
    }
}

TableCell verdict_cell(Verdict verdict, const Palette& palette) {
    switch (verdict) {
        case Verdict::kOk:
            return {"ok", palette.green};
        case Verdict::kWarning:
            return {"warning", palette.yellow};
        case Verdict::kFailed:
            return {"FAILED", palette.red};
    }
    return {};
}

}  // namespace

std::vector<CheckItem> Preflight::all() const {
    std::vector<CheckItem> items = postgres;
    items.insert(items.end(), kafka.begin(), kafka.end());
    items.insert(items.end(), registry.begin(), registry.end());
    return items;
}

Preflight look_at_all(const Configuration& configuration, PluginTrial trial, int stop_fd) {
    auto kafka = std::async(std::launch::async, ask_kafka, std::cref(configuration));
    auto registry = std::async(std::launch::async, ask_registry, std::cref(configuration));
    const SelectionSettings selection{configuration.source_tables,
                                      configuration.source_exclude_tables,
                                      configuration.source_publications};
    Preflight found;
    found.report = check_postgres(make_source_settings(configuration, stop_fd), selection, trial);
    found.postgres = found.report.items;
    for (CheckItem& item : check_records(configuration, found.report.tables)) {
        found.postgres.push_back(std::move(item));
    }
    if (configuration.snapshot_mode != "never" && found.report.facts) {
        SnapshotPreflight snapshot = check_snapshot(make_snapshot_settings(configuration, stop_fd));
        found.snapshot_forecast = std::move(snapshot.forecast);
        for (CheckItem& item : snapshot.items) found.postgres.push_back(std::move(item));
    }
    const std::string& mode = configuration.snapshot_mode;
    if (mode == "when_needed" || mode == "only") allow_lost_slot(found.postgres);
    found.kafka = kafka.get();
    found.registry = registry.get();
    return found;
}

std::string to_text(const std::vector<CheckItem>& items, const Palette& palette) {
    std::vector<std::vector<TableCell>> lines;
    for (const CheckItem& item : items) {
        lines.push_back({verdict_cell(item.verdict, palette), {item.item, {}}, {item.detail, {}}});
        if (item.verdict != Verdict::kOk && !item.remedy.empty()) {
            lines.push_back({{}, {}, {"-> " + item.remedy, palette.cyan}});
        }
    }
    return to_table(lines, palette);
}

std::optional<Error> refusal(const std::vector<CheckItem>& items, bool waits) {
    for (const CheckItem& item : items) {
        if (item.verdict != Verdict::kFailed) continue;
        // An item of no known error still stops: a check that failed is never passed over.
        const ErrorName name = item.error.value_or(ErrorName::kConfigurationInvalid);
        if (waits && error_row(name).error_class == ErrorClass::kRetry) continue;
        return Error{
            name, "the check of \"" + item.item + "\" failed: " + item.detail, {}, item.remedy};
    }
    return std::nullopt;
}

}  // namespace penstock
