// Bytes and strings as text: JSON string bodies, base64, hexadecimal, UUIDs. Knows no types and no
// formats; takes any bytes, but only UTF-8 as a string.
// Every function makes its own room in the writer unless it says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encode/byte_writer.hpp"

namespace penstock {

// The body of a JSON string (no quotes) of UTF-8 `text`, in the form of Jackson's UTF-8 generator:
// \b \t \n \f \r \" \\ by name, other control characters and characters beyond the BMP as upper
// case \uXXXX, all else as it is.
void put_json_escaped(ByteWriter& out, std::string_view text);

// `text` as a JSON string, quotes included.
void put_json_string(ByteWriter& out, std::string_view text);

// The same as a text of its own; for plans, not for rows.
std::string json_quoted(std::string_view text);

enum class Base64Alphabet : std::uint8_t { kStandard, kUrlSafe };

inline constexpr std::size_t base64_size(std::size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

// Padded base64 (RFC 4648, sections 4 and 5); makes its own room.
void put_base64(ByteWriter& out, std::string_view bytes,
                Base64Alphabet alphabet = Base64Alphabet::kStandard);

// Lower case hexadecimal; makes its own room.
void put_hex(ByteWriter& out, std::string_view bytes);

inline constexpr std::size_t kUuidTextSize = 36;

// The 36 characters of the UUID whose 16 bytes lie at `bytes`; returns one past the last.
char* put_uuid(char* out, const char* bytes);

}  // namespace penstock
