#include "engine/lsn.hpp"

#include <charconv>
#include <cstdio>

namespace penstock {

std::string to_string(Lsn lsn) {
    char text[20];
    const int size =
        std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn.value >> 32),
                      static_cast<unsigned>(lsn.value & 0xFFFFFFFFU));
    return {text, static_cast<std::size_t>(size)};
}

std::optional<Lsn> parse_lsn(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    std::uint32_t half[2];
    const std::string_view part[2] = {text.substr(0, slash), text.substr(slash + 1)};
    for (int i = 0; i < 2; ++i) {
        const char* end = part[i].data() + part[i].size();
        const auto [stop, error] = std::from_chars(part[i].data(), end, half[i], 16);
        if (error != std::errc{} || stop != end) return std::nullopt;
    }
    return Lsn{(std::uint64_t{half[0]} << 32) | half[1]};
}

}  // namespace penstock
