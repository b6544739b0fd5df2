#include "encode/text_bytes.hpp"

#include <array>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penstock {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
// Room for a slice whose every byte needs six is asked for at once.
constexpr std::size_t kSlice = 4096;
constexpr std::size_t kEscapeMax = 12;
constexpr std::size_t kBlock = 16;

unsigned char unsigned_of(char c) {
    return static_cast<unsigned char>(c);
}

bool needs_escape(char c) {
    const unsigned char byte = unsigned_of(c);
    return byte < 0x20 || c == '"' || c == '\\' || byte >= 0xF0;
}

char* put_code_unit(char* out, std::uint32_t unit) {
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *out++ = kUpperHex[(unit >> shift) & 15U];
    return out;
}

char* put_control(char* out, char c) {
    constexpr std::string_view kNamed = "btn fr";  // From \b (8) on; 11 has no name.
    const unsigned char byte = unsigned_of(c);
    if (byte < 8 || byte > 13 || byte == 11) return put_code_unit(out, byte);
    *out++ = '\\';
    *out++ = kNamed[byte - 8U];
    return out;
}

// Writes what stands for the character at `at`; returns where the next one begins.
const char* put_escape(char*& out, const char* at, const char* end) {
    const unsigned char byte = unsigned_of(*at);
    if (byte < 0x20) {
        out = put_control(out, *at);
        return at + 1;
    }
    if (byte < 0xF0) {
        *out++ = '\\';
        *out++ = *at;
        return at + 1;
    }
    if (end - at < 4) {
        *out++ = *at;
        return at + 1;
    }
    const std::uint32_t code = (byte & 7U) << 18 | (unsigned_of(at[1]) & 0x3FU) << 12 |
                               (unsigned_of(at[2]) & 0x3FU) << 6 | (unsigned_of(at[3]) & 0x3FU);
    const std::uint32_t above = code - 0x10000U;
    out = put_code_unit(out, 0xD800U + (above >> 10));
    out = put_code_unit(out, 0xDC00U + (above & 0x3FFU));
    return at + 4;
}

#if defined(__SSE2__)
// Copies 16 bytes and says how many of them, from the front, need no escape.
std::size_t copy_block(char* out, const char* at) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    const __m128i beyond =
        _mm_cmpeq_epi8(_mm_max_epu8(block, _mm_set1_epi8(static_cast<char>(0xF0))), block);
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(backslash, beyond))));
    return mask == 0 ? kBlock : static_cast<std::size_t>(std::countr_zero(mask));
}
#else
std::size_t copy_block(char* out, const char* at) {
    for (std::size_t i = 0; i < kBlock; ++i) {
        if (needs_escape(at[i])) return i;
        out[i] = at[i];
    }
    return kBlock;
}
#endif

// Room for kEscapeMax a byte of the slice, and a block beyond, is there. A character may reach past
// `end` up to `text_end`; returns where the next slice begins.
const char* put_slice(char*& out, const char* at, const char* end, const char* text_end) {
    while (static_cast<std::size_t>(text_end - at) >= kBlock && at < end) {
        const std::size_t clean = copy_block(out, at);
        out += clean;
        at += clean;
        if (clean != kBlock) at = put_escape(out, at, text_end);
    }
    while (at < end) {
        if (needs_escape(*at)) {
            at = put_escape(out, at, text_end);
        } else {
            *out++ = *at++;
        }
    }
    return at;
}

template <class Alphabet>
char* put_base64_groups(char* out, std::string_view bytes, const Alphabet& alphabet) {
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        const std::uint32_t group = static_cast<std::uint32_t>(unsigned_of(bytes[at])) << 16 |
                                    static_cast<std::uint32_t>(unsigned_of(bytes[at + 1])) << 8 |
                                    unsigned_of(bytes[at + 2]);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[(group >> 12) & 63U];
        *out++ = alphabet[(group >> 6) & 63U];
        *out++ = alphabet[group & 63U];
    }
    const std::size_t rest = bytes.size() - at;
    if (rest == 0) return out;
    std::uint32_t group = static_cast<std::uint32_t>(unsigned_of(bytes[at])) << 16;
    if (rest == 2) group |= static_cast<std::uint32_t>(unsigned_of(bytes[at + 1])) << 8;
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[(group >> 12) & 63U];
    *out++ = rest == 2 ? alphabet[(group >> 6) & 63U] : '=';
    *out++ = '=';
    return out;
}

constexpr auto kHexPairs = [] {
    std::array<char, 512> pairs{};
    for (std::size_t i = 0; i < 256; ++i) {
        pairs[2 * i] = kLowerHex[i >> 4];
        pairs[2 * i + 1] = kLowerHex[i & 15U];
    }
    return pairs;
}();

char* put_hex_pair(char* out, char byte) {
    std::memcpy(out, &kHexPairs[2U * unsigned_of(byte)], 2);
    return out + 2;
}

}  // namespace

void put_json_escaped(ByteWriter& out, std::string_view text) {
    const char* at = text.data();
    const char* const text_end = at + text.size();
    while (at < text_end) {
        const auto left = static_cast<std::size_t>(text_end - at);
        const std::size_t slice = left < kSlice ? left : kSlice;
        out.ensure(slice * 6 + kBlock + kEscapeMax);
        char* to = out.at();
        at = put_slice(to, at, at + slice, text_end);
        out.advance(to);
    }
}

void put_json_string(ByteWriter& out, std::string_view text) {
    out.put('"');
    put_json_escaped(out, text);
    out.put('"');
}

void put_base64(ByteWriter& out, std::string_view bytes, Base64Alphabet alphabet) {
    constexpr std::string_view kStandard =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::string_view kUrlSafe =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    out.ensure(base64_size(bytes.size()));
    const bool standard = alphabet == Base64Alphabet::kStandard;
    out.advance(put_base64_groups(out.at(), bytes, standard ? kStandard : kUrlSafe));
}

void put_hex(ByteWriter& out, std::string_view bytes) {
    out.ensure(bytes.size() * 2);
    char* to = out.at();
    for (const char byte : bytes) to = put_hex_pair(to, byte);
    out.advance(to);
}

char* put_uuid(char* out, const char* bytes) {
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        out = put_hex_pair(out, bytes[i]);
    }
    return out;
}

}  // namespace penstock
