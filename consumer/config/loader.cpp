#include "config/loader.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <variant>

#include "config/key_table.hpp"
#include "config/presets.hpp"
#include "config/record_rules.hpp"
#include "config/registry_rules.hpp"
#include "config/toml_file.hpp"
#include "config/value_text.hpp"

namespace penstock {
namespace {

constexpr std::string_view kProperties = "kafka.properties.";

Failure invalid(std::string_view key, std::string_view reason, std::string_view origin) {
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + std::string(key) + "\": " + std::string(reason),
                "It comes from " + std::string(origin) + ".");
}

Failure unknown(std::string_view key, std::string_view origin) {
    std::vector<std::string_view> names;
    for (const KeyRow& row : key_table()) names.push_back(row.name);
    return fail(ErrorName::kConfigurationUnknownKey,
                "unrecognized key \"" + std::string(key) + "\"",
                "It comes from " + std::string(origin) + ".",
                "Perhaps you meant \"" + std::string(nearest_word(key, names)) + "\".");
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        std::string_view part = text.substr(0, text.find(separator));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
    }
    return parts;
}

Result<Secret> read_secret_file(const KeyRow& row, std::string_view path, std::string_view origin) {
    std::ifstream file(std::string(path), std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        return fail(ErrorName::kConfigurationUnreadable,
                    "could not read the file of key \"" + std::string(row.name) + "\"",
                    "Its path comes from " + std::string(origin) + ".");
    }
    std::string secret = text.str();
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    return Secret(std::move(secret));
}

std::string range_text(const KeyRow& row) {
    const auto text = [&row](std::uint64_t value) {
        switch (row.unit) {
            case KeyUnit::kBytes:
                return size_text(value);
            case KeyUnit::kTime:
                return duration_text(Duration(static_cast<std::int64_t>(value)));
            default:
                return std::to_string(value);
        }
    };
    std::string range = "at least " + text(row.minimum);
    if (row.maximum != 0) range += " and at most " + text(row.maximum);
    return range + " is expected";
}

// Puts a text into the place of a row. One overload for each type a key can have.
class Setter {
public:
    Setter(const KeyRow& row, std::string_view text, std::string_view origin)
        : row_(row), text_(text), origin_(origin) {}

    Status operator()(std::string& place) const {
        if (!row_.choices.empty() && !is_choice()) return wrong_choice();
        place = text_;
        return {};
    }
    Status operator()(bool& place) const {
        const auto value = parse_boolean(text_);
        if (!value) return invalid(row_.name, "true or false is expected", origin_);
        place = *value;
        return {};
    }
    Status operator()(std::uint64_t& place) const {
        const auto value = parse_size(text_);
        if (!value) {
            return invalid(row_.name,
                           row_.unit == KeyUnit::kBytes ? "a size such as 64MiB is expected"
                                                        : "a number is expected",
                           origin_);
        }
        if (!in_range(*value)) return invalid(row_.name, range_text(row_), origin_);
        place = *value;
        return {};
    }
    Status operator()(Duration& place) const {
        const auto value = parse_duration(text_);
        if (!value) return invalid(row_.name, "a time such as 200ms or 5s is expected", origin_);
        if (!in_range(static_cast<std::uint64_t>(value->count()))) {
            return invalid(row_.name, range_text(row_), origin_);
        }
        place = *value;
        return {};
    }
    Status operator()(Secret& place) const {
        if (row_.unit != KeyUnit::kSecretFile) {
            place = Secret(std::string(text_));
            return {};
        }
        auto secret = read_secret_file(row_, text_, origin_);
        if (!secret) return Failure(secret.error());
        place = std::move(*secret);
        return {};
    }
    Status operator()(std::vector<std::string>& place) const {
        if (row_.unit == KeyUnit::kPatterns) {
            place = split_patterns(text_);
            return {};
        }
        // The columns of a key are themselves separated by commas; its tables by semicolons or
        // blanks.
        if (row_.name != "format.key_columns") {
            place = split(text_, ',');
            return {};
        }
        std::string keys(text_);
        std::replace(keys.begin(), keys.end(), ';', ' ');
        place = split(keys, ' ');
        return {};
    }

private:
    bool in_range(std::uint64_t value) const {
        return value >= row_.minimum && (row_.maximum == 0 || value <= row_.maximum);
    }
    // Choices are separated by bars; an empty one allows an empty text.
    bool is_choice() const {
        std::string_view left = row_.choices;
        for (;;) {
            const std::size_t bar = left.find('|');
            if (left.substr(0, bar) == text_) return true;
            if (bar == std::string_view::npos) return false;
            left.remove_prefix(bar + 1);
        }
    }
    Status wrong_choice() const {
        std::string words;
        for (const std::string& word : split(row_.choices, '|')) {
            words += (words.empty() ? "" : ", ") + word;
        }
        return invalid(row_.name, "one of " + words + " is expected", origin_);
    }

