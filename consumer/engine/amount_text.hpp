// Amounts as people read them: bytes and times with the unit that fits. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace penstock {

// "0 bytes", "3 KiB", "2.8 MiB", "14.0 GiB".
std::string bytes_text(std::uint64_t bytes);

// "90 s", "12 min", "3 h".
std::string seconds_text(std::uint64_t seconds);

}  // namespace penstock
