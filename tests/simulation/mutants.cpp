#include "mutants.hpp"

#include <array>

namespace penstock::simulation {

namespace {

constexpr MutantRow engine_row(std::string_view name, Mutant which, std::string_view rule) {
    return MutantRow{name, which, DoorMutant::kNone, rule};
}
constexpr MutantRow door_row(std::string_view name, DoorMutant which, std::string_view rule) {
    return MutantRow{name, Mutant::kNone, which, rule};
}

constexpr MutantRow kMutants[] = {
    engine_row("confirm_keepalive_always", Mutant::kConfirmKeepaliveAlways,
               "I5: a keepalive's position counts only when nothing is outstanding"),
    engine_row("confirm_commit_lsn", Mutant::kConfirmCommitLsn,
               "a position is always an end of something, never a start"),
    engine_row("skip_with_less", Mutant::kSkipWithLess,
               "everything that ends at or below S.lsn is dropped"),
    engine_row("skip_by_commit_lsn", Mutant::kSkipByCommitLsn,
               "end_lsn is compared with S.lsn, a transaction may begin right at it"),
    engine_row("confirm_believed", Mutant::kConfirmBelieved,
               "I4: what is confirmed was read back, never believed"),
    engine_row("recreate_slot", Mutant::kRecreateSlot, "a missing slot is never made anew"),
    engine_row("resume_from_slot", Mutant::kResumeFromSlot,
               "the state says what is published, the slot goes back after a crash"),
    engine_row("ignore_timeline", Mutant::kIgnoreTimeline,
               "S.lsn lies not past the fork of the server's timeline"),
    engine_row("ignore_server_end", Mutant::kIgnoreServerEnd,
               "S.lsn lies not past the end of the server's WAL"),
    engine_row("ignore_system_identifier", Mutant::kIgnoreSystemIdentifier,
               "the state belongs to one cluster"),
    engine_row("stale_confirmed_flush", Mutant::kStaleConfirmedFlush,
               "sanity reads the slot after START_REPLICATION was accepted"),
    engine_row("ignore_slot_ahead", Mutant::kIgnoreSlotAhead,
               "a slot that is ahead of the state has lost changes"),
    engine_row("message_keeps_position", Mutant::kMessageKeepsPosition,
               "a message outside of transactions moves the position to its LSN"),
    engine_row("message_not_skipped", Mutant::kMessageNotSkipped,
               "a message outside of transactions is dropped at or below S.lsn"),
    engine_row("open_from_start", Mutant::kOpenFromStart,
               "the first next_item items of an open transaction are out"),
    engine_row("open_skips_whole", Mutant::kOpenSkipsWhole,
               "only next_item items of an open transaction are out"),
    engine_row("open_missing_ignored", Mutant::kOpenMissingIgnored,
               "the open transaction must be the first one past S.lsn"),
    engine_row("count_published_items", Mutant::kCountPublishedItems,
               "items are counted as received, before the consumer's own filters"),
    engine_row("idle_with_outstanding", Mutant::kIdleWithOutstanding,
               "no idle advance over rows that are not published"),
    engine_row("never_idle", Mutant::kNeverIdle,
               "WAL without captured changes is passed over within three seconds"),
    engine_row("decide_on_hint", Mutant::kDecideOnHint,
               "the hint gives the START position and decides nothing else"),
    engine_row("no_second_look", Mutant::kNoSecondLook,
               "slot and server are looked at again after the true read"),
    engine_row("believe_unclean_commit", Mutant::kBelieveUncleanCommit,
               "an unknown outcome destroys both producers"),
    engine_row("keep_memory", Mutant::kKeepMemory, "recovery drops everything in memory"),
    engine_row("cut_small_transaction", Mutant::kCutSmallTransaction,
               "a Kafka transaction closes at a source commit only"),
    engine_row("atomic_is_cut", Mutant::kAtomicIsCut, "in atomic mode no transaction is cut"),
    engine_row("no_count_check", Mutant::kNoCountCheck, "the count in Commit is checked"),
    engine_row("ignore_notice", Mutant::kIgnoreNotice,
               "a missing publication stops before it is confirmed past"),
    engine_row("ignore_missing_keys", Mutant::kIgnoreMissingKeys,
               "a state topic that lost keys is not believed"),
    engine_row("ignore_partition_count", Mutant::kIgnorePartitionCount,
               "a topic keeps its partitions, or keys change theirs"),
    engine_row("ignore_lost_topic", Mutant::kIgnoreLostTopic,
               "a topic that was deleted has lost records, whatever has its name now"),
    engine_row("ignore_selection", Mutant::kIgnoreSelection,
               "the selection may not change while a transaction is open"),
    engine_row("ignore_configuration", Mutant::kIgnoreConfiguration,
               "naming and key rule may not change"),
    engine_row("fenced_restarts", Mutant::kFencedRestarts,
               "an instance that was fenced by another ends"),
    engine_row("fenced_by_own_timeout_stops", Mutant::kFencedByOwnTimeoutStops,
               "a coordinator's timeout is no other instance"),
    engine_row("holds_shutdown", Mutant::kHoldsShutdown, "the server can always shut down"),
    engine_row("window_ignored", Mutant::kWindowIgnored, "I7: the window is bounded in bytes"),
    engine_row("stop_without_drain", Mutant::kStopWithoutDrain,
               "I10: a clean stop commits what is complete and confirms it"),
    engine_row("takeover_alive", Mutant::kTakeoverAlive,
               "only a holder whose last reply is old is terminated"),
    engine_row("stop_reason_swallowed", Mutant::kStopReasonSwallowed,
               "what only a person can mend stops by name"),
    engine_row("no_look_at_created", Mutant::kNoLookAtCreated,
               "the first position names the timeline on which the slot was made"),
    engine_row("heartbeat_forgets_open", Mutant::kHeartbeatForgetsOpen,
               "no heartbeat before the transaction that is published in part comes again"),
    engine_row("wanted_topic_skips", Mutant::kWantedTopicSkips,
               "a change that needs a topic is encoded again once it is there"),
    engine_row("wanted_topic_repeats", Mutant::kWantedTopicRepeats,
               "a change that needed a topic is published once"),
    engine_row("begin_again", Mutant::kBeginAgain,
               "the begin of a transaction goes with its first item only"),
    engine_row("dropped_not_counted", Mutant::kDroppedNotCounted,
               "what was published before a restart feeds the totals at the end"),
    engine_row("merge_without_noting", Mutant::kMergeWithoutNoting,
               "a row of a chunk that the stream has touched does not enter"),
    engine_row("suspects_ignored", Mutant::kSuspectsIgnored,
               "no chunk is read before what was streamed before the noting is visible"),
    engine_row("visible_by_stream_order", Mutant::kVisibleByStreamOrder,
               "the chunk's snapshot says what is visible, not the order of the stream"),
    engine_row("old_key_not_noted", Mutant::kOldKeyNotNoted,
               "a key update touches the old key as well"),
    engine_row("unchanged_not_noted", Mutant::kUnchangedNotNoted,
               "a row that the stream has only in part is read again"),
    engine_row("truncate_not_noted", Mutant::kTruncateNotNoted,
               "no row enters behind the truncate that removed it"),
    engine_row("rows_without_cursor", Mutant::kRowsWithoutCursor,
               "I2: the cursor is in the Kafka transaction of its rows"),
    engine_row("enters_before_lsn", Mutant::kEntersBeforeLsn,
               "no row enters before the stream is where it was read"),
    engine_row("cursor_without_rows", Mutant::kCursorWithoutRows,
               "I2: the rows are in the Kafka transaction of their cursor"),
    door_row("ignore_end_txn_count", DoorMutant::kIgnoreEndTxnCount,
             "clean is exactly one EndTxn request"),
    door_row("error_is_success", DoorMutant::kErrorIsSuccess, "clean is a commit that returned OK"),
    door_row("no_fencing", DoorMutant::kNoFencing,
             "both transactional ids are fixed for ever, so that older instances are fenced"),
    door_row("fence_b_lazily", DoorMutant::kFenceBLazily,
             "both producers are fenced before the true read"),
    door_row("position_outside_transaction", DoorMutant::kPositionOutsideTransaction,
             "I2: the position is in the Kafka transaction of its rows"),
    door_row("position_first", DoorMutant::kPositionFirst,
             "I2: the position is in the Kafka transaction of its rows"),
    door_row("true_read_uncommitted", DoorMutant::kTrueReadUncommitted,
             "the truth is read read_committed"),
    door_row("truth_before_fence", DoorMutant::kTruthBeforeFence,
             "the truth is read after both producers are fenced"),
    door_row("visible_uncommitted", DoorMutant::kVisibleUncommitted,
             "the read-back is read_committed"),
    door_row("visible_before_commit", DoorMutant::kVisibleBeforeCommit,
             "nothing is confirmed before its commit"),
    door_row("no_turns", DoorMutant::kNoTurns, "B begins only after A's commit returned cleanly"),
    door_row("report_ignored", DoorMutant::kReportIgnored, "I9: a failed delivery stops the batch"),
    door_row("rest_of_batch_lost", DoorMutant::kRestOfBatchLost,
             "the undecoded rest of a batch is kept"),
    door_row("old_connection_frames", DoorMutant::kOldConnectionFrames,
             "what arrives late from an old connection is dropped"),
    door_row("keepalive_overtakes", DoorMutant::kKeepaliveOvertakes,
             "a keepalive keeps its place behind the frames before it"),
};

}  // namespace

std::span<const MutantRow> all_mutants() {
    return kMutants;
}

#ifdef PENSTOCK_MUTANTS
void plant(const MutantRow& row) {
    active_mutant = row.engine;
    active_door_mutant = row.door;
}

void plant_nothing() {
    active_mutant = Mutant::kNone;
    active_door_mutant = DoorMutant::kNone;
}
#endif

}  // namespace penstock::simulation
