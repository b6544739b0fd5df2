// What to do when slot and state have been looked at: one table of (slot, true state) -> action.
// A combination that is not in it cannot occur; meeting one is a bug of ours, never a guess. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/command.hpp"
#include "engine/state.hpp"

namespace penstock {

enum class SlotCondition : std::uint8_t {
    kNone,
    kOurs,       // Our plugin, our database, logical, neither temporary nor synced.
    kOursOlder,  // As kOurs, but older than the {creating} that would have made it.
    kForeign,    // Other plugin or database, physical, temporary, or synced.
    kLost,       // Invalidated in any way.
};

enum class StateCondition : std::uint8_t {
    kNothing,  // No topic, or no position in it.
    kCreating,
    kAdopting,
    kSnapshot,
    kStreaming,
    kTooNew,  // Written by a newer release.
};

enum class RecoveryAction : std::uint8_t {
    kCreate,         // Write {creating}, create the slot, write {streaming}.
    kDropAndCreate,  // Drop our half-made slot first.
    kAdoptAgain,     // An adoption was begun and not finished.
    kResumeSnapshot,
    kStream,
    kStopSlotNotOurs,
    kStopSlotLost,
    kStopSlotMissing,
    kStopStateMissing,
    kStopStateTooNew,
};

struct RecoveryRow {
    SlotCondition slot;
    StateCondition state;
    RecoveryAction action;
};

std::span<const RecoveryRow> recovery_table();

// Nothing when the combination is not in the table.
std::optional<RecoveryAction> recovery_action(SlotCondition slot, StateCondition state);

// `position` decides only between kOurs and kOursOlder.
SlotCondition slot_condition(const ServerFacts& facts, std::string_view plugin,
                             const std::optional<Position>& position);
StateCondition state_condition(const StateView& state);

}  // namespace penstock
