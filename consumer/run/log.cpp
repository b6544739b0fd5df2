#include "run/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "engine/log_text.hpp"

namespace penstock {
namespace {

spdlog::level::level_enum level_of(std::string_view name) {
    if (name == "debug") return spdlog::level::debug;
    if (name == "warning") return spdlog::level::warn;
    if (name == "error") return spdlog::level::err;
    return spdlog::level::info;
}

spdlog::level::level_enum level_of(LogLine::Level level) {
    switch (level) {
        case LogLine::Level::kWarning:
            return spdlog::level::warn;
        case LogLine::Level::kError:
            return spdlog::level::err;
        case LogLine::Level::kInfo:
            break;
    }
    return spdlog::level::info;
}

}  // namespace

void start_log(std::string_view level) {
    spdlog::drop("penstock");  // A name can be taken once.
    auto logger = spdlog::stderr_logger_mt("penstock");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(level_of(level));
}

void write_log(const LogLine& line) {
    spdlog::log(level_of(line.level), "{}", log_text(line));
}

}  // namespace penstock
