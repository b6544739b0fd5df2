#include "engine/amount_text.hpp"

namespace penstock {

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::uint64_t kKiB = 1024;
    if (bytes < kKiB) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
    if (bytes < kKiB * kKiB) return std::to_string(bytes / kKiB) + " KiB";
    const bool large = bytes >= kKiB * kKiB * kKiB;
    const std::uint64_t tenths = bytes * 10 / kKiB / kKiB / (large ? kKiB : 1);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) +
           (large ? " GiB" : " MiB");
}

std::string seconds_text(std::uint64_t seconds) {
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7200) return std::to_string(seconds / 60) + " min";
    return std::to_string(seconds / 3600) + " h";
}

}  // namespace penstock
