#include "config/value_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <vector>

namespace penstock {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// In each table the names to write come first, largest first; synonyms follow.
constexpr Unit kSizes[] = {
    {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1},           {"B", 1},
    {"GB", 1ULL << 30},  {"MB", 1ULL << 20},  {"kB", 1ULL << 10},  {"KB", 1ULL << 10}};
constexpr std::size_t kSizesToWrite = 4;
constexpr Unit kTimes[] = {{"h", 3'600'000'000ULL}, {"min", 60'000'000}, {"s", 1'000'000},
                           {"ms", 1'000},           {"us", 1},           {"m", 60'000'000}};
constexpr std::size_t kTimesToWrite = 5;

std::optional<std::uint64_t> parse_with(std::string_view text, std::span<const Unit> units) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc{}) return std::nullopt;
    std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    for (const Unit& known : units) {
        if (known.name != unit) continue;
        if (number > std::numeric_limits<std::uint64_t>::max() / known.factor) return std::nullopt;
        return number * known.factor;
    }
    return std::nullopt;
}

std::string text_with(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(value);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_with(text, kSizes);
}

std::string size_text(std::uint64_t bytes) {
    if (bytes == 0) return "0";
    return text_with(bytes, std::span(kSizes).first(kSizesToWrite));
}

std::optional<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration{0};
    const auto micros = parse_with(text, kTimes);
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!micros || *micros > kMax) return std::nullopt;
    return Duration(static_cast<std::int64_t>(*micros));
}

std::string duration_text(Duration duration) {
    if (duration.count() == 0) return "0";
    return text_with(static_cast<std::uint64_t>(duration.count()),
                     std::span(kTimes).first(kTimesToWrite));
}

std::optional<bool> parse_boolean(std::string_view text) {
    for (const std::string_view word : {"true", "yes", "on", "1"}) {
        if (text == word) return true;
    }
    for (const std::string_view word : {"false", "no", "off", "0"}) {
        if (text == word) return false;
    }
    return std::nullopt;
}

std::vector<std::string> split_patterns(std::string_view text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at + 1 < text.size() && text[at] == '\\') {
            ++at;
            continue;
        }
        if (at < text.size() && text[at] != ',') continue;
        std::string_view part = text.substr(begin, at - begin);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
        begin = at + 1;
    }
    return parts;
}

std::optional<CountedPattern> parse_counted_pattern(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
    CountedPattern counted;
    const char* const end = text.data() + colon;
    const auto read = std::from_chars(text.data(), end, counted.length);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    counted.pattern = text.substr(colon + 1);
    return counted;
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t change = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
    // Longer input than any word of ours gains nothing from being compared to its end.
    word = word.substr(0, 64);
    std::string_view nearest;
    std::size_t best = std::numeric_limits<std::size_t>::max();
    for (const std::string_view candidate : words) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

bool is_topic_text(std::string_view text) {
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

}  // namespace penstock
