// Planted bugs of the engine, each the denial of one rule. They prove the simulator: a build of it
// plants one and must then fail on some seed that the true engine passes. Outside that build
// mutant() is constant false and the compiler removes every trace of it.
//
// Use: `if (commit_end <= state && !mutant(Mutant::kSkipWithLess)) ...` at the very decision that
// the rule is about. The names and the rules they break are listed in tests/simulation/mutants.cpp.
#pragma once

#include <cstdint>

namespace penstock {

enum class Mutant : std::uint8_t {
    kNone = 0,
    kConfirmKeepaliveAlways,   // Confirms a keepalive's position while something is outstanding.
    kConfirmCommitLsn,         // Takes commit_lsn for end_lsn.
    kSkipWithLess,             // Drops end_lsn < state.lsn instead of <=.
    kSkipByCommitLsn,          // Drops by commit_lsn instead of end_lsn.
    kConfirmBelieved,          // Confirms what a commit returned, not what was read back.
    kRecreateSlot,             // Makes a missing slot anew instead of stopping.
    kResumeFromSlot,           // Believes the slot's position instead of the state's.
    kIgnoreTimeline,           // Does not compare the state with the timeline's forks.
    kIgnoreServerEnd,          // Does not compare the state with the server's WAL end.
    kIgnoreSystemIdentifier,   // Streams from whatever server answers.
    kStaleConfirmedFlush,      // Sanity by the slot as it was before START_REPLICATION.
    kIgnoreSlotAhead,          // No sanity of the slot against the state at all.
    kMessageKeepsPosition,     // A non-transactional message does not move the position.
    kMessageNotSkipped,        // A non-transactional message is never dropped as already sent.
    kOpenFromStart,            // Resumes an open transaction at item 0.
    kOpenSkipsWhole,           // Drops the rest of an open transaction.
    kOpenMissingIgnored,       // Does not stop when the open transaction does not come.
    kCountPublishedItems,      // Counts items after the consumer's own filters.
    kIdleWithOutstanding,      // Idle advance while something is outstanding.
    kNeverIdle,                // No idle advance.
    kDecideOnHint,             // Takes the hint read for the truth.
    kNoSecondLook,             // Does not look at the slot again after the true read.
    kBelieveUncleanCommit,     // Takes an unknown outcome for a clean one.
    kKeepMemory,               // Keeps what it had in memory through a recovery.
    kCutSmallTransaction,      // Closes a Kafka transaction inside a small source transaction.
    kAtomicIsCut,              // Cuts a large transaction in atomic mode.
    kNoCountCheck,             // Believes Commit without counting.
    kIgnoreNotice,             // Publishes past publication_missing.
    kIgnoreMissingKeys,        // Believes a state topic that lost keys.
    kIgnorePartitionCount,     // Goes on when a topic changed its partitions.
    kIgnoreLostTopic,          // Goes on in a topic that was deleted and made anew.
    kIgnoreSelection,          // Resumes an open transaction under another selection.
    kIgnoreConfiguration,      // Resumes under another naming or key rule.
    kFencedRestarts,           // Goes to step 1 when another instance fenced us.
    kFencedByOwnTimeoutStops,  // Takes a coordinator timeout for another instance.
    kHoldsShutdown,            // Never lets go of a server that is shutting down.
    kWindowIgnored,            // Takes frames while the window is full.
    kStopWithoutDrain,         // A clean stop leaves without committing what is complete.
    kTakeoverAlive,            // Terminates a holder whose last reply is young.
    kStopReasonSwallowed,      // Retries what only a person can mend.
    kNoLookAtCreated,          // Writes {streaming} with what was known before the slot was made.
    kHeartbeatForgetsOpen,     // A heartbeat before the open transaction has come again.
    kWantedTopicSkips,         // A change that needs a topic is not encoded again.
    kWantedTopicRepeats,       // A change that needed a topic is encoded twice.
    kBeginAgain,               // The begin of a transaction in pieces goes out at each restart.
    kDroppedNotCounted,        // Items published before a restart do not feed the totals.
    kMergeWithoutNoting,       // Chunks enter whatever the stream has done to their rows.
    kSuspectsIgnored,          // Does not wait for transactions streamed before the noting began.
    kEntersBeforeLsn,          // A chunk enters before the stream is where it was read.
    kVisibleByStreamOrder,     // Takes what the stream has brought for visible.
    kOldKeyNotNoted,           // Of a key update only the new key is noted.
    kUnchangedNotNoted,        // A row that the stream has only in part counts as whole.
    kTruncateNotNoted,         // A chunk enters behind the truncate that emptied its table.
    kCursorWithoutRows,        // The cursor is written before the rows up to it.
    kRowsWithoutCursor,        // Rows are written before the cursor that covers them.
    kCount_
};

#ifdef PENSTOCK_MUTANTS
// A namespace of its own: objects with and without planted bugs are linked into one program, and
// the linker must not take the one function for the other.
inline namespace planted {
inline Mutant active_mutant = Mutant::kNone;
inline bool mutant(Mutant which) {
    return active_mutant == which;
}
}  // namespace planted
#else
constexpr bool mutant(Mutant) {
    return false;
}
#endif

}  // namespace penstock
