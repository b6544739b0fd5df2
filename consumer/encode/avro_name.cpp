#include "encode/avro_name.hpp"

#include "encode/topic_name.hpp"

namespace penstock {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_upper_hex(char c) {
    return is_digit(c) || (c >= 'A' && c <= 'F');
}

bool reads_as_escape(std::string_view name, std::size_t at) {
    return at + 3 < name.size() && name[at] == '_' && name[at + 1] == 'x' &&
           is_upper_hex(name[at + 2]) && is_upper_hex(name[at + 3]);
}

void append_escape(std::string& name, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    name += "_x";
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15U];
}

std::string adjusted(std::string_view name, bool dots) {
    std::string legal;
    legal.reserve(name.size() + 1);
    if (!name.empty() && is_digit(name[0])) legal += '_';
    for (const char c : name) {
        if (is_letter(c) || is_digit(c) || (dots && c == '.')) {
            legal += c;
        } else {
            legal.append(utf16_units(static_cast<unsigned char>(c)), '_');
        }
    }
    return legal;
}

}  // namespace

std::string avro_record_name(std::string_view name) {
    return adjusted(name, true);
}

std::string avro_field_name(std::string_view name) {
    return adjusted(name, false);
}

std::string injective_avro_name(std::string_view name) {
    std::string legal;
    bool first = true;
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char c = name[at];
        const bool plain = c == '.' || is_letter(c) || (is_digit(c) && !first);
        if (plain && !reads_as_escape(name, at)) {
            legal += c;
        } else {
            append_escape(legal, c);
        }
        first = c == '.';
    }
    return legal;
}

}  // namespace penstock
