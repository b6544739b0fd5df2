// Payloads of outbox tables, whose JSON comes from anybody: what is expanded is JSON, and what its
// own schema says. Judged with a reader of JSON that is not ours.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "encode/expanded_json.hpp"

namespace {

using nlohmann::json;

bool fits(const json& value, const json& schema);

bool struct_fits(const json& value, const json& schema) {
    if (!value.is_object() || value.size() != schema.at("fields").size()) return false;
    for (const json& field : schema.at("fields")) {
        const auto member = value.find(field.at("field").get<std::string>());
        if (member == value.end() || !fits(*member, field)) return false;
    }
    return true;
}

bool fits(const json& value, const json& schema) {
    if (value.is_null()) return true;
    const auto type = schema.at("type").get<std::string>();
    if (type == "struct") return struct_fits(value, schema);
    if (type == "boolean") return value.is_boolean();
    if (type == "string") return value.is_string();
    if (type == "double") return value.is_number_float();
    if (type != "array") return value.is_number_integer();
    if (!value.is_array()) return false;
    for (const json& element : value) {
        if (!fits(element, schema.at("items"))) return false;
    }
    return true;
}

bool is_utf8(const std::string& text) {
    try {
        static_cast<void>(json(text).dump());
        return true;
    } catch (const json::exception&) {
        return false;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto expanded = penstock::expand_json(text);
    // The server sends nothing else, and the strings of a payload go through as they are.
    if (!expanded || !is_utf8(text)) return 0;
    if (!json::accept(text)) __builtin_trap();
    const json value = json::parse(expanded->value);
    const json schema = json::parse(expanded->schema + "}");
    if (!fits(value, schema)) __builtin_trap();
    return 0;
}
