#include "cli/plan.hpp"

#include <cmath>

#include "config/registry_rules.hpp"
#include "encode/topic_name.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

constexpr std::size_t kNamed = 5;

std::string name_of(const SelectedTable& table) {
    return printable(table.schema + "." + table.name);
}

// "a, b and 3 more"
template <class ToName>
std::string some_of(const std::vector<SelectedTable>& tables, ToName to_name) {
    std::string text;
    for (std::size_t i = 0; i < tables.size() && i < kNamed; ++i) {
        text += (i == 0 ? "" : ", ") + to_name(tables[i]);
    }
    if (tables.size() > kNamed) text += " and " + std::to_string(tables.size() - kNamed) + " more";
    return text;
}

std::string tables_text(const PostgresReport& report) {
    if (report.tables.empty()) return "none found; those made later are carried";
    return std::to_string(report.tables.size()) + " found: " + some_of(report.tables, name_of) +
           "; those made later that match are carried too";
}

std::string slot_text(const Configuration& configuration, const PostgresReport& report) {
    std::string text = configuration.slot_name + ", plugin " + configuration.source_plugin;
    if (!report.facts || !report.facts->slot) return text + "; is made now";
    return text + "; confirmed to " + to_string(report.facts->slot->confirmed_flush_lsn);
}

std::string topics_text(const Configuration& configuration) {
    const std::uint64_t copies =
        configuration.kafka_single_broker ? 1 : configuration.topics_replication;
    return configuration.topics_prefix + ".<schema>.<table>, new ones with " +
           std::to_string(configuration.topics_partitions) +
           (configuration.topics_partitions == 1 ? " partition" : " partitions") + " and " +
           std::to_string(copies) + (copies == 1 ? " copy" : " copies") + "; state in " +
           configuration.topics_prefix + ".__penstock_state." + configuration.slot_name;
}

std::string guarantee_text(const Configuration& configuration) {
    if (configuration.kafka_delivery == "exactly-once") {
        return "exactly once for readers with isolation.level=read_committed; in commit order per "
               "partition";
    }
    return "at least once: records may come again after a crash; no Kafka transactions";
}

std::string rows_text(const SelectedTable& table) {
    if (table.rows_estimate <= 0) return name_of(table);
    return name_of(table) + " (about " + std::to_string(std::llround(table.rows_estimate)) +
           " rows)";
}

std::string not_carried_text(const PostgresReport& report) {
    std::string text;
    for (std::size_t i = 0; i < report.not_carried.size() && i < kNamed; ++i) {
        const NotCarried& one = report.not_carried[i];
        text +=
            (i == 0 ? "" : ", ") + printable(one.schema + "." + one.name) + " (" + one.kind + ")";
    }
    if (report.not_carried.size() > kNamed) {
        text += " and " + std::to_string(report.not_carried.size() - kNamed) + " more";
    }
    return text;
}

std::string snapshot_text(const Configuration& configuration, const PostgresReport& report) {
    std::vector<SelectedTable> filled;
    for (const SelectedTable& table : report.tables) {
        if (table.has_rows) filled.push_back(table);
    }
    const std::string& mode = configuration.snapshot_mode;
    const bool begun = report.facts && report.facts->slot;
    const bool lost = begun && (report.facts->slot->wal_status == "lost" ||
                                !report.facts->slot->invalidation_reason.empty());
    if (mode == "when_needed" && lost)
        return "when_needed: the slot is lost, tables are read again";
    if (begun && mode != "never") return mode + ": begun with the slot, goes on where it is";
    if (filled.empty() || begun) return "never: only changes are carried";
    const bool chosen =
        !configuration.snapshot_tables.empty() || !configuration.snapshot_exclude_tables.empty();
    if (mode != "never") {
        return mode + ": rows that are there first, of " + some_of(filled, rows_text) +
               (chosen ? ", as far as snapshot.tables and exclude_tables choose them" : "") +
               (mode == "only" ? "; then the pipe ends" : "");
    }
    return "never: rows that are there already are not carried, which are those of " +
           some_of(filled, rows_text);
}

std::string format_text(const Configuration& configuration) {
    if (!uses_registry(configuration)) return configuration.format_value;
    return configuration.format_value + ", schemas at " + configuration.registry_url;
}

}  // namespace

std::string plan_text(const Configuration& configuration, const PostgresReport& report,
                      const Palette& palette, const std::string& forecast) {
    const auto line = [&palette](std::string name, std::string text) {
        return std::vector<TableCell>{{std::move(name), palette.dim}, {std::move(text), {}}};
    };
    const std::string database = report.facts ? printable(report.facts->database) : "";
    std::vector<std::vector<TableCell>> lines = {
        line("source", "PostgreSQL " + printable(report.server_version) + ", database " + database),
        line("slot", slot_text(configuration, report)), line("tables", tables_text(report))};
    if (!report.not_carried.empty()) lines.push_back(line("not carried", not_carried_text(report)));
    lines.push_back(line("kafka", configuration.kafka_brokers));
    lines.push_back(line("topics", topics_text(configuration)));
    lines.push_back(line("format", format_text(configuration)));
    lines.push_back(line("guarantee", guarantee_text(configuration)));
    lines.push_back(line("snapshot", snapshot_text(configuration, report)));
    const bool begun = report.facts && report.facts->slot;
    if (!forecast.empty() && !begun) lines.push_back(line("forecast", forecast));
    return to_table(lines, palette);
}

}  // namespace penstock
