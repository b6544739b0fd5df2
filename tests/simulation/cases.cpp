#include "cases.hpp"

#include "endings.hpp"
#include "world.hpp"

namespace penstock::simulation {

namespace {

constexpr std::uint64_t kSeedsPerEnding = 4;

// The ending, after a schedule's faults and peace, for a few seeds.
std::optional<std::string> after_schedules(
    const std::function<std::optional<std::string>(World&)>& ending) {
    for (std::uint64_t seed = 1; seed <= kSeedsPerEnding; ++seed) {
        World world(seed, false);
        std::optional<std::string> failed = world.run_to_peace();
        if (!failed) failed = ending(world);
        if (!failed) failed = world.breach();
        if (failed) return fmt::format("seed {}: {}", seed, *failed);
    }
    return std::nullopt;
}

}  // namespace

void add_ending_cases(std::vector<Case>& cases) {
    for (const StopCase& stop : stop_cases()) {
        cases.push_back({"stop_" + std::string(stop.name), [&stop] {
                             return after_schedules(
                                 [&stop](World& world) { return run_stop_case(world, stop); });
                         }});
    }
    const auto add = [&cases](std::string name,
                              std::function<std::optional<std::string>(World&)> ending) {
        cases.push_back(
            {std::move(name), [ending = std::move(ending)] { return after_schedules(ending); }});
    };
    add("clean_stop", run_clean_stop);
    add("server_shutdown", [](World& world) { return run_server_shutdown(world, false); });
    add("server_shutdown_without_kafka",
        [](World& world) { return run_server_shutdown(world, true); });
    add("fenced_by_another_instance", run_fenced_by_other);
    add("epochs_bumped_by_the_coordinator", run_fenced_by_timeout);
    add("living_holder_is_left_alone", run_takeover_of_living);
}

const std::vector<Case>& all_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> made;
        add_recovery_cases(made);
        add_sanity_cases(made);
        add_ending_cases(made);
        return made;
    }();
    return cases;
}

}  // namespace penstock::simulation
