#include "encode/murmur2.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace penstock {
namespace {

constexpr std::uint32_t kSeed = 0x9747B28CU;
constexpr std::uint32_t kMultiplier = 0x5BD1E995U;
constexpr int kShift = 24;

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

std::uint32_t word_at(std::string_view bytes, std::size_t index) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + index, sizeof(word));
    return std::endian::native == std::endian::little ? word : __builtin_bswap32(word);
}

// The last one to three bytes, which do not fill a word.
std::uint32_t mix_tail(std::uint32_t hash, std::string_view tail) {
    if (tail.empty()) return hash;
    for (std::size_t i = tail.size(); i-- > 0;) {
        hash ^= byte_at(tail, i) << (8 * i);
    }
    return hash * kMultiplier;
}

}  // namespace

std::uint32_t murmur2(std::string_view bytes) {
    auto hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word = word_at(bytes, at);
        word *= kMultiplier;
        word ^= word >> kShift;
        word *= kMultiplier;
        hash *= kMultiplier;
        hash ^= word;
    }
    hash = mix_tail(hash, bytes.substr(at));
    hash ^= hash >> 13;
    hash *= kMultiplier;
    hash ^= hash >> 15;
    return hash;
}

}  // namespace penstock
