#include "run/run.hpp"

#include <sys/signalfd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "config/registry_rules.hpp"
#include "control/control_socket.hpp"
#include "control/socket_path.hpp"
#include "encode/encoder_factory.hpp"
#include "engine/engine.hpp"
#include "registry/schema_registry.hpp"
#include "run/log.hpp"
#include "run/pipeline.hpp"
#include "run/wiring.hpp"
#include "sink/kafka_sink.hpp"
#include "snapshot/chunk_reader.hpp"
#include "snapshot/snapshot_reader.hpp"
#include "source/postgres_source.hpp"

namespace penstock {
namespace {

// Cancelling a statement takes a round trip; what is read is worth no more.
constexpr std::chrono::milliseconds kChunksPatience{2000};

// Random, because it must differ between any two processes that ever write to one state topic.
std::uint64_t random_instance() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

// A random UUID (RFC 9562, version 4).
std::string random_uuid() {
    const std::uint64_t high = (random_instance() & ~0xF000ULL) | 0x4000U;
    const std::uint64_t low = (random_instance() & ~(3ULL << 62)) | 1ULL << 63;
    char text[37];
    std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                  static_cast<unsigned long long>(high >> 32),
                  static_cast<unsigned long long>(high >> 16 & 0xFFFFU),
                  static_cast<unsigned long long>(high & 0xFFFFU),
                  static_cast<unsigned long long>(low >> 48),
                  static_cast<unsigned long long>(low & 0xFFFFFFFFFFFFULL));
    return text;
}

void log_end(const EngineStatistics& statistics, const std::optional<Error>& error) {
    LogLine line{LogLine::Level::kInfo, "run", "ended", {}};
    line.values = {{"transactions", std::to_string(statistics.transactions)},
                   {"records", std::to_string(statistics.records)},
                   {"kafka_transactions", std::to_string(statistics.batches)},
                   {"recoveries", std::to_string(statistics.recoveries)},
                   {"published_lsn", to_string(statistics.published_lsn)},
                   {"confirmed_flush_lsn", to_string(statistics.confirmed_flush_lsn)}};
    if (error) {
        line.level = LogLine::Level::kError;
        line.values.emplace_back("error", error_row(error->name).text);
    }
    write_log(line);
}

// A pipe that takes no commands is still a pipe.
std::unique_ptr<ControlSocket> open_control(const Configuration& configuration) {
    if (configuration.run_socket == "off") return nullptr;
    const Result<std::string> path = control_path(configuration);
    auto control = path ? ControlSocket::open(*path) : Failure(path.error());
    if (control) {
        write_log({LogLine::Level::kInfo, "control", "listening", {{"socket", *path}}});
        return std::move(*control);
    }
    const Error& error = control.error();
    write_log({LogLine::Level::kWarning,
               "control",
               "unavailable",
               {{"error", std::string(error_row(error.name).text)},
                {"reason", error.message},
                {"detail", error.detail}}});
    return nullptr;
}

}  // namespace

int make_stop_fd() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return -1;
    return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

std::optional<Error> run_pipe(const Configuration& configuration, const std::string& database,
                              int stop_fd) {
    const std::uint64_t instance = random_instance();
    const EngineOptions options = make_engine_options(configuration, instance);
    EncodeOptions records = make_encode_options(configuration, database);
    records.run_id = random_uuid();
    const auto encoder = make_encoder(records);
    if (!encoder) return encoder.error();
    PostgresSource source(make_source_settings(configuration, stop_fd));
    SnapshotReader snapshot(make_snapshot_settings(configuration, stop_fd));
    KafkaSink sink(make_kafka_settings(configuration, instance));
    std::unique_ptr<SchemaRegistry> registry;
    if (uses_registry(configuration)) {
        registry = std::make_unique<SchemaRegistry>(make_registry_settings(configuration));
    }
    ChunkReader chunks(make_snapshot_settings(configuration, -1));
    auto control = open_control(configuration);
    Engine engine(options, **encoder);
    write_log({LogLine::Level::kInfo,
               "run",
               "started",
               {{"slot", configuration.slot_name},
                {"prefix", configuration.topics_prefix},
                {"format", configuration.format_value},
                {"delivery", configuration.kafka_delivery}}});
    std::optional<Error> error =
        Pipeline(engine, {source, snapshot, chunks, sink, registry.get(), control.get()}, stop_fd)
            .run();
    control.reset();
    log_end(engine.statistics(), error);
    const auto patience =
        std::chrono::duration_cast<std::chrono::milliseconds>(options.stop_patience);
    const bool registry_ended = !registry || registry->shutdown(patience);
    const bool chunks_ended = chunks.shutdown(std::min(patience, kChunksPatience));
    if (!sink.shutdown(patience) || !registry_ended || !chunks_ended) {
        // A thread hangs in a call to a broker or another server that does not answer. Everything
        // that matters is committed or will be aborted; waiting for it would break the promise of a
        // quick stop.
        if (error) std::fprintf(stderr, "%s\n", to_text(*error).c_str());
        std::quick_exit(static_cast<int>(error ? error->exit_code() : ExitCode::kDone));
    }
    return error;
}

}  // namespace penstock
