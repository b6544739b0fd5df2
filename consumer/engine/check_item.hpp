// One line of `penstock check`: what was looked at, how it stands, and the statement that mends it.
// Made by source/postgres_preflight and sink/kafka_preflight, printed by cli/, and what makes `run`
// refuse: whatever failed there carries the error that `run` ends with.
#pragma once

#include <cstdint>
#include <string>

#include "engine/error.hpp"

namespace penstock {

enum class Verdict : std::uint8_t {
    kOk,
    kWarning,  // Works, but somebody should know.
    kFailed,   // Does not work, or not as promised.
};

struct CheckItem {
    std::string item;  // "wal_level", "brokers": few words, no full stop.
    Verdict verdict = Verdict::kOk;
    std::string detail;  // What was found: lower case, no full stop.
    std::string remedy;  // The very statement or setting, for this role and these tables.
    ErrorName error = ErrorName::kBug;  // What `run` would end with. Only of kFailed.
};

}  // namespace penstock
