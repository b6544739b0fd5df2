// The faults of a schedule: which one strikes next, and what it does.
#include <algorithm>

#include "world.hpp"

namespace penstock::simulation {

Nemesis::Nemesis(World& world, Random random) : world_(world), random_(random) {}

void Nemesis::begin() {
    active_ = true;
    world_.time.after(random_.between(kMillisecond, world_.settings.fault_gap_max), [this] {
        if (active_) strike();
    });
}

void Nemesis::strike() {
    (this->*draw())();
    ++faults_;
    begin();
}

Nemesis::Fault Nemesis::draw() {
    static const std::vector<Fault> process = {&Nemesis::kill_process, &Nemesis::kill_process,
                                               &Nemesis::pause_process, &Nemesis::stop_process};
    static const std::vector<Fault> duels = {&Nemesis::duel, &Nemesis::duel,
                                             &Nemesis::second_process, &Nemesis::kill_process};
    static const std::vector<Fault> server = {&Nemesis::crash_server, &Nemesis::checkpoint,
                                              &Nemesis::shut_down_server, &Nemesis::fail_over,
                                              &Nemesis::terminate_holder};
    static const std::vector<Fault> network = {&Nemesis::cut_connection, &Nemesis::cut_connection,
                                               &Nemesis::stall_connection,
                                               &Nemesis::slow_connection};
    static const std::vector<Fault> kafka = {&Nemesis::kafka_down, &Nemesis::kafka_flaky,
                                             &Nemesis::failed_reports, &Nemesis::slow_markers};
    static const std::vector<Fault> late = {&Nemesis::late_end_transactions,
                                            &Nemesis::late_end_transactions, &Nemesis::kafka_flaky,
                                            &Nemesis::slow_markers, &Nemesis::kill_process};
    static const std::vector<Fault> shutdown = {&Nemesis::shut_down_server, &Nemesis::kafka_down};
    const auto from = [this](const std::vector<Fault>& faults) {
        return faults[random_.below(faults.size())];
    };
    if (random_.percent(75)) {
        switch (world_.settings.theme) {
            case Theme::kProcessFaults:
            case Theme::kFirstStart:
                return from(process);
            case Theme::kDuel:
                return from(duels);
            case Theme::kServerFaults:
                return from(server);
            case Theme::kNetwork:
                return from(network);
            case Theme::kKafkaFaults:
                return from(kafka);
            case Theme::kLateRequests:
                return from(late);
            case Theme::kShutdown:
                return from(shutdown);
            case Theme::kSlow:
                return &Nemesis::slow_connection;
            default:
                break;
        }
    }
    static const std::vector<const std::vector<Fault>*> all = {&process, &duels, &server,
                                                               &network, &kafka, &late};
    return from(*all[random_.below(all.size())]);
}

Process* Nemesis::any_running() {
    std::vector<Process*> running;
    for (const auto& process : world_.processes) {
        if (process->running()) running.push_back(process.get());
    }
    return running.empty() ? nullptr : running[random_.below(running.size())];
}

// ---- processes ---------------------------------------------------------------------------------

void Nemesis::kill_process() {
    if (Process* process = any_running()) process->kill(random_.percent(20));
    shutdown_excused_ = true;
}

void Nemesis::pause_process() {
    Process* const process = any_running();
    if (process == nullptr) return;
    process->pause();
    shutdown_excused_ = true;
    world_.time.after(random_.between(50 * kMillisecond, 20 * kSecond),
                      [process] { process->resume(); });
}

// One is stopped in mid work, another takes over, the first goes on with what it had.
void Nemesis::duel() {
    pause_process();
    world_.start_process();
}

void Nemesis::second_process() {
    const auto running = std::count_if(world_.processes.begin(), world_.processes.end(),
                                       [](const auto& process) { return process->running(); });
    if (running < 3) world_.start_process();
}

void Nemesis::stop_process() {
    if (Process* process = any_running()) process->request_stop();
}

// ---- the server --------------------------------------------------------------------------------

void Nemesis::crash_server() {
    if (!world_.postgres.up()) return;
    world_.postgres.crash();
    world_.time.after(random_.between(50 * kMillisecond, 3 * kSecond),
                      [this] { world_.postgres.start_up(); });
}

void Nemesis::shut_down_server() {
    if (!world_.postgres.takes_writes()) return;
    const auto holder = world_.postgres.holder();
    const bool stopped = std::any_of(world_.processes.begin(), world_.processes.end(),
                                     [](const auto& process) { return process->paused(); });
    shutdown_excused_ = stopped || (holder && holder->impaired());
    world_.postgres.shut_down();
    watch_shutdown(world_.time.now());
}

// A fast shutdown must not wait for us longer than our patience and the time to find out.
void Nemesis::watch_shutdown(Instant began) {
    if (!world_.postgres.stopping()) {
        world_.time.after(random_.between(50 * kMillisecond, 2 * kSecond), [this] {
            if (!world_.postgres.stopping()) world_.postgres.start_up();
        });
        return;
    }
    if (world_.time.now() - began > 10 * kSecond) {
        const auto stalled = std::any_of(world_.processes.begin(), world_.processes.end(),
                                         [](const auto& process) { return process->paused(); });
        if (!shutdown_excused_ && !stalled)
            world_.violated("the server could not shut down within 10 s");
        world_.postgres.crash();
    }
    world_.time.after(100 * kMillisecond, [this, began] { watch_shutdown(began); });
}

void Nemesis::checkpoint() {
    world_.postgres.checkpoint();
}

void Nemesis::terminate_holder() {
    (void)world_.postgres.terminate_holder();
}

// A standby that has everything takes over; its copy of the slot is behind.
void Nemesis::fail_over() {
    if (!world_.postgres.takes_writes() || !world_.postgres.slot) return;
    world_.postgres.promote(world_.postgres.insert_lsn(), world_.postgres.saved_slot);
}

// ---- the network -------------------------------------------------------------------------------

void Nemesis::cut_connection() {
    const bool server_notices = random_.percent(70);
    if (!server_notices) shutdown_excused_ = true;
    if (const auto holder = world_.postgres.holder()) holder->cut(server_notices);
}

void Nemesis::stall_connection() {
    shutdown_excused_ = true;
    if (const auto holder = world_.postgres.holder())
        holder->stall(random_.between(50 * kMillisecond, 8 * kSecond));
}

void Nemesis::slow_connection() {
    shutdown_excused_ = true;
    const auto holder = world_.postgres.holder();
    if (!holder) return;
    holder->link.burst_items = 2;
    holder->link.frame_gap_max = random_.between(100 * kMillisecond, 900 * kMillisecond);
    const LinkOptions before = world_.settings.process.postgres_link;
    world_.time.after(random_.between(kSecond, 8 * kSecond),
                      [holder, before] { holder->link = before; });
}

// ---- Kafka -------------------------------------------------------------------------------------

void Nemesis::kafka_down() {
    world_.kafka.set_up(false);
    world_.time.after(random_.between(100 * kMillisecond, 20 * kSecond),
                      [this] { world_.kafka.set_up(true); });
}

void Nemesis::set_links(const KafkaLink& link, Duration how_long) {
    for (const auto& process : world_.processes) process->sink().link = link;
    world_.time.after(how_long, [this] {
        for (const auto& process : world_.processes)
            process->sink().link = world_.settings.process.kafka_link;
    });
}

void Nemesis::kafka_flaky() {
    KafkaLink link = world_.settings.process.kafka_link;
    link.lost_request_percent = static_cast<std::uint32_t>(random_.below(30));
    link.lost_reply_percent = static_cast<std::uint32_t>(random_.below(30));
    link.held_percent = static_cast<std::uint32_t>(random_.below(20));
    set_links(link, random_.between(kSecond, 8 * kSecond));
}

void Nemesis::late_end_transactions() {
    KafkaLink link = world_.settings.process.kafka_link;
    link.held_end_percent = static_cast<std::uint32_t>(random_.between(20, 80));
    link.held_max = random_.between(10 * kMillisecond, 5 * kSecond);
    set_links(link, random_.between(kSecond, 8 * kSecond));
}

void Nemesis::failed_reports() {
    KafkaLink link = world_.settings.process.kafka_link;
    link.failed_report_percent = static_cast<std::uint32_t>(random_.between(2, 20));
    set_links(link, random_.between(kSecond, 4 * kSecond));
}

void Nemesis::slow_markers() {
    world_.kafka.marker_delay_max = random_.between(20 * kMillisecond, 4 * kSecond);
    world_.time.after(random_.between(kSecond, 8 * kSecond),
                      [this] { world_.kafka.marker_delay_max = 20 * kMillisecond; });
}

void Nemesis::end() {
    active_ = false;
}

}  // namespace penstock::simulation
