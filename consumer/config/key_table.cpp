#include "config/key_table.hpp"

#include "config/value_text.hpp"

namespace penstock {
namespace {

template <class Value>
const Value& value_at(Value Configuration::*place, const Configuration& in) {
    return in.*place;
}
template <class Value>
const Value& value_at(Value EngineOptions::*place, const Configuration& in) {
    return in.limits.*place;
}

std::string join(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
    return out;
}

struct ToText {
    KeyUnit unit;
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::uint64_t value) const {
        return unit == KeyUnit::kBytes ? size_text(value) : std::to_string(value);
    }
    std::string operator()(Duration value) const { return duration_text(value); }
    std::string operator()(const Secret& value) const { return value.empty() ? "" : "(set)"; }
    std::string operator()(const std::vector<std::string>& value) const { return join(value); }
};

struct TypeName {
    KeyUnit unit;
    std::string_view operator()(const std::string&) const { return "text"; }
    std::string_view operator()(bool) const { return "true or false"; }
    std::string_view operator()(std::uint64_t) const {
        return unit == KeyUnit::kBytes ? "size" : "number";
    }
    std::string_view operator()(Duration) const { return "time"; }
    std::string_view operator()(const Secret&) const {
        return unit == KeyUnit::kSecretFile ? "file" : "secret";
    }
    std::string_view operator()(const std::vector<std::string>&) const {
        return unit == KeyUnit::kPatterns ? "patterns" : "list";
    }
};

template <class Visitor>
auto visit_value(const KeyRow& row, const Configuration& in, Visitor visitor) {
    return std::visit([&](auto place) { return visitor(value_at(place, in)); }, row.place);
}

}  // namespace

const KeyRow* find_key(std::string_view name) {
    for (const KeyRow& row : key_table()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::string environment_name(const KeyRow& row) {
    std::string name = "PENSTOCK_";
    for (const char c : row.name) {
        name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return name;
}

std::string_view type_name(const KeyRow& row) {
    static const Configuration kAny;
    return visit_value(row, kAny, TypeName{row.unit});
}

bool is_secret(const KeyRow& row) {
    return std::holds_alternative<Secret Configuration::*>(row.place) &&
           row.unit != KeyUnit::kSecretFile;
}

std::string value_text(const KeyRow& row, const Configuration& configuration) {
    return visit_value(row, configuration, ToText{row.unit});
}

std::string configuration_reference() {
    const Configuration defaults;
    std::string out = "| key | type | default | environment | meaning |\n|---|---|---|---|---|\n";
    for (const KeyRow& row : key_table()) {
        std::string type(type_name(row));
        if (!row.choices.empty()) {
            type.clear();
            for (const char c : row.choices) {
                if (c == '|') type += ", ";
                if (c != '|') type += c;
            }
        }
        const std::string value = value_text(row, defaults);
        out += "| `" + std::string(row.name) + "` | " + type + " | " +
               (value.empty() ? "" : "`" + value + "`") + " | `" + environment_name(row) + "` | " +
               std::string(row.help) + " |\n";
    }
    return out;
}

}  // namespace penstock
