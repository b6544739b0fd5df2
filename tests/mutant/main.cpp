// The program with one planted bug of the engine, chosen by PENSTOCK_MUTANT: the proof that a fault
// test fails when the rule it is about is gone. Never shipped.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cli/command_line.hpp"
#include "engine/mutant.hpp"

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    const char* name = std::getenv("PENSTOCK_MUTANT");
    if (name == nullptr || std::string_view(name) != "believe_unclean_commit") {
        std::fputs("PENSTOCK_MUTANT names no planted bug of this program\n", stderr);
        return 70;
    }
    penstock::active_mutant = penstock::Mutant::kBelieveUncleanCommit;
    return static_cast<int>(penstock::run_command_line(argc, argv, environ));
}
