// The binary format of COPY TO STDOUT, as far as the snapshots' own statements need it: rows of two
// fields, of which the first may be a ctid. Pure; lengths are judged before every read. Source of
// the format: COPY, section "Binary Format", in the PostgreSQL manual; tidsend() in
// utils/adt/tid.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/error.hpp"

namespace penstock {

struct CopiedRow {
    std::uint64_t block = 0;
    std::string_view bytes;
};

struct CopiedPair {
    std::string_view first;
    std::string_view second;
};

class CopyParser {
public:
    // A new COPY begins: its first message starts with the header.
    void reset() { header_read_ = false; }

    // One CopyData message: a row that views it, or nothing where it holds the end alone. Errors:
    // frame_invalid.
    Result<std::optional<CopiedRow>> parse(std::string_view message);

    // The same with a first field of any kind.
    Result<std::optional<CopiedPair>> parse_pair(std::string_view message);

private:
    bool header_read_ = false;
};

}  // namespace penstock
