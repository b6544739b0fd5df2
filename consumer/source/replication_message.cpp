#include "source/replication_message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock {
namespace {

constexpr std::size_t kXLogDataHeaderBytes = 1 + 8 + 8 + 8;
constexpr std::size_t kKeepaliveBytes = 1 + 8 + 8 + 1;
constexpr std::chrono::microseconds kPostgresEpoch{946'684'800'000'000};  // 2000-01-01 UTC.

std::uint64_t get_uint64(std::string_view bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

void put_uint64(StatusUpdate& out, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) {
        out[at + i] = static_cast<char>(static_cast<unsigned char>(value >> (56 - 8 * i)));
    }
}

Failure invalid(std::string_view kind, std::size_t size) {
    return fail(
        ErrorName::kFrameInvalid,
        "could not read a replication message: " + std::string(kind) + " has the wrong length",
        "It has " + std::to_string(size) + " bytes.");
}

}  // namespace

Result<ReplicationMessage> parse_replication_message(std::string_view bytes) {
    if (bytes.empty()) return invalid("an empty message", 0);
    switch (bytes.front()) {
        case 'w':
            if (bytes.size() < kXLogDataHeaderBytes) return invalid("XLogData", bytes.size());
            return XLogData{Lsn{get_uint64(bytes, 1)}, Lsn{get_uint64(bytes, 9)},
                            bytes.substr(kXLogDataHeaderBytes)};
        case 'k':
            if (bytes.size() != kKeepaliveBytes) return invalid("a keepalive", bytes.size());
            return PrimaryKeepalive{Lsn{get_uint64(bytes, 1)}, bytes[17] != 0};
        default:
            return fail(ErrorName::kFrameInvalid,
                        "could not read a replication message: its kind is not known",
                        "Its first byte is " +
                            std::to_string(static_cast<unsigned char>(bytes.front())) + ".");
    }
}

StatusUpdate make_status_update(Lsn confirmed, WallTime now, bool reply_requested) {
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::microseconds>(now) - kPostgresEpoch;
    StatusUpdate out{};
    out[0] = 'r';
    put_uint64(out, 1, confirmed.value);
    put_uint64(out, 9, confirmed.value);
    put_uint64(out, 17, confirmed.value);
    put_uint64(out, 25, static_cast<std::uint64_t>(since_epoch.count()));
    out[33] = reply_requested ? 1 : 0;
    return out;
}

}  // namespace penstock
