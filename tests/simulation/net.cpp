#include "net.hpp"

#include "cases.hpp"

namespace penstock::simulation {

std::optional<std::string> run_seed(std::uint64_t seed, bool trace, Tally* total) {
    World world(seed, trace);
    auto breach = world.run();
    if (total != nullptr) {
        const Tally& own = world.tally();
        total->transactions += own.transactions;
        total->faults += own.faults;
        total->recoveries += own.recoveries;
        total->batches += own.batches;
        total->processes += own.processes;
        total->steps += own.steps;
    }
    return breach;
}

NetResult run_schedules(std::uint64_t from, std::uint64_t count, std::size_t failures_max) {
    NetResult result;
    for (std::uint64_t seed = from; seed < from + count; ++seed) {
        ++result.run;
        if (auto breach = run_seed(seed, false, &result.total)) {
            result.failed.emplace_back(seed, std::move(*breach));
            if (result.failed.size() >= failures_max) break;
        }
    }
    return result;
}

std::string to_text(const NetResult& result) {
    std::string text;
    for (const auto& [seed, breach] : result.failed)
        text += fmt::format("FAILED --seed {}: {}\n", seed, breach);
    const Tally& total = result.total;
    return text + fmt::format(
                      "{} schedules, {} failed; {} source transactions, {} faults, {} "
                      "processes, {} recoveries, {} Kafka transactions, {} steps",
                      result.run, result.failed.size(), total.transactions, total.faults,
                      total.processes, total.recoveries, total.batches, total.steps);
}

#ifdef PENSTOCK_MUTANTS

namespace {

// Runs with the bug planted and, when that fails, without it.
template <class Run>
std::optional<std::string> caught_by(const MutantRow& row, Run run) {
    plant(row);
    std::optional<std::string> breach = run();
    plant_nothing();
    if (breach && run()) breach.reset();
    if (breach) breach->resize(std::min(breach->size(), breach->find('\n')));
    return breach;
}

}  // namespace

std::optional<std::string> hunt(const MutantRow& row, std::uint64_t schedules) {
    constexpr std::uint64_t kSeedsBeforeCases = 200;
    for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
        if (seed == kSeedsBeforeCases) {
            for (const Case& tried : all_cases()) {
                if (const auto breach = caught_by(row, tried.run))
                    return "case " + tried.name + ": " + *breach;
            }
        }
        if (const auto breach = caught_by(row, [seed] { return run_seed(seed, false); }))
            return fmt::format("seed {}: {}", seed, *breach);
    }
    return std::nullopt;
}

#endif

}  // namespace penstock::simulation
