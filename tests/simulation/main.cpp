// Without arguments of its own, the tests. With them, a look at single schedules:
//
//   simulation --seed N [--trace]          replay one
//   simulation --schedules N [--from N]    run many
//   simulation --case NAME                 run one enumerated case
//   simulation_mutants --list-mutants
//   simulation_mutants --mutant NAME [--seed N [--trace]]
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cases.hpp"
#include "net.hpp"

namespace {

using namespace penstock::simulation;

struct Arguments {
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> schedules;
    std::uint64_t from = 1;
    bool trace = false;
    bool list = false;
    std::string mutant;
    std::string one_case;

    bool any() const { return seed || schedules || list || !mutant.empty() || !one_case.empty(); }
};

bool parse(int count, char** words, Arguments& out) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const auto number = [&] {
            return std::uint64_t{i + 1 < count ? std::strtoull(words[++i], nullptr, 0) : 0};
        };
        const auto text = [&] { return std::string(i + 1 < count ? words[++i] : ""); };
        if (word == "--seed") {
            out.seed = number();
        } else if (word == "--from") {
            out.from = number();
        } else if (word == "--schedules") {
            out.schedules = number();
        } else if (word == "--mutant") {
            out.mutant = text();
        } else if (word == "--case") {
            out.one_case = text();
        } else if (word == "--trace") {
            out.trace = true;
        } else if (word == "--list-mutants") {
            out.list = true;
        } else {
            std::fprintf(stderr, "unrecognized argument: %s\n", word.c_str());
            return false;
        }
    }
    return true;
}

int verdict(const std::string& what, const std::optional<std::string>& breach) {
    std::printf("%s: %s\n", what.c_str(), breach ? breach->c_str() : "in order");
    return breach ? 1 : 0;
}

int run_case(const std::string& name) {
    for (const Case& known : all_cases()) {
        if (known.name == name) return verdict(name, known.run());
    }
    std::fprintf(stderr, "unrecognized case: %s\n", name.c_str());
    return 2;
}

#ifdef PENSTOCK_MUTANTS
// Plants the bug that is asked for. False when there is none of that name.
bool prepare_mutant(const Arguments& arguments, int& result) {
    for (const MutantRow& row : all_mutants()) {
        if (row.name != arguments.mutant) continue;
        if (arguments.seed || !arguments.one_case.empty()) {
            plant(row);
            return true;
        }
        const auto by = hunt(row, 20'000);
        std::printf("%s: %s\n", arguments.mutant.c_str(), by ? by->c_str() : "SURVIVED");
        result = by ? 0 : 1;
        return false;
    }
    std::fprintf(stderr, "unrecognized mutant: %s\n", arguments.mutant.c_str());
    result = 2;
    return false;
}
#else
bool prepare_mutant(const Arguments&, int& result) {
    std::fputs("this engine has no planted bugs: use simulation_mutants\n", stderr);
    result = 2;
    return false;
}
#endif

int run_arguments(const Arguments& arguments) {
    int result = 0;
    if (arguments.list) {
        for (const MutantRow& row : all_mutants())
            std::printf("%-30s %s\n", std::string(row.name).c_str(), std::string(row.rule).c_str());
        return 0;
    }
    if (!arguments.mutant.empty() && !prepare_mutant(arguments, result)) return result;
    if (!arguments.one_case.empty()) return run_case(arguments.one_case);
    if (arguments.seed)
        return verdict("seed " + std::to_string(*arguments.seed),
                       run_seed(*arguments.seed, arguments.trace));
    const NetResult found = run_schedules(arguments.from, arguments.schedules.value_or(0));
    std::printf("%s\n", to_text(found).c_str());
    return found.failed.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    // Chunk buffers are large and short-lived; mapping each anew would cost more than they do.
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    testing::InitGoogleTest(&count, words);
    Arguments arguments;
    if (!parse(count, words, arguments)) return 2;
    return arguments.any() ? run_arguments(arguments) : RUN_ALL_TESTS();
}
