#include "registry/registry_answer.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace penstock {
namespace {

using nlohmann::json;

// Of foreign text in an error, and of a schema in one.
constexpr std::size_t kMessageBytesMax = 500;
constexpr std::size_t kSchemaBytesMax = 32U << 10;
constexpr int kReadOnly = 42205;

std::string cut(std::string_view text, std::size_t longest) {
    std::string out;
    for (const char c : text.substr(0, longest)) {
        // A line of an error stays a line.
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    if (text.size() > longest) out += "...";
    return out;
}

json parsed(const HttpAnswer& answer) {
    return json::parse(answer.body, nullptr, false);
}

// Null when the answer is no object or has no such member.
const json* member(const json& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(name));
    return found == object.end() ? nullptr : &*found;
}

Failure senseless(const HttpAnswer& answer, std::string_view expected) {
    return fail(
        ErrorName::kRegistryAnswer,
        fmt::format("the schema registry's answer has no {}: {}", expected, answer_text(answer)));
}

}  // namespace

bool waiting_may_help(int status) {
    return status == 408 || status == 429 || status >= 500;
}

std::optional<int> error_code(const HttpAnswer& answer) {
    const json body = parsed(answer);
    const json* const code = member(body, "error_code");
    if (code == nullptr || !code->is_number_integer()) return std::nullopt;
    return code->get<int>();
}

bool says_absent(const HttpAnswer& answer) {
    return answer.status == 404 && error_code(answer).value_or(0) / 100 == 404;
}

std::string answer_text(const HttpAnswer& answer) {
    const json body = parsed(answer);
    std::string text = fmt::format("status {}", answer.status);
    if (const auto code = error_code(answer)) text += fmt::format(", error {}", *code);
    const json* const message = member(body, "message");
    if (message != nullptr && message->is_string()) {
        text += ": " + cut(message->get_ref<const std::string&>(), kMessageBytesMax);
    }
    return text;
}

Result<std::uint32_t> schema_id(const HttpAnswer& answer) {
    const json body = parsed(answer);
    const json* const id = member(body, "id");
    // Ids are Java's int; the frame of a record holds four bytes.
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
    if (id == nullptr || !id->is_number_unsigned() || id->get<std::uint64_t>() > kMax) {
        return senseless(answer, "schema id");
    }
    return id->get<std::uint32_t>();
}

Result<Compatibility> compatibility_of(const HttpAnswer& answer) {
    const json body = parsed(answer);
    const json* const compatible = member(body, "is_compatible");
    if (compatible == nullptr || !compatible->is_boolean()) return senseless(answer, "verdict");
    Compatibility found{compatible->get<bool>(), {}};
    const auto add = [&found](const json& message) {
        if (!message.is_string()) return;
        found.messages.push_back(cut(message.get_ref<const std::string&>(), kMessageBytesMax));
    };
    const json* const messages = member(body, "messages");
    if (messages != nullptr && messages->is_array()) {
        for (const json& message : *messages) add(message);
    }
    // Apicurio's name for it.
    if (const json* const reason = member(body, "reason")) add(*reason);
    return found;
}

Result<RegisteredSchema> registered_schema(const HttpAnswer& answer) {
    const json body = parsed(answer);
    const json* const version = member(body, "version");
    const json* const schema = member(body, "schema");
    if (version == nullptr || !version->is_number_integer() || schema == nullptr ||
        !schema->is_string()) {
        return senseless(answer, "schema");
    }
    return RegisteredSchema{version->get<int>(), schema->get<std::string>()};
}

Result<std::string> text_member(const HttpAnswer& answer, std::string_view name) {
    const json body = parsed(answer);
    const json* const value = member(body, name);
    if (value == nullptr || !value->is_string()) return senseless(answer, name);
    return value->get<std::string>();
}

std::string schema_body(const SchemaText& schema) {
    json body{{"schema", schema.text}};
    // Registries from before Protobuf do not know the member; AVRO is what they mean without it.
    if (schema.type != "AVRO") body["schemaType"] = schema.type;
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Error refusal_of(const HttpAnswer& answer, std::string_view what) {
    ErrorName name = ErrorName::kRegistryAnswer;
    if (answer.status == 401 || answer.status == 403) name = ErrorName::kRegistryAuthorization;
    if (answer.status == 422) {
        name = error_code(answer) == kReadOnly ? ErrorName::kRegistryReadOnly
                                               : ErrorName::kSchemaInvalid;
    }
    return {name, fmt::format("could not {}: {}", what, answer_text(answer)), {}, {}};
}

Error incompatible(const SchemaText& writer, const std::optional<RegisteredSchema>& reader,
                   const std::vector<std::string>& messages) {
    Error error;
    error.name = ErrorName::kSchemaIncompatible;
    error.message = fmt::format(
        "the new schema of subject \"{}\" does not fit what its readers know", writer.subject);
    error.detail = "The writer's schema: " + cut(writer.text, kSchemaBytesMax) + ".";
    if (reader) {
        error.detail += fmt::format(" The reader's schema, version {}: {}.", reader->version,
                                    cut(reader->text, kSchemaBytesMax));
    }
    for (const std::string& message : messages) error.detail += " The registry says: " + message;
    error.hint = fmt::format(
        "Undo the change of the table, or accept it by name: set the compatibility level of the "
        "subject (PUT /config/{}), start penstock, and set it back.",
        writer.subject);
    return error;
}

}  // namespace penstock
