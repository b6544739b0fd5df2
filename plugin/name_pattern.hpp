// Glob patterns over qualified names: `schema.name` for tables, `schema.name.column` for columns.
//
// A list is separated by commas, blanks around them do not count. `*` stands for any run of
// characters, `?` for one; a backslash takes the next character as it is, so that names with dots,
// commas or stars can be written. Case matters and the whole name must match. Patterns are matched
// when a relation entry is built, never per row. Knows nothing of catalogs.
#pragma once

#include "pg.hpp"

#include <string_view>
#include <type_traits>

namespace penstock {

inline constexpr int kPatternPartsMax = 3;

struct NamePattern {
    std::string_view parts[kPatternPartsMax];  // Escapes still in them.
};

struct NamePatterns {
    const NamePattern* items;
    int count;
    int parts;

    bool empty() const { return count == 0; }
};
static_assert(std::is_trivially_destructible_v<NamePatterns>);

// Splits `text`, which must outlive the result, into patterns of `parts` parts each. Returns null,
// or what is wrong with the text in the words of an error detail. Allocates in
// CurrentMemoryContext.
const char* parse_name_patterns(const char* text, int parts, NamePatterns& patterns);

// Whether one of the patterns matches; `names` has as many items as the patterns have parts.
bool any_pattern_matches(const NamePatterns& patterns, const std::string_view* names);

}  // namespace penstock
