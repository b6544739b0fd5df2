// What an answer of the registry means: pure functions over status and body, after the Confluent
// Schema Registry's API reference (docs.confluent.io, Schema Registry API Reference). Internal to
// this room. Bodies come from outside: nothing in them is believed without a look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.hpp"
#include "engine/record_encoder.hpp"
#include "registry/http_transport.hpp"

namespace penstock {

// Whether the same question may get another answer later, or from another URL: 408, 429, 5xx.
bool waiting_may_help(int status);

// The code in the body: 40401 for a subject that is not there; nothing when there is none.
std::optional<int> error_code(const HttpAnswer& answer);

// 404 by the registry itself (40401 subject, 40402 version, 40403 schema), not by something that
// knows no such path.
bool says_absent(const HttpAnswer& answer);

// "status 422, error 42201: Invalid schema", for messages; what the registry wrote is cut where it
// gets long.
std::string answer_text(const HttpAnswer& answer);

// {"id": 7}. registry_answer when it is not that.
Result<std::uint32_t> schema_id(const HttpAnswer& answer);

struct Compatibility {
    bool compatible = true;
    std::vector<std::string> messages;  // Why not, in the registry's words.
};
// {"is_compatible": false, "messages": [...]}, or with one "reason". registry_answer when it is not
// that.
Result<Compatibility> compatibility_of(const HttpAnswer& answer);

// The newest version of a subject: {"version": 3, "id": 7, "schema": "..."}.
struct RegisteredSchema {
    int version = 0;
    std::string text;
};
Result<RegisteredSchema> registered_schema(const HttpAnswer& answer);

// The one text of an object such as {"mode": "READWRITE"}. registry_answer when it is not there.
Result<std::string> text_member(const HttpAnswer& answer, std::string_view name);

// The body that registers, looks up or tries a schema.
std::string schema_body(const SchemaText& schema);

// Why the registry refuses a question that it understood: authorization, read-only mode, a schema
// that is none, or an answer that makes no sense. `what` says what could not be done.
Error refusal_of(const HttpAnswer& answer, std::string_view what);

// schema_incompatible with both schemas; `reader` may be unknown.
Error incompatible(const SchemaText& writer, const std::optional<RegisteredSchema>& reader,
                   const std::vector<std::string>& messages);

}  // namespace penstock
