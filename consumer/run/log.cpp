#include "run/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

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

// Quotes a value that could be taken for something else; control bytes become \xNN.
std::string printable(std::string_view text) {
    bool quote = text.empty();
    std::string out;
    for (const char raw : text) {
        const auto byte = static_cast<unsigned char>(raw);
        if (byte < 0x20 || byte == 0x7F) {
            static constexpr char kDigits[] = "0123456789abcdef";
            out += "\\x";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
            quote = true;
            continue;
        }
        if (byte == '"' || byte == '\\') out += '\\';
        if (byte == '"' || byte == ' ' || byte == '=') quote = true;
        out += raw;
    }
    return quote ? '"' + out + '"' : out;
}

}  // namespace

void start_log(std::string_view level) {
    auto logger = spdlog::stderr_logger_mt("penstock");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(level_of(level));
}

void write_log(const LogLine& line) {
    std::string text = printable(line.component);
    text += ' ';
    text += printable(line.event);
    for (const auto& [key, value] : line.values) {
        text += ' ';
        text += key;
        text += '=';
        text += printable(value);
    }
    spdlog::log(level_of(line.level), "{}", text);
}

}  // namespace penstock
