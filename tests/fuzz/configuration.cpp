// A configuration file of any bytes: read or refused, and whatever was read shows its values
// without a secret and makes the engine's options.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/key_table.hpp"
#include "config/loader.hpp"
#include "config/toml_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace penstock;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto entries = read_toml(text, "fuzz");
    if (!entries) return 0;
    Configuration configuration;
    for (const TomlEntry& entry : *entries) {
        // Never a file: what the fuzzer writes there must not be opened.
        if (entry.key.ends_with("_file")) continue;
        const auto* value = std::get_if<std::string>(&entry.value);
        if (value != nullptr && !set_key(configuration, entry.key, *value, "fuzz")) continue;
    }
    for (const KeyRow& row : key_table()) {
        if (is_secret(row) && value_text(row, configuration).size() > 5) __builtin_trap();
    }
    (void)check_for_run(configuration);
    (void)make_engine_options(configuration, 1);
    return 0;
}
