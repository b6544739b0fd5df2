// `penstock check`: the preflight as a table; fails as `run` would.
#include <unistd.h>

#include <cstdio>

#include "cli/invocation.hpp"
#include "cli/preflight.hpp"
#include "config/loader.hpp"

namespace penstock {
namespace {

void print_side(std::string_view name, const std::vector<CheckItem>& items,
                const Palette& palette) {
    std::string text;
    text += palette.bold;
    text += name;
    text += palette.reset;
    std::fputs((text + "\n" + to_text(items, palette)).c_str(), stdout);
}

}  // namespace

std::optional<Error> verb_check(const Invocation& invocation) {
    // Kafka may be left out, but what is given has to be right, as for `run`.
    if (!invocation.configuration.kafka_brokers.empty()) {
        if (auto right = check_for_run(invocation.configuration); !right) return right.error();
    }
    const Preflight found =
        look_at_all(invocation.configuration, PluginTrial::kTry, invocation.stop_fd);
    const Palette palette = palette_for(STDOUT_FILENO);
    print_side("PostgreSQL", found.postgres, palette);
    if (invocation.configuration.kafka_brokers.empty()) {
        std::fputs("Kafka was not asked: no brokers are given.\n", stdout);
    } else {
        print_side("Kafka", found.kafka, palette);
    }
    if (!found.registry.empty()) print_side("Schema registry", found.registry, palette);
    return refusal(found.all(), false);
}

}  // namespace penstock