    const KeyRow& row_;
    std::string_view text_;
    std::string_view origin_;
};

template <class Value>
Value& value_at(Value Configuration::*place, Configuration& in) {
    return in.*place;
}
template <class Value>
Value& value_at(Value EngineOptions::*place, Configuration& in) {
    return in.limits.*place;
}

Status set_row(Configuration& configuration, const KeyRow& row, std::string_view text,
               std::string_view origin) {
    const Setter setter(row, text, origin);
    return std::visit([&](auto place) { return setter(value_at(place, configuration)); },
                      row.place);
}

void set_property(Configuration& configuration, std::string_view name, std::string value) {
    auto& properties = configuration.kafka_properties;
    const auto same = std::find_if(properties.begin(), properties.end(),
                                   [name](const auto& property) { return property.first == name; });
    if (same != properties.end()) properties.erase(same);
    properties.emplace_back(std::string(name), Secret(std::move(value)));
}

struct TomlText {
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::vector<std::string>&) const { return {}; }
};

Status apply_entry(Configuration& configuration, const TomlEntry& entry,
                   const std::string& origin) {
    const bool list = std::holds_alternative<std::vector<std::string>>(entry.value);
    const std::string text = std::visit(TomlText{}, entry.value);
    if (entry.key.starts_with(kProperties)) {
        if (list) return invalid(entry.key, "a text is expected", origin);
        set_property(configuration, std::string_view(entry.key).substr(kProperties.size()), text);
        return {};
    }
    const KeyRow* const row = find_key(entry.key);
    if (row == nullptr) return unknown(entry.key, origin);
    const auto* const place = std::get_if<std::vector<std::string> Configuration::*>(&row->place);
    const bool as_text = !list && row->unit == KeyUnit::kPatterns;
    if (!as_text && list != (place != nullptr)) {
        return invalid(entry.key, list ? "a single value is expected" : "a list is expected",
                       origin);
    }
    if (list) {
        configuration.*(*place) = std::get<std::vector<std::string>>(entry.value);
        return {};
    }
    return set_row(configuration, *row, text, origin);
}

Status apply_file(Configuration& configuration, const std::string& path) {
    const auto entries = read_toml_file(path);
    if (!entries) return Failure(entries.error());
    for (const TomlEntry& entry : *entries) {
        const std::string origin = "line " + std::to_string(entry.line) + " of " + path;
        if (auto done = apply_entry(configuration, entry, origin); !done) return done;
    }
    return {};
}

// Only variables that begin like one of our sections are ours: others may well begin with
// PENSTOCK_.
bool names_a_section(std::string_view variable) {
    for (const KeyRow& row : key_table()) {
        const std::string name = environment_name(row);
        const std::size_t point = row.name.find('.');
        if (point == std::string_view::npos) continue;  // A key without a section.
        const std::size_t section = std::string_view("PENSTOCK_").size() + point + 1;
        if (variable.starts_with(std::string_view(name).substr(0, section))) return true;
    }
    return false;
}

Status unknown_variable(std::string_view variable) {
    std::vector<std::string> names;
    for (const KeyRow& row : key_table()) names.push_back(environment_name(row));
    const std::vector<std::string_view> views(names.begin(), names.end());
    return fail(ErrorName::kConfigurationUnknownKey,
                "unrecognized environment variable \"" + std::string(variable) + "\"", {},
                "Perhaps you meant \"" + std::string(nearest_word(variable, views)) + "\".");
}

const KeyRow* find_variable(std::string_view variable) {
    for (const KeyRow& row : key_table()) {
        if (environment_name(row) == variable) return &row;
    }
    return nullptr;
}

Status apply_environment(Configuration& configuration, const ConfigurationInput& input) {
    for (const auto& [variable, value] : input.environment) {
        if (const KeyRow* const row = find_variable(variable)) {
            const std::string origin = "environment variable " + variable;
            if (auto done = set_row(configuration, *row, value, origin); !done) return done;
        } else if (names_a_section(variable)) {
            return unknown_variable(variable);
        }
    }
    return {};
}

