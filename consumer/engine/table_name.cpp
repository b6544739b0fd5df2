#include "engine/table_name.hpp"

#include <algorithm>
#include <vector>

namespace penstock {
namespace {

bool is_plain(std::string_view part) {
    const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    return !part.empty() && starts(part.front()) &&
           std::all_of(part.begin(), part.end(),
                       [&](char c) { return starts(c) || (c >= '0' && c <= '9'); });
}

std::string quoted(std::string_view part) {
    std::string text = "\"";
    for (const char c : part) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

}  // namespace

std::string quoted_name(std::string_view schema, std::string_view table) {
    return quoted(schema) + "." + quoted(table);
}

bool is_table_name(std::string_view name, std::string_view schema, std::string_view table) {
    const auto spellings = [](std::string_view part) {
        std::vector<std::string> written{quoted(part)};
        if (is_plain(part)) written.emplace_back(part);
        return written;
    };
    for (const std::string& left : spellings(schema)) {
        for (const std::string& right : spellings(table)) {
            if (name == left + "." + right) return true;
        }
    }
    return false;
}

}  // namespace penstock
