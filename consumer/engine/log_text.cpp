#include "engine/log_text.hpp"

#include <string_view>

namespace penstock {
namespace {

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

std::string log_text(const LogLine& line) {
    std::string text = printable(line.component) + ' ' + printable(line.event);
    for (const auto& [key, value] : line.values) text += ' ' + key + '=' + printable(value);
    return text;
}

}  // namespace penstock
