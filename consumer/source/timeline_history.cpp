#include "source/timeline_history.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace penstock {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBlank));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

Result<std::vector<std::pair<std::uint32_t, Lsn>>> parse_timeline_history(std::string_view file) {
    std::vector<std::pair<std::uint32_t, Lsn>> history;
    while (!file.empty()) {
        std::string_view line = file.substr(0, file.find('\n'));
        file.remove_prefix(std::min(line.size() + 1, file.size()));
        const std::string_view first = take_word(line);
        if (first.empty() || first.front() == '#') continue;
        std::uint32_t timeline = 0;
        const char* const end = first.data() + first.size();
        const auto [stop, problem] = std::from_chars(first.data(), end, timeline);
        const auto left_at = parse_lsn(take_word(line));
        if (problem != std::errc{} || stop != end || !left_at) {
            return fail(ErrorName::kFrameInvalid,
                        "could not read the timeline history: a line has another form");
        }
        history.emplace_back(timeline, *left_at);
    }
    return history;
}

}  // namespace penstock
