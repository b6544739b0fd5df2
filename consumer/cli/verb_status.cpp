// `penstock status` and `penstock state show`: where a pipe stands, as PostgreSQL and the state
// topic tell it. Both read only and disturb nobody.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/invocation.hpp"
#include "cli/snapshot_progress.hpp"
#include "cli/terminal.hpp"
#include "config/loader.hpp"
#include "config/registry_rules.hpp"
#include "control/control_client.hpp"
#include "registry/registry_preflight.hpp"
#include "run/progress_text.hpp"
#include "run/wiring.hpp"
#include "sink/state_reader.hpp"
#include "source/postgres_error.hpp"
#include "source/postgres_source.hpp"

namespace penstock {
namespace {

std::string_view phase_text(Phase phase) {
    switch (phase) {
        case Phase::kCreating:
            return "creating";
        case Phase::kAdopting:
            return "adopting";
        case Phase::kSnapshot:
            return "snapshot";
        case Phase::kStreaming:
            return "streaming";
        case Phase::kUnspecified:
            break;
    }
    return "unknown";
}

std::string hexadecimal(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text;
}

std::string age_text(std::int64_t wall_time_us) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    if (wall_time_us == 0) return "at a time that is not recorded";
    const std::int64_t seconds =
        std::max<std::int64_t>(0, (now.count() - wall_time_us) / 1'000'000);
    return seconds_text(static_cast<std::uint64_t>(seconds)) + " ago";
}

std::string distance_text(Lsn from, Lsn to) {
    if (from >= to) return "nothing";
    return bytes_text(to.value - from.value) + " of WAL";
}

class Lines {
public:
    explicit Lines(const Palette& palette) : palette_(palette) {}
    void add(std::string name, std::string text) {
        lines_.push_back({{std::move(name), palette_.dim}, {std::move(text), {}}});
    }
    void print() const { std::fputs(to_table(lines_, palette_).c_str(), stdout); }

private:
    const Palette& palette_;
    std::vector<std::vector<TableCell>> lines_;
};

void add_open(Lines& lines, const Position& position) {
    if (!position.open) return;
    lines.add("open", "transaction " + std::to_string(position.open->xid.value) + ", commit at " +
                          to_string(position.open->commit_lsn) + ": the first " +
                          std::to_string(position.open->next_item) + " items are published");
}

std::string_view state_text(SnapshotProgress progress) {
    switch (progress) {
        case SnapshotProgress::kReading:
            return "being read";
        case SnapshotProgress::kDone:
            return "done";
        case SnapshotProgress::kPaused:
            return "paused";
        case SnapshotProgress::kCancelled:
            return "cancelled";
        default:
            return "waits";
    }
}

// Of a pipe that streams those on demand; the first one is over then.
void add_snapshots(Lines& lines, const StateView& view) {
    const bool streaming = view.position && view.position->phase == Phase::kStreaming;
    for (const auto& [oid, table] : view.snapshots) {
        if (streaming && table.initial) continue;
        const std::int64_t told_at = view.position ? view.position->wall_time_us : 0;
        lines.add("snapshot", printable(table.schema + "." + table.table) + ": " +
                                  std::string(state_text(table.progress)) + ", " +
                                  progress_text(progress_of(table, told_at)));
    }
}

// What the running pipe itself says of its snapshots: newer than the state, and why one waits. A
// pipe that does not run says nothing.
std::optional<PipeReport> live_report(const Invocation& invocation) {
    constexpr Duration kPatience = std::chrono::seconds(2);
    SnapshotRequest list;
    list.kind = SnapshotRequest::Kind::kList;
    auto report =
        ask_pipe(control_candidates(invocation.configuration), list, kPatience, invocation.stop_fd);
    if (!report) return std::nullopt;
    return std::move(*report);
}

// What the slot will keep by the end of the snapshot, if all goes on as it has so far.
void add_forecast(Lines& lines, const StateView& view, const ServerFacts& facts) {
    if (!view.position) return;
    std::uint64_t blocks = 0, done = 0;
    std::int64_t begun_us = 0;
    for (const auto& [oid, table] : view.snapshots) {
        blocks += table.blocks;
        done += blocks_read(table, table.blocks);
        if (table.begun_us != 0 && (begun_us == 0 || table.begun_us < begun_us)) {
            begun_us = table.begun_us;
        }
    }
    const std::int64_t passed_us = view.position->wall_time_us - begun_us;
    if (!facts.slot || done == 0 || begun_us == 0 || passed_us <= 0) return;
    const auto seconds = static_cast<std::uint64_t>(passed_us / 1'000'000);
    const auto kept =
        static_cast<double>(facts.wal_insert_lsn.value - facts.slot->restart_lsn.value);
    const double whole = kept * static_cast<double>(blocks) / static_cast<double>(done);
    std::string text = "about " + seconds_text(seconds * (blocks - done) / done) +
                       " left; by then the slot keeps about " +
                       bytes_text(static_cast<std::uint64_t>(whole)) + " of WAL";
    if (facts.slot->safe_wal_bytes) {
        text += ", and is lost after " + bytes_text(*facts.slot->safe_wal_bytes) + " more";
    }
    lines.add("forecast", std::move(text));
}

void add_slot(Lines& lines, const Configuration& configuration, const ServerFacts& facts) {
    if (!facts.slot) {
        lines.add("slot", configuration.slot_name + " does not exist");
        return;
    }
    const SlotFacts& slot = *facts.slot;
    lines.add("slot", configuration.slot_name + (slot.active ? ", active" : ", idle") +
                          ", confirmed to " + to_string(slot.confirmed_flush_lsn));
    lines.add("retained",
              distance_text(slot.restart_lsn, facts.wal_insert_lsn) +
                  (slot.wal_status.empty() ? "" : " (" + printable(slot.wal_status) + ")"));
}

// Whether the registry answers us, and what the running pipe says of it: rows with a new schema
// wait for a registry that is away.
void add_registry(Lines& lines, const Configuration& configuration,
                  const std::optional<PipeReport>& live) {
    if (!uses_registry(configuration)) return;
    if (live && !live->stream_waits_for.empty()) {
        lines.add("waits", "for " + printable(live->stream_waits_for));
    }
    for (const CheckItem& item : check_registry(make_registry_settings(configuration))) {
        if (item.item != "registry") continue;
        const bool away = item.error == ErrorName::kRegistryUnreachable;
        lines.add("registry",
                  printable(item.detail) + (away ? "; rows with a new schema wait for it" : ""));
    }
}

Result<StateReading> read(const Configuration& configuration) {
    return read_state(make_kafka_settings(configuration, 0), ReadDepth::kHint);
}

}  // namespace

