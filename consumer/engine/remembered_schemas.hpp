// Which ids a schema registry gave the schemas of a topic, as the state of the topic remembers them
// over the end of the process: what a start goes by while the registry is away. An id counts only
// for the very schema of the very registry that gave it; both are known by their digest. Pure;
// asked once per relation frame, never per row.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/record_encoder.hpp"
#include "engine/state.hpp"

namespace penstock {

// So many schemas of one subject are remembered: a start meets the newest shape of a table, and
// those that it had since the last published position.
inline constexpr std::size_t kRememberedSchemasMax = 8;

// The id of `schema`, or nothing. `registry` is whatever tells one registry from another.
std::optional<std::uint32_t> remembered_id(const TopicState& topic, const SchemaText& schema,
                                           std::string_view registry);

// True when `topic` has learned something that has to be written down.
bool remember_id(TopicState& topic, const SchemaText& schema, std::string_view registry,
                 std::uint32_t id);

}  // namespace penstock
