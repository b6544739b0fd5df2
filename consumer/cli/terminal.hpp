// Colour and layout for people: escape sequences only where somebody looks at a terminal and has
// not asked for plain text (NO_COLOR). Nothing here knows what is printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/amount_text.hpp"

namespace penstock {

// Sequences that switch a rendition on and all off; each empty where colour is not wanted.
struct Palette {
    std::string_view dim;
    std::string_view bold;
    std::string_view green;
    std::string_view yellow;
    std::string_view red;
    std::string_view cyan;
    std::string_view reset;
};

// For the output behind `fd`: plain unless it is a terminal, TERM is not "dumb" and NO_COLOR is
// not set (https://no-color.org).
Palette palette_for(int fd);
Palette plain_palette();
Palette colour_palette();

// Lines of cells as a table, columns as wide as their widest cell but the last; cells of a column
// whose number is in no line are empty. Colours count as no width.
struct TableCell {
    std::string text;
    std::string_view colour = {};
};
std::string to_table(const std::vector<std::vector<TableCell>>& lines, const Palette& palette);

}  // namespace penstock
