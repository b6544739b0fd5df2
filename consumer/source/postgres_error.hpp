// From what the PostgreSQL server (or libpq) says to one row of our error table, by SQLSTATE and by
// what was being done. Texts are never matched, because the server may speak any language; only
// names of settings are, which no translation touches. Pure: no libpq here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/error.hpp"

namespace penstock {

struct ServerMessage {
    std::string sqlstate;  // Empty when the failure never reached a server.
    std::string primary;
    std::string detail;
    std::string hint;
};

enum class Doing : std::uint8_t {
    kConnecting,
    kQuerying,
    kStartingReplication,
    kCreatingSlot,
    kDroppingSlot,
    kStreaming,
    kReadingTable,
};

// Whom the failure concerns, for the message and the remedy.
struct PostgresContext {
    Doing doing = Doing::kQuerying;
    std::string_view slot;
    std::string_view plugin;
    std::string_view role;
    std::string_view table = {};  // As it stands in SQL.
};

Error postgres_error(const ServerMessage& message, const PostgresContext& context);

// Takes apart the text of a failed connection attempt. With verbose errors libpq writes the
// SQLSTATE into it ("FATAL:  28P01: ..."), which has no accessor of its own at that stage.
ServerMessage parse_connection_failure(std::string_view text);

// The remedy for a server that refuses our library: the exact statements for this role.
std::string allow_plugin_remedy(std::string_view role, std::string_view plugin);

// Without control bytes, cut at a length that fits a line: server text is hostile input.
std::string printable(std::string_view text);

// `name` as it stands in SQL: quoted, quotes doubled.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

}  // namespace penstock
