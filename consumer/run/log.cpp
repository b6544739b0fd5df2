#include "run/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

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

std::vector<std::string> footer;

// Up to its first line, and everything from there on erased (ECMA-48: CUU, ED).
void erase_footer() {
    for (std::size_t i = 0; i < footer.size(); ++i) std::fputs("\x1b[A", stderr);
    if (!footer.empty()) std::fputs("\r\x1b[J", stderr);
}

void draw_footer() {
    for (const std::string& line : footer) std::fputs((line + "\r\n").c_str(), stderr);
    std::fflush(stderr);
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
    erase_footer();
    spdlog::log(level_of(line.level), "{}", log_text(line));
    draw_footer();
}

void show_footer(const std::vector<std::string>& lines) {
    erase_footer();
    footer = lines;
    draw_footer();
}

}  // namespace penstock
