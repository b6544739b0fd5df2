#include "world.hpp"

#include <algorithm>

#include "endings.hpp"
#include "snapshot_oracle.hpp"

namespace penstock::simulation {

namespace {

// Longer than every timeout of the models together.
constexpr Duration kPatience{90 * kSecond};

}  // namespace

World::World(std::uint64_t the_seed, bool traced)
    : seed(the_seed),
      random(the_seed),
      settings(draw_settings(random)),
      postgres(time, trace, random.fork()),
      kafka(time, trace, random.fork()),
      writer_(random.fork()),
      supervisor_(random.fork()),
      requests_(random.fork()) {
    if (settings.on_demand) postgres.visible_late_percent = 50;
    if (traced) trace.turn_on();
    nemesis_ = std::make_unique<Nemesis>(*this, random.fork());
    postgres.on_confirm = [this](Lsn confirmed) {
        if (kafka_lost_data) return;
        if (const auto breach = oracle.check_confirm(confirmed)) violated(*breach);
    };
    postgres.on_slot_made = [this] {
        if (const auto breach = oracle.check_slot_made()) violated(*breach);
    };
    kafka.on_state_readable = [this] {
        for (const auto& process : processes) process->sink().state_readable();
    };
}

World::~World() = default;

void World::violated(const std::string& what) {
    trace.say("oracle", "BROKEN: {}", what);
    if (!breach_) breach_ = what;
}

Process& World::start_process() {
    return start_process(settings.process);
}

Process& World::start_process(const ProcessOptions& options) {
    ProcessOptions own = options;
    own.engine.instance = next_instance_++;
    Universe universe{time,
                      trace,
                      postgres,
                      kafka,
                      [this](const std::string& what) { violated(what); },
                      [this](std::uint64_t client) { check_accepted(client); }};
    processes.push_back(std::make_unique<Process>(
        std::move(universe), random.fork(), own, "process" + std::to_string(processes.size() + 1)));
    ++tally_.processes;
    processes.back()->start();
    return *processes.back();
}

bool World::run_until(const std::function<bool()>& done, Duration at_most) {
    const Instant limit = time.now() + at_most;
    std::uint64_t looked = 0;
    while (!breach_) {
        // Looking is dearer than stepping.
        if (looked++ % 16 == 0 && done()) return true;
        if (!time.step(limit)) return done() && !breach_;
    }
    return false;
}

void World::run_for(Duration how_long) {
    const Instant limit = time.now() + how_long;
    while (!breach_ && time.step(limit)) {
    }
}

// Restarts what was killed or stopped by request; what ended by itself must have had a reason.
void World::supervise() {
    if (!supervising_) return;
    bool running = false;
    for (const auto& process : processes) {
        if (process->running()) running = true;
        if (!process->finished() || !process->outcome()) continue;
        const ErrorName name = process->outcome()->name;
        if (name != ErrorName::kFenced)
            violated(fmt::format("{} stopped without cause: {}", process->name(),
                                 to_text(*process->outcome())));
    }
    if (!running) start_process();
    const Duration next = peace_ ? kSecond : supervisor_.between(50 * kMillisecond, 3 * kSecond);
    time.after(next, [this] {
        check_stop_bound();
        if (!breach_) supervise();
    });
}

// I10: a clean stop takes five seconds at most, whatever the world is like.
void World::check_stop_bound() {
    for (const auto& process : processes) {
        if (!process->running() || process->paused() || !process->stop_requested_at()) continue;
        if (process->was_paused()) continue;
        if (time.now() - *process->stop_requested_at() > 6 * kSecond)
            violated(fmt::format("I10: {} does not stop", process->name()));
    }
}

void World::make_peace() {
    trace.say("world", "peace");
    peace_ = true;
    writing_ = false;
    nemesis_->end();
    for (const std::size_t open : open_writers_) postgres.commit_transaction(open);
    open_writers_.clear();
    kafka.set_up(true);
    kafka.marker_delay_max = 20 * kMillisecond;
    settings.process.kafka_link.held_percent = 0;
    settings.process.kafka_link.failed_schema_percent = 0;
    for (const auto& process : processes) {
        process->resume();
        process->sink().link = settings.process.kafka_link;
    }
}

bool World::settle() {
    // A backlog over a slow network takes its time; what counts is that it shrinks.
    std::optional<Position> before;
    for (int round = 0; round < 20; ++round) {
        const auto settled = [this] { return oracle.settled() && snapshots_settled(); };
        if (run_until(settled, kPatience)) return true;
        if (breach_) return false;
        const std::optional<Position> now = kafka.durable_position();
        if (now && before && now->lsn == before->lsn && now->open == before->open) break;
        before = now;
    }
    violated("liveness: " + oracle.why_not_settled());
    return false;
}

std::optional<std::string> World::judge(bool complete, std::optional<Lsn> forbidden_from) {
    Expectation expected;
    expected.committed = truth ? *truth : postgres.committed();
    expected.base = postgres.last_consistent_point;
    expected.options = &settings.process.engine;
    expected.complete = complete;
    expected.forbidden_from = forbidden_from;
    for (const auto& process : processes) {
        for (const Lsn slow : process->slow_transactions()) expected.slow.insert(slow.value);
    }
    const bool all = complete && settings.on_demand && !truth;
    if (auto breach = oracle.check_published(expected); breach || !all) return breach;
    return check_snapshots(kafka, postgres);
}

std::uint64_t World::recoveries() const {
    std::uint64_t count = 0;
    for (const auto& process : processes) count += process->statistics().recoveries;
    return count;
}

// Idle WAL of others must be passed over within three seconds.
bool World::watch_last_lap() {
    const auto at_work = [this] {
        return postgres.takes_writes() &&
               std::any_of(processes.begin(), processes.end(), [](const auto& process) {
                   return process->running() && process->statistics().phase == "streaming";
               });
    };
    const bool quiet = run_until(at_work, 90 * kSecond);
    if (!quiet) {
        violated("liveness: no process streams");
        return false;
    }
    postgres.write_other(64 * 1024);
    const Duration allowed = 4 * kSecond + 4 * settings.process.kafka_link.request_timeout;
    const std::uint64_t before = recoveries();
    if (run_until([this] { return oracle.slot_settled(); }, allowed)) return true;
    // A request of the war that arrives only now may fence us once more: that takes a recovery.
    if (recoveries() != before) return settle();
    if (!breach_) violated("idle: " + oracle.why_not_settled());
    return false;
}

std::optional<std::string> World::run_to_peace() {
    if (random.percent(50)) write_something();
    writing_ = true;
    schedule_writer();
    schedule_requests();
    time.after(random.between(Duration{0}, 50 * kMillisecond), [this] { supervise(); });
    nemesis_->begin();
    run_for(settings.faults_for);
    if (!breach_) make_peace();
    if (!breach_ && settle() && watch_last_lap()) {
        if (const auto breach = judge(true)) violated(*breach);
    }
    supervising_ = false;
    return breach_;
}

std::optional<std::string> World::run() {
    if (!run_to_peace()) end_of_schedule();
    for (const auto& process : processes) {
        tally_.recoveries += process->statistics().recoveries;
        tally_.batches += process->statistics().batches;
    }
    tally_.faults = nemesis_->faults();
    tally_.steps = time.steps();
    return breach_;
}

std::optional<std::string> World::end_of_schedule() {
    if (const auto breach = run_ending(*this)) violated(*breach);
    return breach_;
}

}  // namespace penstock::simulation
