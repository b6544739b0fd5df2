// Presets: what a known reader of the records needs, as a table of settings. A preset stands
// between the defaults and the file, so that every key that is given anywhere wins over it. What a
// reader needs of the tables themselves is told apart, for the preflight.
#pragma once

#include <span>
#include <string_view>

namespace penstock {

struct PresetSetting {
    std::string_view key;
    std::string_view value;  // As the environment would give it.
};

// What the reader needs of every table.
enum class TableNeed { kNothing, kPrimaryKey, kFullIdentity };

struct Preset {
    std::string_view name;
    std::string_view reader;  // For people.
    std::span<const PresetSetting> settings;
    TableNeed need = TableNeed::kNothing;
    std::string_view reason;  // Why it needs that: a whole sentence.
};

std::span<const Preset> presets();
// Null when there is none of this name.
const Preset* find_preset(std::string_view name);

}  // namespace penstock
