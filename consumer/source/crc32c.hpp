// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, as in RFC 3720 12.1): the checksum at the
// end of every Batch. Pure; must not allocate.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

// The checksum of `bytes`, by the processor's own instruction where the build may use it.
std::uint32_t crc32c(std::string_view bytes) noexcept;

// The same by table, eight bytes a step, for processors without the instruction.
std::uint32_t crc32c_by_table(std::string_view bytes) noexcept;

}  // namespace penstock
