// The options of START_REPLICATION and of the SQL functions: one table, from which parsing, errors
// and the list in the Session frame are made.
//
// Options are input of whoever holds REPLICATION: strict, bounded, no files, no libraries, no SQL.
// An unknown, repeated or bad option is an ERROR that names it. None is mandatory, because slot
// creation passes none.
#pragma once

#include "frames.hpp"
#include "name_pattern.hpp"
#include "pg.hpp"

namespace penstock {

inline constexpr char kPluginVersion[] = "1.0.0";
// The versions of the wire this build can write.
inline constexpr int kProtocolMin = 1;
inline constexpr int kProtocolMax = 1;

enum class OriginFilter : uint8 { kAny, kNone };
enum class OutputFormat : uint8 { kProto, kJson };

inline constexpr int kOptionCount = 13;

struct Options {
    List* publications;  // Of char*, server encoding; NIL selects by the other options.
    NamePatterns tables;
    NamePatterns exclude_tables;
    NamePatterns skip_columns;
    bool messages;
    bool skip_unchanged_before;
    OriginFilter origin;
    OutputFormat format;
    int batch_bytes;
    int max_value_bytes;
    int max_row_bytes;
    int protocol_min;
    int protocol_max;
    int protocol_version;  // Agreed.
    OptionInForce in_force[kOptionCount];

    // No option narrows the selection: every publishable table.
    bool selects_everything() const { return publications == NIL && tables.empty(); }
};
static_assert(std::is_trivially_destructible_v<Options>);

// Reads the DefElems of the command. Allocates in CurrentMemoryContext, which must live as long as
// the session. Raises an ERROR for a bad option or a protocol version that cannot be agreed.
void parse_options(List* given, Options& options);

}  // namespace penstock
