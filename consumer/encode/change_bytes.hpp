// The bytes of a penstock.v1.Change put together from its parts, for changes that are not handed on
// as the plugin wrote them. Into a string that the caller keeps, so that rows make no allocation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/frame.hpp"

namespace penstock {

// Added to the number of a marked field of `before`.
inline constexpr std::uint32_t kMarkedInBefore = 65536;

void append_varint(std::string& out, std::uint64_t value);

// A length-delimited field.
void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes);

// The whole message: all parts of `change` but `change.change`.
void append_change(std::string& out, const ChangeFrame& change);

}  // namespace penstock
