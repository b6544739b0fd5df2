// What a seed means: limits, network, writers and faults of one schedule.
#include "world.hpp"

namespace penstock::simulation {

namespace {

void draw_engine(Random& random, Theme theme, EngineOptions& engine) {
    engine.slot = "penstock";
    engine.configuration_hash = 0xC0FFEE;
    engine.selection_hash = 0x5E1EC7;
    // Everything is small, so that every limit is met often.
    engine.window_bytes_max = random.between(2, 32) * 1024;
    engine.chunk_bytes = random.between(1, 16) * 128;
    engine.batch_rows_max = random.between(3, 60);
    engine.batch_bytes_max = random.between(4, 64) * 256;
    engine.large_transaction_rows = random.between(10, 40);
    engine.large_transaction_bytes = random.between(8, 64) * 256;
    engine.piece_items = random.between(3, 15);
    engine.piece_bytes = random.between(2, 16) * 256;
    if (random.percent(30)) engine.commit_interval = random.between(Duration{0}, Duration{100'000});
    if (theme == Theme::kAtomicLarge || random.percent(10))
        engine.transactions = TransactionsMode::kAtomic;
    if (random.percent(20)) engine.takeover = TakeoverMode::kTerminate;
    if (random.percent(50)) engine.heartbeat_interval = random.between(kSecond / 10, 2 * kSecond);
    engine.snapshot_chunk_rows = random.between(1, 4);
    engine.snapshot_note_bytes = random.between(1, 20) * 1024;
    engine.snapshot_hold_max = random.between(kSecond / 2, 3 * kSecond);
    if (theme == Theme::kSlow) engine.large_transaction_age = random.between(kSecond, 3 * kSecond);
}

void draw_network(Random& random, ProcessOptions& process) {
    LinkOptions& postgres = process.postgres_link;
    postgres.latency_max = random.percent(80) ? Duration{500} : 20 * kMillisecond;
    postgres.burst_items = random.between(1, 60);
    postgres.socket_items = random.between(5, 300);
    postgres.frame_gap_max = random.between(Duration{20}, Duration{2'000});
    KafkaLink& kafka = process.kafka_link;
    kafka.latency_max = random.percent(70) ? Duration{2'000} : 30 * kMillisecond;
    kafka.request_timeout = random.between(100 * kMillisecond, kSecond);
    kafka.tail_delay_max = random.between(5 * kMillisecond, 500 * kMillisecond);
    kafka.early_chunk_done = random.percent(50);
    if (random.percent(30)) kafka.failed_schema_percent = 30;
    process.statement_max = random.between(Duration{200}, 20 * kMillisecond);
    process.frames_per_slice = random.between(1, 64);
}

}  // namespace

ScheduleSettings draw_settings(Random& random) {
    ScheduleSettings settings;
    settings.theme = static_cast<Theme>(random.below(static_cast<std::uint64_t>(Theme::kCount_)));
    draw_engine(random, settings.theme, settings.process.engine);
    draw_network(random, settings.process);
    settings.process.partitions = static_cast<std::int32_t>(random.between(1, 3));
    settings.faults_for = random.between(2 * kSecond, 12 * kSecond);
    settings.write_gap_max = random.between(20 * kMillisecond, 600 * kMillisecond);
    settings.fault_gap_max = random.between(500 * kMillisecond, 4 * kSecond);
    settings.padding_max = static_cast<std::uint32_t>(random.between(0, 300));
    settings.large_percent = 3;
    settings.on_demand = random.percent(40);
    settings.request_gap_max = random.between(200 * kMillisecond, 3 * kSecond);
    switch (settings.theme) {
        case Theme::kCalm:
            settings.fault_gap_max = 60 * kSecond;
            break;
        case Theme::kLarge:
        case Theme::kAtomicLarge:
            settings.large_percent = 25;
            settings.large_items_max = 150;
            break;
        case Theme::kFirstStart:
            settings.faults_for = random.between(200 * kMillisecond, 3 * kSecond);
            settings.fault_gap_max = 150 * kMillisecond;
            break;
        case Theme::kSlow:
            settings.faults_for = random.between(8 * kSecond, 20 * kSecond);
            break;
        default:
            break;
    }
    return settings;
}

}  // namespace penstock::simulation
