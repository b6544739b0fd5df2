#include "registry/registry_client.hpp"

#include <fmt/format.h>

#include <utility>

#include "registry/registry_url.hpp"

namespace penstock {
namespace {

constexpr char kContentType[] = "application/vnd.schemaregistry.v1+json";
// Some answer with the general type only.
constexpr char kAccept[] = "application/vnd.schemaregistry.v1+json, application/json";

std::string subject_path(const std::string& subject) {
    return "/subjects/" + percent_encoded(subject);
}

}  // namespace

RegistryClient::RegistryClient(RegistrySettings settings, HttpTransport& transport, Now now)
    : settings_(std::move(settings)),
      transport_(transport),
      now_(std::move(now)),
      oauth_(settings_, transport) {}

Result<std::uint32_t> RegistryClient::id_of(const SchemaText& schema) {
    // First whether it is there: then nothing has to be allowed or to fit, as at each start.
    const auto known = look_up(schema);
    if (!known) return Failure(known.error());
    if (*known) return **known;
    if (!settings_.auto_register) {
        return fail(ErrorName::kSchemaUnregistered,
                    fmt::format("the schema of subject \"{}\" is not registered", schema.subject),
                    "The schema: " + schema.text + ".");
    }
    if (settings_.check_compatibility) {
        if (auto fits = try_out(schema); !fits) return Failure(fits.error());
    }
    return register_schema(schema);
}

Status RegistryClient::probe() {
    const auto answer = ask({HttpRequest::Method::kGet, "/config", {}});
    if (!answer) return Failure(answer.error());
    // 403: somebody who may only write its own subjects is known all the same.
    if (answer->status == 200 || answer->status == 403) return {};
    return Failure(refusal_of(*answer, "read /config of the schema registry"));
}

Result<std::optional<std::string>> RegistryClient::mode() {
    return setting("/mode", "mode");
}

Result<std::optional<std::string>> RegistryClient::compatibility_level() {
    return setting("/config", "compatibilityLevel");
}

Result<std::optional<std::string>> RegistryClient::setting(const char* path, const char* member) {
    const auto answer = ask({HttpRequest::Method::kGet, path, {}});
    if (!answer) return Failure(answer.error());
    if (answer->status == 404) return std::nullopt;
    if (answer->status != 200) {
        return Failure(refusal_of(*answer, fmt::format("read {} of the schema registry", path)));
    }
    auto text = text_member(*answer, member);
    if (!text) return Failure(text.error());
    return std::optional(std::move(*text));
}

// ---- the steps of id_of ----------------------------------------------------------------------

RegistryClient::Question RegistryClient::about(const SchemaText& schema,
                                               const std::string& path) const {
    std::string complete = path;
    if (settings_.normalize) {
        complete += complete.find('?') == std::string::npos ? "?normalize=true" : "&normalize=true";
    }
    return {HttpRequest::Method::kPost, std::move(complete), schema_body(schema)};
}

Result<std::optional<std::uint32_t>> RegistryClient::look_up(const SchemaText& schema) {
    const auto answer = ask(about(schema, subject_path(schema.subject)));
    if (!answer) return Failure(answer.error());
    if (says_absent(*answer)) return std::nullopt;
    if (answer->status != 200) {
        return Failure(refusal_of(
            *answer, fmt::format("look up the schema of subject \"{}\"", schema.subject)));
    }
    const auto id = schema_id(*answer);
    if (!id) return Failure(id.error());
    return std::optional(*id);
}

Status RegistryClient::try_out(const SchemaText& schema) {
    const auto answer = ask(about(
        schema, "/compatibility" + subject_path(schema.subject) + "/versions/latest?verbose=true"));
    if (!answer) return Failure(answer.error());
    if (says_absent(*answer)) return {};  // A first version fits always.
    if (answer->status == 409) return Failure(refuse_incompatible(schema, {}));
    if (answer->status != 200) {
        return Failure(
            refusal_of(*answer, fmt::format("try the schema of subject \"{}\"", schema.subject)));
    }
    const auto verdict = compatibility_of(*answer);
    if (!verdict) return Failure(verdict.error());
    if (verdict->compatible) return {};
    return Failure(refuse_incompatible(schema, verdict->messages));
}

Result<std::uint32_t> RegistryClient::register_schema(const SchemaText& schema) {
    const auto answer = ask(about(schema, subject_path(schema.subject) + "/versions"));
    if (!answer) return Failure(answer.error());
    if (answer->status == 409) {
        return Failure(refuse_incompatible(schema, {answer_text(*answer)}));
    }
    if (answer->status != 200) {
        return Failure(refusal_of(
            *answer, fmt::format("register the schema of subject \"{}\"", schema.subject)));
    }
    return schema_id(*answer);
}

Result<std::optional<RegisteredSchema>> RegistryClient::newest(const std::string& subject) {
    const auto answer =
        ask({HttpRequest::Method::kGet, subject_path(subject) + "/versions/latest", {}});
    if (!answer) return Failure(answer.error());
    if (answer->status != 200) return std::nullopt;
    auto schema = registered_schema(*answer);
    if (!schema) return Failure(schema.error());
    return std::optional(std::move(*schema));
}

// The verdict stands; a registry that no longer tells its schema only makes the detail shorter.
Error RegistryClient::refuse_incompatible(const SchemaText& schema,
                                          const std::vector<std::string>& messages) {
    const auto reader = newest(schema.subject);
    return incompatible(schema, reader ? *reader : std::nullopt, messages);
}

// ---- asking ----------------------------------------------------------------------------------

Result<HttpAnswer> RegistryClient::ask(const Question& question) {
    std::string reasons;
    for (std::size_t tried = 0; tried < settings_.urls.size(); ++tried) {
        const std::string& base = settings_.urls[current_];
        auto answer = ask_one(base, question);
        if (answer || answer.error().error_class() != ErrorClass::kRetry) return answer;
        if (!reasons.empty()) reasons += "; ";
        reasons += answer.error().message;
        current_ = (current_ + 1) % settings_.urls.size();
    }
    return fail(ErrorName::kRegistryUnreachable, std::move(reasons));
}

Result<HttpAnswer> RegistryClient::ask_one(const std::string& base, const Question& question) {
    HttpRequest request = request_of(base, question);
    if (auto added = add_credentials(request); !added) return Failure(added.error());
    HttpResult answer = transport_.perform(request);
    if (answer && answer->status == 401 && settings_.auth == RegistryAuth::kOauth) {
        // Tokens may be revoked before they expire: one new one, then it is a refusal.
        oauth_.forget();
        if (auto added = add_credentials(request); !added) return Failure(added.error());
        answer = transport_.perform(request);
    }
    if (!answer) {
        return fail(ErrorName::kRegistryUnreachable,
                    fmt::format("\"{}\" does not answer: {}", base, answer.error().reason));
    }
    if (waiting_may_help(answer->status)) {
        return fail(ErrorName::kRegistryUnreachable,
                    fmt::format("\"{}\" cannot answer now: {}", base, answer_text(*answer)));
    }
    return std::move(*answer);
}

HttpRequest RegistryClient::request_of(const std::string& base, const Question& question) const {
    HttpRequest request;
    request.method = question.method;
    request.url = joined_url(base, question.path);
    request.body = question.body;
    request.headers.emplace_back("Accept", kAccept);
    if (question.method == HttpRequest::Method::kPost) {
        request.headers.emplace_back("Content-Type", kContentType);
    }
    if (!settings_.oauth_logical_cluster.empty()) {
        request.headers.emplace_back("target-sr-cluster", settings_.oauth_logical_cluster);
    }
    if (!settings_.oauth_identity_pool.empty()) {
        request.headers.emplace_back("Confluent-Identity-Pool-Id", settings_.oauth_identity_pool);
    }
    return request;
}

Status RegistryClient::add_credentials(HttpRequest& request) {
    using Kind = HttpCredentials::Kind;
    switch (settings_.auth) {
        case RegistryAuth::kNone:
            break;
        case RegistryAuth::kBasic:
            request.credentials = {Kind::kBasic, settings_.username, settings_.password};
            break;
        case RegistryAuth::kBearer:
            request.credentials = {Kind::kBearer, {}, settings_.token};
            break;
        case RegistryAuth::kOauth: {
            auto token = oauth_.token(now_());
            if (!token) return Failure(token.error());
            request.credentials = {Kind::kBearer, {}, std::move(*token)};
            break;
        }
    }
    return {};
}

}  // namespace penstock
