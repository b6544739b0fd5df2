#include "source/postgres_error.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace penstock {
namespace {

constexpr unsigned bit(Doing doing) {
    return 1U << static_cast<unsigned>(doing);
}
constexpr unsigned kAny = ~0U;
constexpr unsigned kSlotWork =
    bit(Doing::kStartingReplication) | bit(Doing::kCreatingSlot) | bit(Doing::kDroppingSlot);
constexpr unsigned kPluginWork = bit(Doing::kStartingReplication) | bit(Doing::kCreatingSlot);

struct Rule {
    std::string_view sqlstate;  // Or its first characters.
    unsigned doing;
    std::string_view mentions;  // A setting's name in message or hint; empty is any.
    ErrorName name;
};

// The first that fits wins. SQLSTATEs: PostgreSQL manual, appendix A.
constexpr Rule kRules[] = {
    {"42501", kPluginWork, "output_plugin_libraries", ErrorName::kPluginNotAllowed},
    {"42501", kPluginWork | bit(Doing::kConnecting), "", ErrorName::kRoleNotReplication},
    {"55006", kAny, "", ErrorName::kSlotActive},
    // Somebody made the slot since we looked: looking again tells who.
    {"42710", bit(Doing::kCreatingSlot), "", ErrorName::kSlotActive},
    {"42704", kSlotWork, "", ErrorName::kSlotMissing},
    {"55000", kAny, "wal_level", ErrorName::kWalLevel},
    {"55000", bit(Doing::kStartingReplication) | bit(Doing::kStreaming), "", ErrorName::kSlotLost},
    {"53300", kAny, "", ErrorName::kNoFreeSender},
    {"53400", kAny, "", ErrorName::kNoFreeSlot},
    {"58P01", kPluginWork, "", ErrorName::kPluginMissing},
    {"0A000", kPluginWork, "protocol_", ErrorName::kProtocolVersion},
    {"22", bit(Doing::kStartingReplication), "", ErrorName::kPluginOption},
    {"42601", bit(Doing::kStartingReplication), "", ErrorName::kPluginOption},
    {"42501", bit(Doing::kReadingTable), "", ErrorName::kSnapshotPrivilege},
    {"53200", bit(Doing::kReadingTable), "max_locks_per_transaction", ErrorName::kLockTableFull},
    {"55P03", bit(Doing::kReadingTable), "", ErrorName::kTableLocked},
    // Gone since the list of tables was made, or locked away by a definition in progress.
    {"42P01", bit(Doing::kReadingTable), "", ErrorName::kSnapshotTableChanged},
    {"28", kAny, "", ErrorName::kPostgresAuthentication},
    {"3D000", kAny, "", ErrorName::kPostgresAuthentication},
    {"57P03", kAny, "", ErrorName::kServerShuttingDown},
    // What a retry may cure: lost and ended connections, resources that ran out, I/O.
    {"08", bit(Doing::kConnecting), "", ErrorName::kPostgresUnreachable},
    {"08", kAny, "", ErrorName::kPostgresConnectionLost},
    {"40", kAny, "", ErrorName::kPostgresConnectionLost},
    {"53", kAny, "", ErrorName::kPostgresConnectionLost},
    {"57", kAny, "", ErrorName::kPostgresConnectionLost},
    {"58030", kAny, "", ErrorName::kPostgresConnectionLost},
};

bool mentioned(const ServerMessage& message, std::string_view word) {
    return message.primary.find(word) != std::string::npos ||
           message.hint.find(word) != std::string::npos ||
           message.detail.find(word) != std::string::npos;
}

ErrorName name_of(const ServerMessage& message, Doing doing) {
    if (message.sqlstate.empty()) {
        return doing == Doing::kConnecting ? ErrorName::kPostgresUnreachable
                                           : ErrorName::kPostgresConnectionLost;
    }
    for (const Rule& rule : kRules) {
        if (message.sqlstate.starts_with(rule.sqlstate) && (rule.doing & bit(doing)) != 0 &&
            (rule.mentions.empty() || mentioned(message, rule.mentions))) {
            return rule.name;
        }
    }
    return ErrorName::kPostgresQueryFailed;
}

std::string quoted(std::string_view name) {
    return "\"" + printable(name) + "\"";
}

std::string opening(const PostgresContext& context) {
    switch (context.doing) {
        case Doing::kConnecting:
            return "could not connect to PostgreSQL";
        case Doing::kQuerying:
            return "could not query PostgreSQL";
        case Doing::kStartingReplication:
            return "could not start replication on slot " + quoted(context.slot);
        case Doing::kCreatingSlot:
            return "could not create slot " + quoted(context.slot);
        case Doing::kDroppingSlot:
            return "could not drop slot " + quoted(context.slot);
        case Doing::kStreaming:
            return "could not read the stream of slot " + quoted(context.slot);
        case Doing::kReadingTable:
            return context.table.empty() ? "could not take a snapshot"
                                         : "could not read table " + printable(context.table);
    }
    return "could not use PostgreSQL";
}

std::string sentence(std::string text) {
    if (text.empty()) return text;
    if (text.back() != '.') text += '.';
    return text;
}

std::string remedy_for(ErrorName name, const PostgresContext& context) {
    const std::string role = quote_identifier(context.role);
    switch (name) {
        case ErrorName::kPluginNotAllowed:
            return allow_plugin_remedy(context.role, context.plugin);
        case ErrorName::kRoleNotReplication:
            return context.role.empty()
                       ? std::string()
                       : "Run as a superuser: ALTER ROLE " + role + " REPLICATION;";
        case ErrorName::kSnapshotPrivilege:
            return context.table.empty() || context.role.empty()
                       ? std::string()
                       : "Run as the table's owner: GRANT SELECT ON " + std::string(context.table) +
                             " TO " + role + ";";
        default:
            return {};
    }
}

bool is_sqlstate(std::string_view text) {
    return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

// "... FATAL:  28P01: text": where a severity is followed by two blanks and a SQLSTATE.
std::size_t find_sqlstate(std::string_view text) {
    for (std::size_t at = text.find(":  "); at != std::string_view::npos;
         at = text.find(":  ", at + 1)) {
        const std::string_view rest = text.substr(at + 3);
        if (rest.size() > 7 && rest[5] == ':' && is_sqlstate(rest.substr(0, 5))) return at + 3;
    }
    return std::string_view::npos;
}

}  // namespace

Error postgres_error(const ServerMessage& message, const PostgresContext& context) {
    Error error;
    error.name = name_of(message, context.doing);
    error.message = opening(context) + ": " + printable(message.primary);
    if (!message.sqlstate.empty()) {
        error.detail = "The server answered with SQLSTATE " + message.sqlstate + ".";
        if (!message.detail.empty()) error.detail += " " + sentence(printable(message.detail));
    }
    error.hint = remedy_for(error.name, context);
    if (error.hint.empty() && error.name == ErrorName::kPostgresQueryFailed) {
        error.hint = printable(message.hint);
    }
    return error;
}

ServerMessage parse_connection_failure(std::string_view text) {
    ServerMessage message;
    const std::size_t at = find_sqlstate(text);
    std::string_view primary = text;
    if (at != std::string_view::npos) {
        message.sqlstate = text.substr(at, 5);
        primary = text.substr(at + 7);
    }
    primary = primary.substr(0, primary.find('\n'));
    message.primary = primary;
    return message;
}

std::string allow_plugin_remedy(std::string_view role, std::string_view plugin) {
    const std::string library(plugin);
    std::string remedy;
    if (!role.empty()) {
        remedy = "Run as a superuser, for this role alone: ALTER ROLE " + quote_identifier(role) +
                 " SET output_plugin_libraries = " + library + "; or for every role: ";
    } else {
        remedy = "Run as a superuser: ";
    }
    return remedy + "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, " +
           library + "; SELECT pg_reload_conf(); without quotes around the list.";
}

std::string printable(std::string_view text) {
    constexpr std::size_t kBytesMax = 1000;
    std::string out(text.substr(0, kBytesMax));
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

namespace {

std::string quote_with(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote) out += quote;
        out += c;
    }
    return out + quote;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
    return quote_with(name, '"');
}

std::string quote_literal(std::string_view text) {
    return quote_with(text, '\'');
}

}  // namespace penstock
