#include "encode/topic_name.hpp"

namespace penstock {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_upper_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

bool reads_as_escape(std::string_view part, std::size_t at) {
    return at + 3 < part.size() && part[at] == '_' && part[at + 1] == 'x' &&
           is_upper_hex(part[at + 2]) && is_upper_hex(part[at + 3]);
}

void append_escaped(std::string& name, std::string_view part) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (std::size_t at = 0; at < part.size(); ++at) {
        const char c = part[at];
        const bool plain = is_alphanumeric(c) || c == '-' || c == '_';
        if (plain && !reads_as_escape(part, at)) {
            name += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        name += "_x";
        name += kDigits[byte >> 4];
        name += kDigits[byte & 15U];
    }
}

}  // namespace

std::string debezium_topic_name(std::string_view prefix, std::string_view schema,
                                std::string_view table) {
    std::string raw;
    raw.append(prefix).append(".").append(schema).append(".").append(table);
    std::string name;
    name.reserve(raw.size());
    for (const char c : raw) {
        const bool legal = is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
        if (legal) {
            name += c;
        } else {
            name.append(utf16_units(static_cast<unsigned char>(c)), '_');
        }
    }
    if (name.size() > kTopicNameMax) name.resize(kTopicNameMax);
    return name;
}

Result<std::string> injective_topic_name(std::string_view prefix, std::string_view schema,
                                         std::string_view table) {
    std::string name(prefix);
    name += '.';
    append_escaped(name, schema);
    name += '.';
    append_escaped(name, table);
    if (name.size() > kTopicNameMax) {
        return fail(ErrorName::kTopicName, "cannot name a topic after a table: name too long",
                    "Topic \"" + name + "\" has " + std::to_string(name.size()) +
                        " characters, Kafka allows " + std::to_string(kTopicNameMax) + ".");
    }
    return name;
}

}  // namespace penstock
