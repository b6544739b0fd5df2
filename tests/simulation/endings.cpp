#include "endings.hpp"

#include <algorithm>

namespace penstock::simulation {

Process* fresh_process(World& world) {
    for (const auto& process : world.processes) process->kill(false);
    world.run_for(100 * kMillisecond);
    ProcessOptions options = world.settings.process;
    // Room for every row of a schedule, none for the one that is too large.
    options.max_message_bytes = 4'000;
    Process& process = world.start_process(options);
    const bool streams = world.run_until(
        [&] { return process.statistics().phase == "streaming" && world.oracle.settled(); },
        90 * kSecond);
    return streams ? &process : nullptr;
}

std::optional<std::string> run_clean_stop(World& world) {
    Process* const process = fresh_process(world);
    if (process == nullptr) return std::string("no process came to stream");
    world.trace.say("world", "ending: clean stop");
    // A stream that is still held for its topics has nothing that a stop could lose.
    for (int i = 0; i < 8; ++i) world.write_transaction(3);
    (void)world.run_until([&world] { return world.oracle.settled(); }, 30 * kSecond);
    for (int i = 0; i < 3; ++i) world.write_transaction(3);
    world.run_for(world.random.between(Duration{0}, 40 * kMillisecond));
    // A late fault may have it recover just now: then there is nothing to drain.
    const bool streaming = process->statistics().phase == "streaming";
    // Rows of an unfinished transaction may be in the sink; then the batch is left to abort.
    const Lsn received = process->in_transaction() ? Lsn{} : process->received_lsn();
    process->request_stop();
    if (!world.run_until([process] { return process->finished(); }, 6 * kSecond))
        return std::string("I10: a clean stop takes too long");
    if (process->outcome())
        return "a clean stop ended as " + std::string(error_row(process->outcome()->name).text);
    world.run_for(100 * kMillisecond);
    if (!streaming) return world.judge(false);
    const Position durable = *world.kafka.durable_position();
    if (durable.lsn < received)
        return fmt::format("I10: {:X} was complete at the stop, {:X} was committed", received.value,
                           durable.lsn.value);
    if (world.postgres.slot->confirmed_flush_lsn != durable.lsn)
        return fmt::format("I10: {:X} was committed, {:X} confirmed", durable.lsn.value,
                           world.postgres.slot->confirmed_flush_lsn.value);
    return world.judge(false);
}

std::optional<std::string> run_server_shutdown(World& world, bool kafka_down) {
    if (fresh_process(world) == nullptr) return std::string("no process came to stream");
    world.trace.say("world", "ending: server shutdown{}", kafka_down ? ", Kafka is down" : "");
    if (kafka_down) world.kafka.set_up(false);
    const auto rounds = world.random.between(0, 40);
    for (std::uint64_t i = 0; i < rounds; ++i) world.write_transaction(8);
    world.run_for(world.random.between(Duration{0}, 2 * kSecond));
    world.postgres.shut_down();
    if (!world.run_until([&] { return !world.postgres.stopping(); }, 10 * kSecond))
        return std::string("the server could not shut down within 10 s");
    if (!kafka_down) {
        const Lsn sent = world.postgres.slot ? world.kafka.durable_position()->lsn : Lsn{};
        const auto& committed = world.postgres.committed();
        if (!committed.empty() && sent < committed.back()->end_lsn && rounds == 0)
            return std::string("the server went before everything was published");
    }
    world.run_for(kSecond);
    world.kafka.set_up(true);
    world.postgres.start_up();
    if (!world.run_until([&] { return world.oracle.settled(); }, 90 * kSecond))
        return "after the shutdown: " + world.oracle.why_not_settled();
    return world.judge(true);
}

std::optional<std::string> run_fenced_by_other(World& world) {
    Process* const process = fresh_process(world);
    if (process == nullptr) return std::string("no process came to stream");
    world.trace.say("world", "ending: fenced by another instance");
    (void)world.kafka.init_producer_id("a");
    (void)world.kafka.init_producer_id("b");
    Position position = *world.kafka.durable_position();
    position.instance ^= 0xFFFF'0000;
    ++position.sequence;
    world.kafka.plant_position(position);
    world.write_transaction(2);
    world.postgres.write_other(4096);
    if (!world.run_until([process] { return process->finished(); }, 60 * kSecond))
        return std::string("an instance that was fenced goes on");
    if (!process->outcome() || process->outcome()->name != ErrorName::kFenced)
        return std::string("an instance that was fenced does not say so");
    return world.judge(false);
}

std::optional<std::string> run_fenced_by_timeout(World& world) {
    Process* const process = fresh_process(world);
    if (process == nullptr) return std::string("no process came to stream");
    world.trace.say("world", "ending: epochs bumped by the coordinator");
    (void)world.kafka.init_producer_id("a");
    (void)world.kafka.init_producer_id("b");
    world.write_transaction(2);
    world.postgres.write_other(4096);
    if (!world.run_until([&] { return process->finished() || world.oracle.settled(); },
                         60 * kSecond))
        return "after a bumped epoch: " + world.oracle.why_not_settled();
    if (process->finished()) return std::string("took its own timeout for another instance");
    return world.judge(true);
}

std::optional<std::string> run_takeover_of_living(World& world) {
    world.settings.process.engine.takeover = TakeoverMode::kTerminate;
    Process* const process = fresh_process(world);
    if (process == nullptr) return std::string("no process came to stream");
    world.trace.say("world", "ending: a second instance, allowed to terminate the dead");
    const std::uint32_t terminated = world.postgres.holders_terminated;
    Process& second = world.start_process();
    for (int i = 0; i < 10; ++i) {
        world.write_transaction(3);
        world.run_for(kSecond);
    }
    if (world.postgres.holders_terminated != terminated)
        return std::string("a living holder was terminated");
    if (second.finished()) return std::string("the second instance did not wait");
    if (!world.run_until([&] { return world.oracle.settled(); }, 60 * kSecond))
        return world.oracle.why_not_settled();
    return world.judge(true);
}

std::optional<std::string> run_ending(World& world) {
    const auto choice = world.random.below(100);
    if (choice < 25) return std::nullopt;
    if (choice < 35) return run_clean_stop(world);
    if (choice < 45) return run_server_shutdown(world, world.random.percent(50));
    if (choice < 50) return run_fenced_by_other(world);
    if (choice < 55) return run_fenced_by_timeout(world);
    if (choice < 58) return run_takeover_of_living(world);
    const auto cases = stop_cases();
    return run_stop_case(world, cases[world.random.below(cases.size())]);
}

}  // namespace penstock::simulation