std::optional<Error> verb_status(const Invocation& invocation) {
    const Palette palette = palette_for(STDOUT_FILENO);
    const Configuration& configuration = invocation.configuration;
    if (auto given = check_for_kafka(configuration); !given) return given.error();
    PostgresSource source(make_source_settings(configuration, invocation.stop_fd));
    const auto facts = source.inspect();
    if (!facts) return facts.error();
    const auto state = read(configuration);
    if (!state) return state.error();
    Lines lines(palette);
    std::optional<PipeReport> live;
    lines.add("server", "database " + printable(facts->database) + ", WAL written to " +
                            to_string(facts->wal_insert_lsn));
    add_slot(lines, configuration, *facts);
    if (state->view.position) {
        const Position& position = *state->view.position;
        lines.add("published", "to " + to_string(position.lsn) + ", " +
                                   std::string(phase_text(position.phase)) + ", written " +
                                   age_text(position.wall_time_us));
        lines.add("behind", distance_text(position.lsn, facts->wal_insert_lsn));
        add_open(lines, position);
        if (position.phase == Phase::kSnapshot || position.snapshot_keys != 0) {
            const auto whole = read_state(make_kafka_settings(configuration, 0), ReadDepth::kTrue);
            if (!whole) return whole.error();
            live = live_report(invocation);
            if (!live || live->tables.empty()) add_snapshots(lines, whole->view);
            if (position.phase == Phase::kSnapshot) add_forecast(lines, whole->view, *facts);
        }
    } else {
        lines.add("published", "nothing: the state topic holds no position");
    }
    if (!live && uses_registry(configuration)) live = live_report(invocation);
    add_registry(lines, configuration, live);
    lines.print();
    if (live && !live->tables.empty()) {
        std::printf("\nsnapshots\n%s", snapshot_table(*live, palette).c_str());
    }
    return std::nullopt;
}

std::optional<Error> verb_state_show(const Invocation& invocation) {
    if (auto given = check_for_kafka(invocation.configuration); !given) return given.error();
    const auto state =
        read_state(make_kafka_settings(invocation.configuration, 0), ReadDepth::kTrue);
    if (!state) return state.error();
    const StateView& view = state->view;
    const Palette palette = palette_for(STDOUT_FILENO);
    Lines lines(palette);
    lines.add("topic", state_topic_name(make_kafka_settings(invocation.configuration, 0)) +
                           (view.topic_exists ? "" : ", which does not exist"));
    if (view.too_new) lines.add("version", "written by a newer release");
    if (view.position) {
        const Position& position = *view.position;
        lines.add("phase", std::string(phase_text(position.phase)));
        lines.add("lsn", to_string(position.lsn));
        add_open(lines, position);
        lines.add("system", std::to_string(position.system_identifier) + ", database " +
                                std::to_string(position.database_oid) + ", timeline " +
                                std::to_string(position.timeline));
        lines.add("sequence", std::to_string(position.sequence));
        lines.add("instance", hexadecimal(position.instance));
        lines.add("configuration", hexadecimal(position.configuration_hash) + ", selection " +
                                       hexadecimal(position.selection_hash));
        lines.add("written", age_text(position.wall_time_us));
    }
    for (const auto& [name, topic] : view.topics) {
        lines.add("topic/" + printable(name),
                  std::to_string(topic.partitions) +
                      (topic.partitions == 1 ? " partition" : " partitions") + ", table oid " +
                      std::to_string(topic.relation_oid));
    }
    add_snapshots(lines, view);
    lines.print();
    return std::nullopt;
}

}  // namespace penstock
