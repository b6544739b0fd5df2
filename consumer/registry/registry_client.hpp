// The questions of the Confluent Schema Registry's REST API that we ask, over a transport: each
// goes to the URLs in turn until one answers. Blocks; owns no thread, waits for nothing, remembers
// no schema. Which failure may be waited for is the class of its error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/error.hpp"
#include "engine/record_encoder.hpp"
#include "registry/http_transport.hpp"
#include "registry/oauth_token.hpp"
#include "registry/registry_answer.hpp"
#include "registry/registry_settings.hpp"

namespace penstock {

class RegistryClient {
public:
    using Now = std::function<std::chrono::steady_clock::time_point()>;

    // `transport` outlives the client. settings.urls is not empty.
    RegistryClient(RegistrySettings settings, HttpTransport& transport,
                   Now now = std::chrono::steady_clock::now);
    RegistryClient(const RegistryClient&) = delete;
    RegistryClient& operator=(const RegistryClient&) = delete;

    // The id of a schema: looked up, else tried against the newest version of its subject and
    // registered, as far as the settings allow that. Errors: registry_unreachable (retry),
    // registry_authorization, registry_read_only, registry_answer, schema_incompatible,
    // schema_invalid, schema_unregistered.
    Result<std::uint32_t> id_of(const SchemaText& schema);

    // Whether a registry answers that takes our credentials: registry_unreachable (retry),
    // registry_authorization, registry_answer. A right that is missing is not found out here.
    Status probe();

    // "READWRITE", "READONLY", "IMPORT"; nothing from a registry that has no modes.
    Result<std::optional<std::string>> mode();
    // "BACKWARD", "NONE", ...: what holds for subjects that set nothing; nothing from a registry
    // that has no such setting.
    Result<std::optional<std::string>> compatibility_level();

    // The URL that answered last.
    const std::string& url() const { return settings_.urls[current_]; }

private:
    struct Question {
        HttpRequest::Method method = HttpRequest::Method::kGet;
        std::string path;
        std::string body;
    };

    Result<HttpAnswer> ask(const Question& question);
    Result<HttpAnswer> ask_one(const std::string& base, const Question& question);
    HttpRequest request_of(const std::string& base, const Question& question) const;
    Status add_credentials(HttpRequest& request);
    Result<std::optional<std::string>> setting(const char* path, const char* member);

    Question about(const SchemaText& schema, const std::string& path) const;
    Result<std::optional<std::uint32_t>> look_up(const SchemaText& schema);
    Status try_out(const SchemaText& schema);
    Result<std::uint32_t> register_schema(const SchemaText& schema);
    Result<std::optional<RegisteredSchema>> newest(const std::string& subject);
    Error refuse_incompatible(const SchemaText& schema, const std::vector<std::string>& messages);

    const RegistrySettings settings_;
    HttpTransport& transport_;
    Now now_;
    OauthToken oauth_;
    std::size_t current_ = 0;  // Index in settings_.urls.
};

}  // namespace penstock
