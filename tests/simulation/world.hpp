// One seeded schedule: a modelled database with writers, a modelled Kafka, consumer processes, and
// a nemesis that breaks them; then peace, after which everything must be in order. All draws come
// from the seed, each actor has a generator of its own.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kafka_model.hpp"
#include "oracle.hpp"
#include "postgres_model.hpp"
#include "process_model.hpp"
#include "virtual_time.hpp"

namespace penstock::simulation {

// What a schedule is mostly about; the draw of faults and of writes leans that way.
enum class Theme : std::uint8_t {
    kMixed,
    kCalm,
    kProcessFaults,
    kDuel,
    kServerFaults,
    kNetwork,
    kKafkaFaults,
    kLateRequests,
    kLarge,
    kAtomicLarge,
    kShutdown,
    kFirstStart,
    kSlow,
    kCount_
};

struct ScheduleSettings {
    Theme theme = Theme::kMixed;
    ProcessOptions process;
    Duration faults_for{};
    Duration write_gap_max{};
    Duration fault_gap_max{};
    std::uint32_t large_percent = 0;
    std::uint32_t large_items_max = 60;
    std::uint32_t padding_max = 0;
    bool on_demand = false;  // People ask for snapshots.
    Duration request_gap_max{};
};

ScheduleSettings draw_settings(Random& random);

struct Tally {
    std::uint64_t transactions = 0;
    std::uint64_t faults = 0;
    std::uint64_t recoveries = 0;
    std::uint64_t batches = 0;
    std::uint64_t processes = 0;
    std::uint64_t stops_by_name = 0;
    std::uint64_t steps = 0;
};

class World {
public:
    World(std::uint64_t seed, bool traced);
    ~World();

    // Runs the seed's schedule. Nothing when all is in order, else the first breach.
    std::optional<std::string> run();
    // The schedule without its ending.
    std::optional<std::string> run_to_peace();
    const Tally& tally() const { return tally_; }

    // ---- for schedules, endings and enumerated cases -------------------------------------------
    Process& start_process();
    Process& start_process(const ProcessOptions& options);
    // Runs until `done` or for `at_most`; false when the time is over or a rule is broken.
    bool run_until(const std::function<bool()>& done, Duration at_most);
    void run_for(Duration how_long);
    void violated(const std::string& what);
    bool broken() const { return breach_.has_value(); }
    const std::optional<std::string>& breach() const { return breach_; }
    std::size_t write_transaction(std::uint32_t items_max);
    std::optional<std::string> judge(bool complete, std::optional<Lsn> forbidden_from = {});

    std::uint64_t seed;
    VirtualTime time;
    Trace trace{time};
    Random random;
    ScheduleSettings settings;
    PostgresModel postgres;
    KafkaModel kafka;
    Oracle oracle{postgres, kafka};
    std::vector<std::unique_ptr<Process>> processes;
    // What was committed, when a failover has taken some of it away.
    std::optional<std::vector<SourceTransactionPtr>> truth;
    bool kafka_lost_data = false;
    bool slot_was_tampered_with = false;

private:
    friend class Nemesis;

    void write_something();
    void write_burst();
    void write_interleaved();
    void write_truncate();
    SourceItem draw_item();
    SourceItem draw_message();
    void schedule_writer();
    void schedule_requests();
    void make_request();
    Process* any_listener();
    void check_accepted(std::uint64_t client);
    bool snapshots_settled();
    void supervise();
    void check_stop_bound();
    bool settle();
    void make_peace();
    bool watch_last_lap();
    std::uint64_t recoveries() const;
    std::optional<std::string> end_of_schedule();

    Random writer_;
    Random supervisor_;
    Random requests_;
    std::uint64_t next_request_ = 0;
    std::set<std::uint64_t> started_;  // Requests for snapshots.
    std::optional<std::string> breach_;
    Tally tally_;
    bool writing_ = false;
    bool peace_ = false;
    bool supervising_ = true;
    std::uint32_t next_version_ = 1;
    std::uint32_t next_group_ = 1;
    std::uint64_t next_instance_ = 0x1000;
    std::vector<std::size_t> open_writers_;
    std::unique_ptr<class Nemesis> nemesis_;
};

// Turns the knobs of one world at random.
class Nemesis {
public:
    Nemesis(World& world, Random random);
    void begin();
    void end();
    // The server was asked to shut down; true when nothing excuses a consumer from letting it.
    std::uint64_t faults() const { return faults_; }

private:
    using Fault = void (Nemesis::*)();
    void strike();
    Fault draw();
    Process* any_running();

    void kill_process();
    void pause_process();
    void duel();
    void second_process();
    void stop_process();
    void crash_server();
    void shut_down_server();
    void watch_shutdown(Instant began);
    void checkpoint();
    void cut_connection();
    void stall_connection();
    void slow_connection();
    void terminate_holder();
    void fail_over();
    void kafka_down();
    void kafka_flaky();
    void late_end_transactions();
    void failed_reports();
    void slow_markers();
    void set_links(const KafkaLink& link, Duration how_long);

    World& world_;
    Random random_;
    bool active_ = false;
    bool shutdown_excused_ = false;
    std::uint64_t faults_ = 0;
};

}  // namespace penstock::simulation
