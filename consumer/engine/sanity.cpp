#include "engine/sanity.hpp"

#include <algorithm>
#include <string>

#include "engine/lsn.hpp"
#include "engine/mutant.hpp"

namespace penstock {
namespace {

Status check_timeline(const Position& position, const ServerFacts& facts) {
    if (position.timeline == facts.timeline || mutant(Mutant::kIgnoreTimeline)) return {};
    const auto ended =
        std::find_if(facts.timeline_history.begin(), facts.timeline_history.end(),
                     [&](const auto& entry) { return entry.first == position.timeline; });
    if (position.timeline > facts.timeline || ended == facts.timeline_history.end()) {
        return fail(ErrorName::kTimelineDiverged,
                    "the state was written on timeline " + std::to_string(position.timeline) +
                        ", the server is on timeline " + std::to_string(facts.timeline),
                    "The server's history does not contain the recorded timeline.");
    }
    if (position.lsn > ended->second) {
        return fail(ErrorName::kStateAheadOfServer,
                    "the recorded position lies past the fork of the server's timeline: " +
                        to_string(position.lsn),
                    "Timeline " + std::to_string(position.timeline) + " was left at " +
                        to_string(ended->second) +
                        "; the promotion lost transactions that Kafka holds.");
    }
    return {};
}

Status check_positions(const Position& position, const ServerFacts& facts) {
    if (position.lsn > facts.wal_insert_lsn && !mutant(Mutant::kIgnoreServerEnd)) {
        return fail(ErrorName::kStateAheadOfServer,
                    "the recorded position lies past the end of the server's WAL: " +
                        to_string(position.lsn),
                    "The server's WAL ends at " + to_string(facts.wal_insert_lsn) + ".");
    }
    if (facts.slot && position.lsn < facts.slot->confirmed_flush_lsn &&
        !mutant(Mutant::kIgnoreSlotAhead)) {
        return fail(ErrorName::kSlotAheadOfState,
                    "the slot has confirmed " + to_string(facts.slot->confirmed_flush_lsn) +
                        ", Kafka holds only up to " + to_string(position.lsn),
                    "Either Kafka lost data, or the slot was dropped and made anew, or somebody "
                    "else read from it.");
    }
    return {};
}

Status check_pipe(const Position& position, const EngineOptions& options) {
    if (position.configuration_hash != options.configuration_hash &&
        !mutant(Mutant::kIgnoreConfiguration)) {
        return fail(ErrorName::kConfigurationChanged,
                    "the state was written under another configuration",
                    "Slot, source plugin, prefix, topic naming, key rule and partitioner decide "
                    "where a key goes and may not change.");
    }
    return {};
}

Status check_selection(const Position& position, const EngineOptions& options) {
    // Snapshots on demand look at the selection anew, table by table.
    const bool unfinished = position.open.has_value() || position.phase == Phase::kSnapshot;
    if (unfinished && position.selection_hash != options.selection_hash &&
        !mutant(Mutant::kIgnoreSelection)) {
        return fail(ErrorName::kConfigurationChanged,
                    "the selection of tables changed in the middle of a large transaction",
                    "Items of the transaction are counted, and another selection counts "
                    "differently.");
    }
    return {};
}

Status check_complete(const StateView& state) {
    const Position& position = *state.position;
    const bool complete =
        state.topics.size() >= position.topic_keys && state.snapshot_keys >= position.snapshot_keys;
    if (complete || mutant(Mutant::kIgnoreMissingKeys)) return {};
    return fail(ErrorName::kStateIncomplete, "the state topic has lost records",
                "The position counts " + std::to_string(position.topic_keys) + " topics and " +
                    std::to_string(position.snapshot_keys) + " snapshots; found were " +
                    std::to_string(state.topics.size()) + " and " +
                    std::to_string(state.snapshot_keys) + ".");
}

}  // namespace

Status check_server(const Position& position, const ServerFacts& facts) {
    if (position.system_identifier != facts.system_identifier &&
        !mutant(Mutant::kIgnoreSystemIdentifier)) {
        return fail(
            ErrorName::kOtherServer,
            "the state belongs to another database cluster: system identifier " +
                std::to_string(position.system_identifier),
            "The server's system identifier is " + std::to_string(facts.system_identifier) + ".");
    }
    if (position.database_oid != facts.database_oid) {
        return fail(
            ErrorName::kOtherServer,
            "the state belongs to another database: oid " + std::to_string(position.database_oid),
            "The oid of the connected database is " + std::to_string(facts.database_oid) + ".");
    }
    return {};
}

Status check_sanity(const StateView& state, const ServerFacts& facts,
                    const EngineOptions& options) {
    const Position& position = *state.position;
    return check_server(position, facts)
        .and_then([&] { return check_timeline(position, facts); })
        .and_then([&] { return check_positions(position, facts); })
        .and_then([&] { return check_pipe(position, options); })
        .and_then([&] { return check_selection(position, options); })
        .and_then([&] { return check_complete(state); });
}

Status check_renewal(const StateView& state, const EngineOptions& options) {
    return check_pipe(*state.position, options).and_then([&] { return check_complete(state); });
}

}  // namespace penstock
