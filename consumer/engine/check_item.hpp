// One line of what `penstock check` prints: what was looked at, the verdict, and the very statement
// that mends it. Plain; every room that can look at something outside makes them. What failed is
// what `run` refuses for, with the same error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/error.hpp"

namespace penstock {

struct CheckItem {
    enum class Verdict : std::uint8_t {
        kOk,
        kWarning,  // Works, or could not be found out; `run` goes on.
        kFailed,   // `run` refuses.
    };

    std::string item;  // "replication"
    Verdict verdict = Verdict::kOk;
    std::string detail;  // What was found, lower case, no full stop.
    std::string remedy;  // A statement or a command line, as it has to be typed; may be empty.
    // Of kFailed: what `run` ends with; of class retry, it waits instead.
    std::optional<ErrorName> error = std::nullopt;
};

}  // namespace penstock
