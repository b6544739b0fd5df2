// The door to the TOML library: a file as a flat list of keys and values, nothing more. Which keys
// there are and what they may hold is not known here. Text of the file never appears in an error,
// because it can hold a secret; only names of keys and places do.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/error.hpp"

namespace penstock {

using TomlValue = std::variant<std::string, bool, std::int64_t, std::vector<std::string>>;

struct TomlEntry {
    std::string key;  // "kafka.brokers"; of [kafka.properties] the rest stays together.
    TomlValue value;
    std::uint32_t line = 0;
};

// kConfigurationUnreadable when the file cannot be opened or is no TOML; kConfigurationInvalid when
// a value is of a kind that no key has (a date, a floating point number, a list of lists).
Result<std::vector<TomlEntry>> read_toml_file(const std::string& path);

// The same of text, for tests and fuzzing; `path` appears in errors.
Result<std::vector<TomlEntry>> read_toml(std::string_view text, const std::string& path);

}  // namespace penstock
