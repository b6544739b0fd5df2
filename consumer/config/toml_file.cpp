#include "config/toml_file.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <toml++/toml.h>

namespace penstock {
namespace {

Failure invalid(const std::string& path, std::uint32_t line, const std::string& key) {
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + key +
                    "\": a text, a number, true, false or a list of "
                    "texts is expected",
                "It stands in line " + std::to_string(line) + " of " + path + ".");
}

std::optional<std::vector<std::string>> texts_of(const toml::array& array) {
    std::vector<std::string> texts;
    for (const toml::node& item : array) {
        const auto* text = item.as_string();
        if (text == nullptr) return std::nullopt;
        texts.push_back(text->get());
    }
    return texts;
}

std::optional<TomlValue> value_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* truth = node.as_boolean()) return truth->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* array = node.as_array()) {
        if (auto texts = texts_of(*array)) return std::move(*texts);
    }
    return std::nullopt;
}

Status flatten(const toml::table& table, const std::string& prefix, const std::string& path,
               std::vector<TomlEntry>& out) {
    for (const auto& [name, node] : table) {
        const std::string key = prefix + std::string(name.str());
        const std::uint32_t line = node.source().begin.line;
        if (const auto* inner = node.as_table()) {
            if (auto done = flatten(*inner, key + ".", path, out); !done) return done;
            continue;
        }
        auto value = value_of(node);
        if (!value) return invalid(path, line, key);
        out.push_back({key, std::move(*value), line});
    }
    return {};
}

}  // namespace

Result<std::vector<TomlEntry>> read_toml_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        return fail(ErrorName::kConfigurationUnreadable,
                    "could not read configuration file \"" + path + "\"");
    }
    return read_toml(text.str(), path);
}

Result<std::vector<TomlEntry>> read_toml(std::string_view text, const std::string& path) {
    try {
        const toml::table table = toml::parse(text, path);
        std::vector<TomlEntry> entries;
        if (auto done = flatten(table, "", path, entries); !done) return Failure(done.error());
        return entries;
    } catch (const toml::parse_error& problem) {
        // The parser's description can quote the text, and the text can hold a secret: only the
        // place is passed on.
        return fail(ErrorName::kConfigurationUnreadable,
                    "could not read configuration file \"" + path + "\": it is not valid TOML",
                    "The trouble is in line " + std::to_string(problem.source().begin.line) +
                        ", column " + std::to_string(problem.source().begin.column) + ".");
    }
}

}  // namespace penstock
