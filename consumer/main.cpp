// The program: everything is in the rooms; what nobody foresaw ends here, named a bug.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
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
