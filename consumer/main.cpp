// The program: everything is in the rooms; what nobody foresaw ends here, named a bug.
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/command_line.hpp"

namespace {

// One thread allocates what another frees, and with an arena for each thread of librdkafka's what
// is freed lies idle: one arena for all takes a quarter and more off the peak of our memory,
// and costs no time. MALLOC_ARENA_MAX in the environment has the last word.
void share_one_arena() {
#ifdef M_ARENA_MAX
    if (std::getenv("MALLOC_ARENA_MAX") == nullptr) mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    share_one_arena();
    // A reader of our output that goes away is seen where we write, not by a signal.
    std::signal(SIGPIPE, SIG_IGN);
    using penstock::ExitCode;
    try {
        return static_cast<int>(penstock::run_command_line(argc, argv, environ));
    } catch (const std::exception& problem) {
        const penstock::Error error{
            penstock::ErrorName::kBug, std::string("broken invariant: ") + problem.what(), {}, {}};
        std::fputs((penstock::to_text(error) + "\n").c_str(), stderr);
        return static_cast<int>(ExitCode::kBug);
    }
}
