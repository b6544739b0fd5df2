#include "engine/recovery_table.hpp"

namespace penstock {
namespace {

using enum RecoveryAction;
using Slot = SlotCondition;
using State = StateCondition;

// {creating} is written before the slot is made and {streaming} after, so nothing was ever
// published under {creating}: a slot that is not older than it is our own half-made one, and an
// older one belongs to somebody else. kOursOlder exists under {creating} only.
constexpr RecoveryRow kTable[] = {
    {Slot::kNone, State::kNothing, kCreate},
    {Slot::kNone, State::kCreating, kCreate},
    {Slot::kNone, State::kAdopting, kAdoptAgain},
    {Slot::kNone, State::kSnapshot, kStopSlotMissing},
    {Slot::kNone, State::kStreaming, kStopSlotMissing},
    {Slot::kNone, State::kTooNew, kStopStateTooNew},

    {Slot::kOurs, State::kNothing, kStopStateMissing},
    {Slot::kOurs, State::kCreating, kDropAndCreate},
    {Slot::kOurs, State::kAdopting, kAdoptAgain},
    {Slot::kOurs, State::kSnapshot, kResumeSnapshot},
    {Slot::kOurs, State::kStreaming, kStream},
    {Slot::kOurs, State::kTooNew, kStopStateTooNew},

    {Slot::kOursOlder, State::kCreating, kStopSlotNotOurs},

    {Slot::kForeign, State::kNothing, kStopSlotNotOurs},
    {Slot::kForeign, State::kCreating, kStopSlotNotOurs},
    {Slot::kForeign, State::kAdopting, kStopSlotNotOurs},
    {Slot::kForeign, State::kSnapshot, kStopSlotNotOurs},
    {Slot::kForeign, State::kStreaming, kStopSlotNotOurs},
    {Slot::kForeign, State::kTooNew, kStopStateTooNew},

    {Slot::kLost, State::kNothing, kStopSlotLost},
    {Slot::kLost, State::kCreating, kStopSlotLost},
    {Slot::kLost, State::kAdopting, kStopSlotLost},
    {Slot::kLost, State::kSnapshot, kStopSlotLost},
    {Slot::kLost, State::kStreaming, kStopSlotLost},
    {Slot::kLost, State::kTooNew, kStopStateTooNew},
};

}  // namespace

std::span<const RecoveryRow> recovery_table() {
    return kTable;
}

std::optional<RecoveryAction> recovery_action(SlotCondition slot, StateCondition state) {
    for (const RecoveryRow& row : kTable) {
        if (row.slot == slot && row.state == state) return row.action;
    }
    return std::nullopt;
}

SlotCondition slot_condition(const ServerFacts& facts, std::string_view plugin,
                             const std::optional<Position>& position) {
    if (!facts.slot) return SlotCondition::kNone;
    const SlotFacts& slot = *facts.slot;
    if (!slot.logical || slot.temporary || slot.synced || slot.plugin != plugin ||
        slot.database != facts.database) {
        return SlotCondition::kForeign;
    }
    if (slot.wal_status == "lost" || !slot.invalidation_reason.empty()) return SlotCondition::kLost;
    if (position && position->phase == Phase::kCreating && slot.restart_lsn < position->lsn) {
        return SlotCondition::kOursOlder;
    }
    return SlotCondition::kOurs;
}

StateCondition state_condition(const StateView& state) {
    if (state.too_new) return StateCondition::kTooNew;
    if (!state.topic_exists || !state.position) return StateCondition::kNothing;
    switch (state.position->phase) {
        case Phase::kCreating:
            return StateCondition::kCreating;
        case Phase::kAdopting:
            return StateCondition::kAdopting;
        case Phase::kSnapshot:
            return StateCondition::kSnapshot;
        case Phase::kStreaming:
            return StateCondition::kStreaming;
        case Phase::kUnspecified:
            break;
    }
    return StateCondition::kTooNew;  // A phase that this release has no word for.
}

}  // namespace penstock
