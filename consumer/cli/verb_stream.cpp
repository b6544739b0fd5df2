// The verbs that stay: run and tail.
#include "cli/invocation.hpp"
#include "cli/tail.hpp"
#include "run/log.hpp"
#include "run/run.hpp"
#include "run/wiring.hpp"
#include "source/postgres_source.hpp"

namespace penstock {

std::optional<Error> verb_run(const Invocation& invocation) {
    start_log(invocation.configuration.log_level);
    PostgresSource source(make_source_settings(invocation.configuration, invocation.stop_fd));
    const auto facts = source.inspect();
    if (!facts) return facts.error();
    source.close(false);
    return run_pipe(invocation.configuration, facts->database, invocation.stop_fd);
}

std::optional<Error> verb_tail(const Invocation& invocation) {
    return run_tail(invocation.configuration, invocation.stop_fd);
}

}  // namespace penstock
