#include "cli/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace penstock {
namespace {

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

std::vector<std::size_t> widths_of(const std::vector<std::vector<TableCell>>& lines) {
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        if (widths.size() < line.size()) widths.resize(line.size());
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], line[i].text.size());
        }
    }
    return widths;
}

}  // namespace

Palette plain_palette() {
    return {};
}

Palette colour_palette() {
    return {"\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[36m", "\x1b[0m"};
}

Palette palette_for(int fd) {
    const bool wanted = ::isatty(fd) == 1 && environment("NO_COLOR").empty() &&
                        environment("TERM") != "dumb" && !environment("TERM").empty();
    return wanted ? colour_palette() : plain_palette();
}

std::string to_table(const std::vector<std::vector<TableCell>>& lines, const Palette& palette) {
    const std::vector<std::size_t> widths = widths_of(lines);
    std::string out;
    for (const auto& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const TableCell& cell = line[i];
            if (i != 0) text += "  ";
            text += cell.colour;
            text += cell.text;
            if (!cell.colour.empty()) text += palette.reset;
            if (i + 1 < line.size()) text.append(widths[i] - cell.text.size(), ' ');
        }
        while (!text.empty() && text.back() == ' ') text.pop_back();
        out += text + '\n';
    }
    return out;
}

}  // namespace penstock
