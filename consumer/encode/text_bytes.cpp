#include "encode/text_bytes.hpp"

#include <array>
#include <bit>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penstock {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
// Room for a slice whose every byte needs six is asked for at once.
constexpr std::size_t kSlice = 4096;
constexpr std::size_t kBlock = 16;

unsigned char unsigned_of(char c) {
    return static_cast<unsigned char>(c);
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

// Writes what stands for a control character or one beyond the BMP; returns where the next begins.
const char* put_escape(char*& out, const char* at, const char* end) {
    const unsigned char byte = unsigned_of(*at);
    if (byte < 0x20) {
        out = put_control(out, *at);
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

// Copies a block; both sides have room for it.
void copy_block(char* out, const char* at) {
    std::memcpy(out, at, kBlock);
}

#if defined(__SSE2__)
// One bit, from the lowest, for each byte of the block that needs an escape.
unsigned escape_mask(const char* at) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    const __m128i beyond =
        _mm_cmpeq_epi8(_mm_max_epu8(block, _mm_set1_epi8(static_cast<char>(0xF0))), block);
    return static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(backslash, beyond))));
}
#else
unsigned escape_mask(const char* at) {
    unsigned mask = 0;
    for (unsigned i = 0; i < kBlock; ++i) {
        const unsigned char byte = unsigned_of(at[i]);
        const bool escape = byte < 0x20 || at[i] == '"' || at[i] == '\\' || byte >= 0xF0;
        mask |= (escape ? 1U : 0U) << i;
    }
    return mask;
}
#endif

// Writes the first `size` bytes (a block at most) at `at`, behind which two blocks can be read and
// a character may go on up to `text_end`. Returns how many bytes it took: `size`, or a few more
// when the last character reaches beyond.
std::size_t put_block(char*& to, const char* at, std::size_t size, const char* text_end) {
    char* out = to;
    unsigned mask = escape_mask(at) & ((1U << size) - 1U);
    std::size_t done = 0;
    while (mask != 0) {
        const auto next = static_cast<std::size_t>(std::countr_zero(mask));
        copy_block(out, at + done);
        out += next - done;
        const char c = at[next];
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = c;
            done = next + 1;
        } else {
            done = static_cast<std::size_t>(put_escape(out, at + next, text_end) - at);
        }
        mask = done < kBlock ? mask & (~0U << done) : 0;
    }
    if (done < size) {
        copy_block(out, at + done);
        out += size - done;
        done = size;
    }
    to = out;
    return done;
}

// The bytes of a text's end, fewer than two blocks, in front of bytes that can be read but never
// count.
struct TextEnd {
    char bytes[4 * kBlock];

    TextEnd(const char* at, std::size_t size) {
        if (size >= kBlock) {
            std::memcpy(bytes, at, kBlock);
            std::memcpy(bytes + size - kBlock, at + size - kBlock, kBlock);
        } else if (size >= 8) {
            std::memcpy(bytes, at, 8);
            std::memcpy(bytes + size - 8, at + size - 8, 8);
        } else {
            for (std::size_t i = 0; i < size; ++i) bytes[i] = at[i];
        }
    }
};

// The room for all of the text, every byte six times, and two blocks beyond is there.
void put_all(char*& out, const char* at, const char* end) {
    while (static_cast<std::size_t>(end - at) >= 2 * kBlock) at += put_block(out, at, kBlock, end);
    const auto left = static_cast<std::size_t>(end - at);
    if (left == 0) return;
    const TextEnd rest(at, left);
    std::size_t done = 0;
    while (done < left) {
        const std::size_t size = left - done < kBlock ? left - done : kBlock;
        done += put_block(out, rest.bytes + done, size, rest.bytes + left);
    }
}

// The greatest cut of at most `size` bytes that splits no character.
std::size_t whole_characters(const char* text, std::size_t size) {
    std::size_t cut = size;
    while (cut > 0 && (unsigned_of(text[cut]) & 0xC0U) == 0x80U) --cut;
    return cut == 0 ? size : cut;
}

constexpr std::size_t room_for(std::size_t size) {
    return size * 6 + 2 * kBlock;
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
    while (!text.empty()) {
        const std::size_t size =
            text.size() <= kSlice ? text.size() : whole_characters(text.data(), kSlice);
        out.ensure(room_for(size));
        char* to = out.at();
        put_all(to, text.data(), text.data() + size);
        out.advance(to);
        text.remove_prefix(size);
    }
}

void put_json_string(ByteWriter& out, std::string_view text) {
    if (text.size() > kSlice) {
        out.put('"');
        put_json_escaped(out, text);
        out.put('"');
        return;
    }
    out.ensure(room_for(text.size()) + 2);
    char* to = out.at();
    *to++ = '"';
    put_all(to, text.data(), text.data() + text.size());
    *to++ = '"';
    out.advance(to);
}

std::string json_quoted(std::string_view text) {
    RecordBuffer buffer;
    ByteWriter writer(buffer);
    put_json_string(writer, text);
    writer.finish();
    return std::string(buffer.bytes());
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

#if defined(__SSSE3__)
char* put_uuid(char* out, const char* bytes) {
    const __m128i digits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kLowerHex.data()));
    const __m128i nibble = _mm_set1_epi8(0x0F);
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    const __m128i high = _mm_shuffle_epi8(digits, _mm_and_si128(_mm_srli_epi16(block, 4), nibble));
    const __m128i low = _mm_shuffle_epi8(digits, _mm_and_si128(block, nibble));
    char hex[32];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(hex), _mm_unpacklo_epi8(high, low));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(hex + kBlock), _mm_unpackhi_epi8(high, low));
    std::memcpy(out, hex, 8);
    std::memcpy(out + 9, hex + 8, 4);
    std::memcpy(out + 14, hex + 12, 4);
    std::memcpy(out + 19, hex + 16, 4);
    std::memcpy(out + 24, hex + 20, 12);
    out[8] = out[13] = out[18] = out[23] = '-';
    return out + kUuidTextSize;
}
#else
char* put_uuid(char* out, const char* bytes) {
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        out = put_hex_pair(out, bytes[i]);
    }
    return out;
}
#endif

}  // namespace penstock
