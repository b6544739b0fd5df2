// What happens to a schedule after peace: nothing, a clean stop, a shutdown of the server, or
// something that nobody may paper over, after which the pipeline must stop by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "world.hpp"

namespace penstock::simulation {

struct StopCase {
    std::string_view name;
    ErrorName expected;
    // Live: done to a process at work. Otherwise to a world whose processes are dead, before the
    // next one starts.
    bool live = false;
    // Tampers; false when this world has no occasion for it.
    bool (*tamper)(World& world, ProcessOptions& next) = nullptr;
};

std::span<const StopCase> stop_cases();

// Plays one ending drawn from the world's seed.
std::optional<std::string> run_ending(World& world);
std::optional<std::string> run_stop_case(World& world, const StopCase& stop);
std::optional<std::string> run_clean_stop(World& world);
std::optional<std::string> run_server_shutdown(World& world, bool kafka_down);
// Another instance's epochs and position appear in Kafka while ours is at work.
std::optional<std::string> run_fenced_by_other(World& world);
// The coordinator bumps our own epochs.
std::optional<std::string> run_fenced_by_timeout(World& world);
// A holder of the slot that still answers must be left alone.
std::optional<std::string> run_takeover_of_living(World& world);

// Kills every process and starts one that streams; nothing when it does not get there.
Process* fresh_process(World& world);

}  // namespace penstock::simulation
