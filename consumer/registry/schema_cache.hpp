// Which schema has which id, for as long as the process lives: ids of a registry never change.
// Internal to this room. Grows by one entry for each schema that a table ever had.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/record_encoder.hpp"

namespace penstock {

class SchemaCache {
public:
    std::optional<std::uint32_t> find(const SchemaText& schema) const {
        const auto found = ids_.find(key_of(schema));
        if (found == ids_.end()) return std::nullopt;
        return found->second;
    }

    void remember(const SchemaText& schema, std::uint32_t id) { ids_[key_of(schema)] = id; }

private:
    // No part can hold the separator: names and texts of PostgreSQL have no zero byte.
    static std::string key_of(const SchemaText& schema) {
        return schema.subject + '\0' + schema.type + '\0' + schema.text;
    }

    std::unordered_map<std::string, std::uint32_t> ids_;
};

}  // namespace penstock
