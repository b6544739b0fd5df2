// Frames as a batch of the stream: with the checksum behind them that no fuzzer guesses. Shared by
// the targets whose input is frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "source/crc32c.hpp"

namespace penstock {

inline std::string sealed_batch(std::string frames) {
    const std::uint32_t crc = crc32c(frames);
    frames += '\x7D';
    for (int shift = 0; shift < 32; shift += 8) frames += static_cast<char>((crc >> shift) & 0xFFU);
    return frames;
}

// Each fourth input as it is, so that the checksum itself is judged too.
inline std::string batch_of_input(const std::uint8_t* data, std::size_t size) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    const bool as_it_is = size % 4 == 0 && size > 0 && (data[0] & 3U) == 3U;
    return as_it_is ? bytes : sealed_batch(std::move(bytes));
}

}  // namespace penstock
