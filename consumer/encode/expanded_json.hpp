// A JSON text as a value with a Connect schema, for outbox payloads that are to be expanded: what
// Debezium's EventRouter does with table.expand.json.payload. The schema is inferred from the one
// text; only for tables that are outboxes and only when asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

struct ExpandedJson {
    std::string value;   // Without blanks, in the form of Connect's JsonConverter.
    std::string schema;  // The text of {"type":...}, without a closing brace, for a field's name.
};

// Nothing when `text` is no JSON object or array, is nested too deep, or has no one schema: an
// array that is empty at the top or whose elements differ in kind. Then the text stays a text.
std::optional<ExpandedJson> expand_json(std::string_view text);

}  // namespace penstock
