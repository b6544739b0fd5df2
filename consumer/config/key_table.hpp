// The one table of configuration keys. Parsing, --help, the environment, the hashes and the
// reference page are all made from it; a key exists exactly when it has a row here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/configuration.hpp"

namespace penstock {

// Where a value lives. The type of the member is the type of the key.
using KeyPlace = std::variant<std::string Configuration::*, bool Configuration::*,
                              std::uint64_t Configuration::*, Duration Configuration::*,
                              Secret Configuration::*, std::vector<std::string> Configuration::*,
                              std::uint64_t EngineOptions::*, Duration EngineOptions::*>;

enum class KeyUnit : std::uint8_t {
    kNone,
    kCount,
    kBytes,       // "64MiB" or a number of bytes.
    kTime,        // "200ms", "5s", "1min".
    kSecretFile,  // The path of a file that holds the secret.
    kPatterns,    // Regular expressions; as one text separated by commas, "\\," is a comma.
};

// What a later start is bound to by the state that an earlier one wrote.
enum class KeyBound : std::uint8_t { kFree, kPipe, kSelection };

struct KeyRow {
    std::string_view name;  // "kafka.brokers"
    KeyPlace place;
    KeyUnit unit = KeyUnit::kNone;
    KeyBound bound = KeyBound::kFree;
    std::string_view choices = {};  // "wait|terminate"; empty is any.
    std::uint64_t minimum = 0;
    std::uint64_t maximum = 0;   // 0 is none.
    std::string_view help = {};  // What it is, from small letter, without full stop.
};

// All rows, in the order of the file's sections.
std::span<const KeyRow> key_table();
// Those that stand in files of their own; key_table() puts them at the end.
std::span<const KeyRow> snapshot_rows();
std::span<const KeyRow> on_demand_rows();
std::span<const KeyRow> shape_rows();
std::span<const KeyRow> registry_rows();
const KeyRow* find_key(std::string_view name);

// "PENSTOCK_KAFKA_BROKERS"
std::string environment_name(const KeyRow& row);

// "text", "true or false", "number", "size", "time", "list", "patterns", "secret", "file".
std::string_view type_name(const KeyRow& row);

bool is_secret(const KeyRow& row);

// The value as text: what the file would say, without quotes; never that of a secret.
std::string value_text(const KeyRow& row, const Configuration& configuration);

// Markdown of all keys, for the reference page.
std::string configuration_reference();

}  // namespace penstock
