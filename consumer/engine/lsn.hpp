// Positions and transaction ids as PostgreSQL knows them, each a type of its own so that an LSN can
// never stand where an xid or a byte count is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// A position in the write-ahead log, in bytes. 0 is "none" (InvalidXLogRecPtr).
struct Lsn {
    std::uint64_t value = 0;
    constexpr auto operator<=>(const Lsn&) const = default;
    constexpr explicit operator bool() const { return value != 0; }
};

// A 32-bit transaction id as it stands in the WAL.
struct Xid {
    std::uint32_t value = 0;
    constexpr auto operator<=>(const Xid&) const = default;
};

// "16/B374D848", as the server prints it.
std::string to_string(Lsn lsn);

// Reads what to_string writes; nothing when `text` is not exactly such a position.
std::optional<Lsn> parse_lsn(std::string_view text);

}  // namespace penstock