bool is_slot_name(std::string_view name) {
    return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// "pattern:column,column", no part of it empty. A pattern may hold colons, a column's name not.
bool is_key_columns(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::size_t dot = text.find('.');
    if (colon == std::string_view::npos || dot == 0 || dot == std::string_view::npos ||
        dot + 1 >= colon || colon + 1 >= text.size()) {
        return false;
    }
    const std::string_view columns = text.substr(colon + 1);
    return columns.front() != ',' && columns.back() != ',' &&
           columns.find(",,") == std::string_view::npos;
}

// "schema.table:condition"; the condition may hold colons, the pattern none.
Status check_conditions(const Configuration& configuration) {
    for (const std::string& text : configuration.snapshot_where) {
        const std::size_t colon = text.find(':');
        const std::size_t dot = text.find('.');
        if (colon != std::string::npos && dot < colon && colon + 1 < text.size()) continue;
        return invalid("snapshot.where", "schema.table:condition is expected", "the configuration");
    }
    return {};
}

Failure required(std::string_view key, std::string_view hint) {
    return fail(ErrorName::kConfigurationInvalid,
                "key \"" + std::string(key) + "\" is missing: it has no default", {},
                std::string(hint));
}

}  // namespace

Status set_key(Configuration& configuration, std::string_view key, std::string_view text,
               std::string_view origin) {
    if (key.starts_with(kProperties)) {
        set_property(configuration, key.substr(kProperties.size()), std::string(text));
        return {};
    }
    const KeyRow* const row = find_key(key);
    if (row == nullptr) return unknown(key, origin);
    return set_row(configuration, *row, text, origin);
}

namespace {

// What the input says, over what `configuration` says already.
Status apply_input(Configuration& configuration, const ConfigurationInput& input) {
    if (input.file) {
        if (auto done = apply_file(configuration, *input.file); !done) return done;
    }
    if (auto done = apply_environment(configuration, input); !done) return done;
    for (const auto& [key, value] : input.flags) {
        if (auto done = set_key(configuration, key, value, "flag --" + key); !done) return done;
    }
    return {};
}

Status apply_preset(Configuration& configuration, const Preset& preset) {
    const std::string origin = "preset " + std::string(preset.name);
    for (const PresetSetting& setting : preset.settings) {
        if (auto done = set_key(configuration, setting.key, setting.value, origin); !done) {
            return done;
        }
    }
    return {};
}

}  // namespace

Result<Configuration> load_configuration(const ConfigurationInput& input) {
    Configuration configuration;
    if (auto done = apply_input(configuration, input); !done) return Failure(done.error());
    const Preset* const preset = find_preset(configuration.preset);
    if (preset == nullptr) return configuration;
    // The preset may be named in any of the places that win over it, so that all are asked again.
    Configuration with_preset;
    if (auto done = apply_preset(with_preset, *preset); !done) return Failure(done.error());
    if (auto done = apply_input(with_preset, input); !done) return Failure(done.error());
    return with_preset;
}

Status check_for_run(const Configuration& configuration) {
    if (configuration.source_url.empty()) {
        return required("source.url",
                        "Give the database as first argument, in the file or as "
                        "PENSTOCK_SOURCE_URL.");
    }
    if (auto kafka = check_for_kafka(configuration); !kafka) return kafka;
    for (const std::string& key : configuration.format_key_columns) {
        if (is_key_columns(key)) continue;
        return invalid("format.key_columns", "schema.table:column,column is expected",
                       "the configuration");
    }
    if (auto records = check_record_keys(configuration); !records) return records;
    if (auto registry = check_registry_keys(configuration); !registry) return registry;
    if (auto where = check_conditions(configuration); !where) return where;
    if (configuration.limits.backoff_min > configuration.limits.backoff_max) {
        return invalid("limits.backoff_min", "at most limits.backoff_max is expected",
                       "the configuration");
    }
    return {};
}

Status check_for_kafka(const Configuration& configuration) {
    if (configuration.kafka_brokers.empty()) {
        return required("kafka.brokers", "Give kafka://host:port as an argument, or the key.");
    }
    if (!is_slot_name(configuration.slot_name)) {
        return invalid("slot.name", "at most 63 of a-z, 0-9 and _ are expected",
                       "the configuration");
    }
    if (!is_topic_text(configuration.topics_prefix)) {
        return invalid("topics.prefix", "at most 100 of a-z, A-Z, 0-9, _, - and . are expected",
                       "the configuration");
    }
    return {};
}

Status apply_kafka_url(Configuration& configuration, std::string_view url) {
    constexpr std::string_view kScheme = "kafka://";
    if (!url.starts_with(kScheme) || url.size() == kScheme.size()) {
        return fail(ErrorName::kUsage,
                    "cannot use \"" + std::string(url) + "\" as the address of Kafka", {},
                    "Write kafka://host:port, or kafka://host:port,host:port/prefix.");
    }
    url.remove_prefix(kScheme.size());
    const std::size_t slash = url.find('/');
    configuration.kafka_brokers = url.substr(0, slash);
    if (slash != std::string_view::npos && slash + 1 < url.size()) {
        configuration.topics_prefix = url.substr(slash + 1);
    }
    return {};
}

}  // namespace penstock
