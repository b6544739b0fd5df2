// The messages inside CopyData of the streaming replication protocol: what the server sends
// (XLogData, primary keepalive) and what we answer (standby status update). Byte layouts are those
// of the PostgreSQL manual, "Streaming Replication Protocol". Pure; all integers are big-endian;
// times are microseconds since 2000-01-01.
//
//   XLogData   'w' | start 8 | end 8 | send time 8 | payload ...
//   keepalive  'k' | end of WAL 8 | send time 8 | reply requested 1
//   status     'r' | written 8 | flushed 8 | applied 8 | time 8 | reply requested 1
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "engine/clock.hpp"
#include "engine/error.hpp"
#include "engine/lsn.hpp"

namespace penstock {

// The header's positions are those of whoever prepared the write and may be 0; positions that
// matter are inside the payload.
struct XLogData {
    Lsn start;
    Lsn end;
    std::string_view payload;  // Views the parsed bytes.
};

struct PrimaryKeepalive {
    Lsn wal_end;
    bool reply_requested = false;
};

using ReplicationMessage = std::variant<XLogData, PrimaryKeepalive>;

// Reads one CopyData. kFrameInvalid when it is too short, too long or of another kind.
Result<ReplicationMessage> parse_replication_message(std::string_view bytes);

using StatusUpdate = std::array<char, 34>;

// `confirmed` stands as written, flushed and applied: what we hold in memory alone is nothing the
// server may count on.
StatusUpdate make_status_update(Lsn confirmed, WallTime now, bool reply_requested);

}  // namespace penstock
