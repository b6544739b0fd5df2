// simulation [--seed N [--trace]] [--schedules N [--from N]] [--mutant NAME] [--list-mutants]
//
// Without arguments: the whole net, as `make test` runs it: seeded schedules of the true engine,
// the enumerated cases, and every planted bug, each of which must be caught by a seed that the true
// engine passes.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "cases.hpp"
#include "mutants.hpp"
#include "world.hpp"

namespace {

using namespace penstock::simulation;

struct Arguments {
    std::optional<std::uint64_t> seed;
    std::uint64_t from = 1;
    std::uint64_t schedules = 20'000;
    std::uint64_t mutant_schedules = 6'000;
    bool only_schedules = false;
    bool only_cases = false;
    bool trace = false;
    bool list = false;
    std::string mutant;
};

bool parse(int count, char** words, Arguments& out) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const auto value = [&]() -> const char* { return i + 1 < count ? words[++i] : ""; };
        if (word == "--seed") {
            out.seed = std::strtoull(value(), nullptr, 0);
        } else if (word == "--from") {
            out.from = std::strtoull(value(), nullptr, 0);
        } else if (word == "--schedules") {
            out.schedules = std::strtoull(value(), nullptr, 0);
            out.only_schedules = true;
        } else if (word == "--mutant") {
            out.mutant = value();
        } else if (word == "--trace") {
            out.trace = true;
        } else if (word == "--cases") {
            out.only_cases = true;
        } else if (word == "--list-mutants") {
            out.list = true;
        } else {
            std::fprintf(stderr, "unrecognized argument: %s\n", word.c_str());
            return false;
        }
    }
    return true;
}

const MutantRow* find_mutant(const std::string& name) {
    for (const MutantRow& row : all_mutants()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::optional<std::string> run_seed(std::uint64_t seed, bool trace, Tally* total = nullptr) {
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

// Returns the number of seeds that failed.
std::uint64_t run_schedules(std::uint64_t from, std::uint64_t count) {
    Tally total;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = from; seed < from + count && failed < 20; ++seed) {
        if (const auto breach = run_seed(seed, false, &total)) {
            ++failed;
            std::printf("FAILED --seed %llu: %s\n", static_cast<unsigned long long>(seed),
                        breach->c_str());
            std::fflush(stdout);
        }
    }
    std::printf(
        "schedules: %llu run, %llu failed; %llu transactions, %llu faults, %llu processes, "
        "%llu recoveries, %llu Kafka transactions, %llu steps\n",
        static_cast<unsigned long long>(count), static_cast<unsigned long long>(failed),
        static_cast<unsigned long long>(total.transactions),
        static_cast<unsigned long long>(total.faults),
        static_cast<unsigned long long>(total.processes),
        static_cast<unsigned long long>(total.recoveries),
        static_cast<unsigned long long>(total.batches),
        static_cast<unsigned long long>(total.steps));
    return failed;
}

// A planted bug must be caught: by a case or by a seed that the true engine passes.
bool hunt(const MutantRow& row, std::uint64_t schedules) {
    plant(row);
    std::string by;
    if (const auto found = run_cases(true)) {
        by = "case " + *found;
    } else {
        for (std::uint64_t seed = 1; seed <= schedules && by.empty(); ++seed) {
            plant(row);
            const auto breach = run_seed(seed, false);
            plant_nothing();
            if (breach && !run_seed(seed, false))
                by = "seed " + std::to_string(seed) + ": " + *breach;
        }
    }
    plant_nothing();
    std::printf("mutant %-30s %s  [%s]\n", std::string(row.name).c_str(),
                by.empty() ? "SURVIVED" : by.c_str(), std::string(row.rule).c_str());
    std::fflush(stdout);
    return !by.empty();
}

std::uint64_t hunt_all(std::uint64_t schedules) {
    std::uint64_t survived = 0;
    for (const MutantRow& row : all_mutants()) survived += hunt(row, schedules) ? 0U : 1U;
    std::printf("mutants: %zu planted, %llu survived\n", all_mutants().size(),
                static_cast<unsigned long long>(survived));
    return survived;
}

int run_one(const Arguments& arguments) {
    const auto breach = run_seed(*arguments.seed, arguments.trace);
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(*arguments.seed),
                breach ? breach->c_str() : "in order");
    return breach ? 1 : 0;
}

int run_all(const Arguments& arguments) {
    const auto failed_case = run_cases(false);
    if (arguments.only_cases) return failed_case ? 1 : 0;
    const std::uint64_t failed = run_schedules(arguments.from, arguments.schedules);
    const std::uint64_t survived = hunt_all(arguments.mutant_schedules);
    const bool passed = !failed_case && failed == 0 && survived == 0;
    std::printf("simulation: %s\n", passed ? "passed" : "FAILED");
    return passed ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    // Chunk buffers are large and short-lived; mapping each anew would cost more than they do.
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    Arguments arguments;
    if (!parse(count, words, arguments)) return 2;
    if (arguments.list) {
        for (const MutantRow& row : all_mutants())
            std::printf("%-30s %s\n", std::string(row.name).c_str(), std::string(row.rule).c_str());
        return 0;
    }
    if (!arguments.mutant.empty()) {
        const MutantRow* const row = find_mutant(arguments.mutant);
        if (row == nullptr) {
            std::fprintf(stderr, "unrecognized mutant: %s\n", arguments.mutant.c_str());
            return 2;
        }
        if (!arguments.seed) return hunt(*row, arguments.mutant_schedules) ? 0 : 1;
        plant(*row);
    }
    if (arguments.seed) return run_one(arguments);
    if (arguments.only_schedules)
        return run_schedules(arguments.from, arguments.schedules) == 0 ? 0 : 1;
    return run_all(arguments);
}
