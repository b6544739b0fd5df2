// The planted bugs, by name: those of the engine (consumer/engine/mutant.hpp) and those of the
// doors around it, which the models play. Each row names the rule that it denies.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/mutant.hpp"

namespace penstock::simulation {

// Bugs of the sink and of the driver, planted in their models.
enum class DoorMutant : std::uint8_t {
    kNone = 0,
    kIgnoreEndTxnCount,           // One EndTxn or three: a commit that returned OK is clean.
    kErrorIsSuccess,              // A commit that returned an error is clean.
    kNoFencing,                   // A transactional id of its own for every start.
    kFenceBLazily,                // init_transactions of B only when its turn comes.
    kPositionOutsideTransaction,  // The position in a Kafka transaction after that of the rows.
    kPositionFirst,               // The position in a Kafka transaction before that of the rows.
    kTrueReadUncommitted,         // The true read believes open Kafka transactions.
    kTruthBeforeFence,            // The true read ends where the state stood before the fence.
    kVisibleUncommitted,          // The tail reader reads read_uncommitted.
    kVisibleBeforeCommit,         // A position counts as read back when it is produced.
    kNoTurns,                     // B begins before A's commit returned.
    kReportIgnored,               // A failed delivery report does not fail the commit.
    kRestOfBatchLost,             // Frames that were not wanted yet are thrown away.
    kOldConnectionFrames,         // Frames of a closed connection are still handed over.
    kKeepaliveOvertakes,          // A keepalive is handed over before the frames in front of it.
    kCount_
};

inline DoorMutant active_door_mutant = DoorMutant::kNone;
inline bool mutant(DoorMutant which) {
    return active_door_mutant == which;
}

struct MutantRow {
    std::string_view name;  // "skip_with_less"
    Mutant engine = Mutant::kNone;
    DoorMutant door = DoorMutant::kNone;
    std::string_view rule;  // What it breaks.
};

std::span<const MutantRow> all_mutants();
#ifdef PENSTOCK_MUTANTS
void plant(const MutantRow& row);
void plant_nothing();
#endif

}  // namespace penstock::simulation
