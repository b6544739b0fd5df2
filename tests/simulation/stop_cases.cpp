// Every cause to stop by name, as something done to a settled world.
#include <algorithm>

#include "endings.hpp"
#include "plain_encoder.hpp"

namespace penstock::simulation {

namespace {

Lsn published(World& world) {
    return world.kafka.durable_position()->lsn;
}

// One captured row in `table`; small, so that nothing of it may be out before its commit.
SourceItem row(std::uint32_t table, std::uint32_t padding = 0) {
    SourceItem item;
    item.kind = ItemKind::kInsert;
    item.table = table;
    item.key = 1;
    item.padding = padding;
    return item;
}

std::size_t begin_rows(World& world, std::uint32_t table, int rows) {
    const std::size_t open = world.postgres.begin_transaction();
    for (int i = 0; i < rows; ++i) world.postgres.write_item(open, row(table));
    return open;
}

void commit_rows(World& world, std::uint32_t table, int rows) {
    world.postgres.commit_transaction(begin_rows(world, table, rows));
}

bool drop_slot(World& world, ProcessOptions&) {
    world.postgres.slot.reset();
    world.postgres.saved_slot.reset();
    return true;
}

bool recreate_slot(World& world, ProcessOptions&) {
    commit_rows(world, 0, 2);
    Slot slot;
    slot.restart_lsn = world.postgres.insert_lsn();
    slot.confirmed_flush_lsn = world.postgres.insert_lsn();
    world.postgres.slot = slot;
    world.postgres.saved_slot = slot;
    return true;
}

// Somebody drops and makes the slot anew between our first look and the lock, with a transaction
// before it: only the look after START_REPLICATION can tell.
bool recreate_slot_behind_the_look(World& world, ProcessOptions&) {
    world.postgres.before_start_replication = [&world] {
        world.postgres.before_start_replication = nullptr;
        ProcessOptions unused;
        recreate_slot(world, unused);
    };
    return true;
}

bool lose_slot(World& world, ProcessOptions&) {
    world.postgres.slot->wal_status = "lost";
    return true;
}

bool invalidate_slot(World& world, ProcessOptions&) {
    world.postgres.slot->invalidation_reason = "idle_timeout";
    return true;
}

bool foreign_plugin(World& world, ProcessOptions&) {
    world.postgres.slot->plugin = "pgoutput";
    return true;
}

bool foreign_database(World& world, ProcessOptions&) {
    world.postgres.slot->database = "other";
    return true;
}

bool physical_slot(World& world, ProcessOptions&) {
    world.postgres.slot->logical = false;
    return true;
}

bool delete_state_topic(World& world, ProcessOptions&) {
    world.kafka_lost_data = true;
    world.kafka.delete_state_topic();
    return true;
}

bool lose_state_tail(World& world, ProcessOptions&) {
    world.kafka_lost_data = true;
    for (;;) {
        const auto last = world.kafka.last_position(world.kafka.state_high_watermark(), true);
        if (!last || last->second.phase != Phase::kStreaming) return false;
        if (last->second.lsn < world.postgres.slot->confirmed_flush_lsn) return true;
        world.kafka.lose_state_tail(1);
    }
}

bool lose_topic_keys(World& world, ProcessOptions&) {
    world.kafka_lost_data = true;
    return world.kafka.lose_topic_keys();
}

bool other_cluster(World& world, ProcessOptions&) {
    ++world.postgres.system_identifier;
    return true;
}

bool other_database(World& world, ProcessOptions&) {
    ++world.postgres.database_oid;
    return true;
}

// The standby that took over lacks what Kafka has.
bool fail_over_with_loss(World& world, ProcessOptions&) {
    const auto& committed = world.postgres.committed();
    if (committed.empty() || committed.back()->commit_lsn <= world.postgres.last_consistent_point)
        return false;
    world.truth = committed;
    const Lsn fork = committed.back()->commit_lsn;
    Slot slot = *world.postgres.slot;
    slot.confirmed_flush_lsn = std::min(slot.confirmed_flush_lsn, fork);
    slot.restart_lsn = std::min(slot.restart_lsn, fork);
    world.postgres.promote(fork, slot);
    // The new timeline grows past the recorded position, so that only its fork tells.
    world.postgres.write_other(1 << 20);
    return true;
}

bool unknown_timeline(World& world, ProcessOptions&) {
    world.postgres.timeline += 5;
    world.postgres.timeline_history.clear();
    return true;
}

// An older backup was restored: same identifier, same timeline, less WAL.
bool restore_backup(World& world, ProcessOptions& next) {
    if (!fail_over_with_loss(world, next)) return false;
    world.postgres.timeline_history.pop_back();
    --world.postgres.timeline;
    world.postgres.rewind(world.truth->back()->commit_lsn);
    return true;
}

bool change_configuration(World&, ProcessOptions& next) {
    ++next.engine.configuration_hash;
    return true;
}

bool add_partition(World& world, ProcessOptions&) {
    for (std::uint32_t topic = 1; topic < world.kafka.topics().size(); ++topic) {
        const std::string& name = world.kafka.topics()[topic].name;
        if (!name.starts_with("shop.public.t")) continue;
        world.kafka.add_partition(topic);
        commit_rows(world, static_cast<std::uint32_t>(name.back() - '0'), 1);
        return true;
    }
    return false;
}

// The table has nothing new: the look at all topics of a start must find it.
bool add_partition_of_a_quiet_table(World& world, ProcessOptions&) {
    for (std::uint32_t topic = 1; topic < world.kafka.topics().size(); ++topic) {
        if (!world.kafka.topics()[topic].name.starts_with("shop.public.t")) continue;
        world.kafka.add_partition(topic);
        return true;
    }
    return false;
}

bool recreate_topic(World& world, ProcessOptions&) {
    for (std::uint32_t topic = 1; topic < world.kafka.topics().size(); ++topic) {
        if (!world.kafka.topics()[topic].name.starts_with("shop.public.t")) continue;
        world.kafka.recreate_topic(topic);
        return true;
    }
    return false;
}

bool newer_state(World& world, ProcessOptions&) {
    world.kafka.state_too_new = true;
    return true;
}

bool lose_publication(World& world, ProcessOptions&) {
    const std::size_t open = begin_rows(world, 0, 2);
    world.postgres.open_transaction(open).notice = true;
    world.postgres.commit_transaction(open);
    return true;
}

bool miscount(World& world, ProcessOptions&) {
    const std::size_t open = begin_rows(world, 0, 2);
    world.postgres.open_transaction(open).miscounted = true;
    world.postgres.commit_transaction(open);
    return true;
}

bool mark_value(World& world, ProcessOptions&) {
    const std::size_t open = begin_rows(world, 0, 1);
    SourceItem marked = row(0);
    marked.marked = true;
    world.postgres.write_item(open, marked);
    world.postgres.commit_transaction(open);
    return true;
}

bool write_large_row(World& world, ProcessOptions&) {
    const std::size_t open = begin_rows(world, 0, 1);
    world.postgres.write_item(open, row(0, 6'000));
    world.postgres.commit_transaction(open);
    return true;
}

constexpr StopCase kCases[] = {
    {"slot_dropped", ErrorName::kSlotMissing, false, drop_slot},
    {"slot_recreated", ErrorName::kSlotAheadOfState, false, recreate_slot},
    {"slot_recreated_behind_the_look", ErrorName::kSlotAheadOfState, false,
     recreate_slot_behind_the_look},
    {"slot_lost", ErrorName::kSlotLost, false, lose_slot},
    {"slot_invalidated", ErrorName::kSlotLost, false, invalidate_slot},
    {"slot_of_other_plugin", ErrorName::kSlotNotOurs, false, foreign_plugin},
    {"slot_of_other_database", ErrorName::kSlotNotOurs, false, foreign_database},
    {"slot_physical", ErrorName::kSlotNotOurs, false, physical_slot},
    {"state_topic_deleted", ErrorName::kStateMissing, false, delete_state_topic},
    {"state_topic_deleted_at_work", ErrorName::kStateMissing, true, delete_state_topic},
    {"state_tail_lost", ErrorName::kSlotAheadOfState, false, lose_state_tail},
    {"state_keys_lost", ErrorName::kStateIncomplete, false, lose_topic_keys},
    {"state_too_new", ErrorName::kStateTooNew, false, newer_state},
    {"other_cluster", ErrorName::kOtherServer, false, other_cluster},
    {"other_database", ErrorName::kOtherServer, false, other_database},
    {"failover_with_loss", ErrorName::kStateAheadOfServer, false, fail_over_with_loss},
    {"failover_with_loss_at_work", ErrorName::kStateAheadOfServer, true, fail_over_with_loss},
    {"unknown_timeline", ErrorName::kTimelineDiverged, false, unknown_timeline},
    {"backup_restored", ErrorName::kStateAheadOfServer, false, restore_backup},
    {"configuration_changed", ErrorName::kConfigurationChanged, false, change_configuration},
    {"partition_added", ErrorName::kPartitionsChanged, false, add_partition},
    {"partition_of_a_quiet_table_added", ErrorName::kPartitionsChanged, false,
     add_partition_of_a_quiet_table},
    {"topic_recreated", ErrorName::kTopicLost, false, recreate_topic},
    {"publication_missing", ErrorName::kPublicationMissing, true, lose_publication},
    {"count_mismatch", ErrorName::kCountMismatch, true, miscount},
    {"marked_value", ErrorName::kMarkedValue, true, mark_value},
    {"record_too_large", ErrorName::kRecordTooLarge, true, write_large_row},
};

}  // namespace

std::span<const StopCase> stop_cases() {
    return kCases;
}

std::optional<std::string> run_stop_case(World& world, const StopCase& stop) {
    Process* process = fresh_process(world);
    if (process == nullptr) return std::string("no process came to stream");
    const Lsn before = published(world);
    world.trace.say("world", "ending: {}", stop.name);
    ProcessOptions next = world.settings.process;
    if (!stop.live) {
        process->kill(false);
        world.run_for(500 * kMillisecond);
    }
    if (!stop.tamper(world, next)) return std::nullopt;
    if (stop.live) {
        // Something to do, so that the loss is met.
        if (world.postgres.takes_writes()) commit_rows(world, 1, 1);
    } else {
        process = &world.start_process(next);
    }
    if (!world.run_until([process] { return process->finished(); }, 90 * kSecond))
        return fmt::format("{}: does not stop", stop.name);
    if (!process->outcome() || process->outcome()->name != stop.expected)
        return fmt::format("{}: stopped as {}, not as {}", stop.name,
                           process->outcome() ? error_row(process->outcome()->name).text : "clean",
                           error_row(stop.expected).text);
    // What was in flight may still land; nothing that ends later may.
    world.run_for(20 * kSecond);
    if (world.kafka_lost_data) return std::nullopt;
    return world.judge(false, Lsn{before.value + 1});
}

}  // namespace penstock::simulation
