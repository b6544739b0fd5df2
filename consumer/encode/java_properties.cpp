#include "encode/java_properties.hpp"

#include <algorithm>
#include <cstdint>

namespace penstock {
namespace {

constexpr std::string_view kBlanks = " \t\f";
constexpr std::string_view kLineEnds = "\r\n";

bool is_blank(char c) {
    return kBlanks.find(c) != std::string_view::npos;
}

void drop_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find_first_of(kLineEnds));
    text.remove_prefix(line.size());
    const bool both = text.starts_with("\r\n");
    text.remove_prefix(std::min<std::size_t>(both ? 2 : 1, text.size()));
    return line;
}

bool goes_on(std::string_view line) {
    const std::size_t last = line.find_last_not_of('\\');
    const std::size_t signs = line.size() - (last == std::string_view::npos ? 0 : last + 1);
    return signs % 2 == 1;
}

void put_utf8(std::string& out, std::uint32_t point) {
    if (point < 0x80U) {
        out += static_cast<char>(point);
    } else if (point < 0x800U) {
        out += static_cast<char>(0xC0U | point >> 6);
        out += static_cast<char>(0x80U | (point & 0x3FU));
    } else if (point < 0x10000U) {
        out += static_cast<char>(0xE0U | point >> 12);
        out += static_cast<char>(0x80U | (point >> 6 & 0x3FU));
        out += static_cast<char>(0x80U | (point & 0x3FU));
    } else {
        out += static_cast<char>(0xF0U | point >> 18);
        out += static_cast<char>(0x80U | (point >> 12 & 0x3FU));
        out += static_cast<char>(0x80U | (point >> 6 & 0x3FU));
        out += static_cast<char>(0x80U | (point & 0x3FU));
    }
}

// The four hexadecimal digits at the front; false when there are none.
bool take_unit(std::string_view& text, std::uint32_t& unit) {
    if (text.size() < 4) return false;
    unit = 0;
    for (const char c : text.substr(0, 4)) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return false;
        unit = unit << 4 | static_cast<std::uint32_t>(digit);
    }
    text.remove_prefix(4);
    return true;
}

// What stands behind a backslash and u. Half of a pair, or no digits, is a question mark.
void take_unicode(std::string_view& text, std::string& out) {
    std::uint32_t unit = 0;
    if (!take_unit(text, unit)) {
        out += '?';
        return;
    }
    std::uint32_t low = 0;
    std::string_view behind = text;
    if (unit >= 0xD800U && unit < 0xDC00U && behind.starts_with("\\u")) {
        behind.remove_prefix(2);
        if (take_unit(behind, low) && low >= 0xDC00U && low < 0xE000U) {
            text = behind;
            unit = 0x10000U + ((unit - 0xD800U) << 10) + (low - 0xDC00U);
        }
    }
    put_utf8(out, unit >= 0xD800U && unit < 0xE000U ? '?' : unit);
}

void take_escape(std::string_view& text, std::string& out) {
    if (text.empty()) return;
    const char c = text.front();
    text.remove_prefix(1);
    if (c == 'u') return take_unicode(text, out);
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
}

// Up to an unescaped = or : or blank where it is a name, to the end where it is a value.
std::string take_text(std::string_view& line, bool is_name) {
    std::string out;
    while (!line.empty()) {
        const char c = line.front();
        if (is_name && (c == '=' || c == ':' || is_blank(c))) break;
        line.remove_prefix(1);
        if (c == '\\') {
            take_escape(line, out);
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_java_properties(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> properties;
    while (!text.empty()) {
        std::string_view first = take_line(text);
        drop_blanks(first);
        if (first.empty() || first.front() == '#' || first.front() == '!') continue;
        std::string whole(first);
        while (goes_on(whole) && !text.empty()) {
            whole.pop_back();
            std::string_view next = take_line(text);
            drop_blanks(next);
            whole += next;
        }
        std::string_view line = whole;
        std::string name = take_text(line, true);
        drop_blanks(line);
        if (!line.empty() && (line.front() == '=' || line.front() == ':')) line.remove_prefix(1);
        drop_blanks(line);
        const auto same = std::find_if(properties.begin(), properties.end(),
                                       [&](const auto& known) { return known.first == name; });
        if (same != properties.end()) {
            same->second = take_text(line, false);
        } else {
            properties.emplace_back(std::move(name), take_text(line, false));
        }
    }
    return properties;
}

}  // namespace penstock
