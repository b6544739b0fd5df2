#include "source/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace penstock {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
        tables[0][byte] = crc;
    }
    for (std::size_t step = 1; step < 8; ++step) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[step - 1][byte];
            tables[step][byte] = (before >> 8) ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t load_little_endian(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes) noexcept {
    std::uint32_t crc = 0xFFFFFFFFU;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        const std::uint64_t word = load_little_endian(at) ^ crc;
        crc = 0;
        for (std::size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFFU];
    }
    for (; left > 0; --left, ++at) {
        crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFFU];
    }
    return crc ^ 0xFFFFFFFFU;
}

std::uint32_t crc32c(std::string_view bytes) noexcept {
#if defined(__SSE4_2__) || defined(__ARM_FEATURE_CRC32)
    std::uint64_t crc = 0xFFFFFFFFU;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
#if defined(__SSE4_2__)
        crc = _mm_crc32_u64(crc, load_little_endian(at));
#else
        crc = __crc32cd(static_cast<std::uint32_t>(crc), load_little_endian(at));
#endif
    }
    auto tail = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) {
#if defined(__SSE4_2__)
        tail = _mm_crc32_u8(tail, static_cast<unsigned char>(*at));
#else
        tail = __crc32cb(tail, static_cast<unsigned char>(*at));
#endif
    }
    return tail ^ 0xFFFFFFFFU;
#else
    return crc32c_by_table(bytes);
#endif
}

}  // namespace penstock
