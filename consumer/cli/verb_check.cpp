// `penstock check`: the preflight as a table; fails as `run` would.
#include <unistd.h>

#include <cstdio>

#include "cli/invocation.hpp"
#include "cli/preflight.hpp"
#include "config/loader.hpp"

namespace penstock {

std::optional<Error> verb_check(const Invocation& invocation) {
    // Kafka may be left out, but what is given has to be right, as for `run`.
    if (!invocation.configuration.kafka_brokers.empty()) {
        if (auto right = check_for_run(invocation.configuration); !right) return right.error();
    }
    const Preflight found =
        look_at_both(invocation.configuration, PluginTrial::kTry, invocation.stop_fd);
    std::fputs(to_text(found.items, palette_for(STDOUT_FILENO)).c_str(), stdout);
    if (invocation.configuration.kafka_brokers.empty()) {
        std::fputs("Kafka was not asked: no brokers are given.\n", stdout);
    }
    return refusal(found.items, false);
}

}  // namespace penstock
