#include "config/registry_rules.hpp"

#include <algorithm>

namespace penstock {
namespace {

Failure wrong(std::string_view key, std::string_view reason) {
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + std::string(key) + "\": " + std::string(reason));
}

// Scheme, then a host; no blanks, no user before an @, no query and no fragment behind the path.
Status check_url(std::string_view key, std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    const std::string_view rest = url.substr(scheme);
    if (scheme == 0 || rest.empty() || rest.front() == '/' || rest.front() == ':') {
        return wrong(key, "http://host:port or https://host:port is expected");
    }
    if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos) {
        return wrong(key,
                     "credentials do not belong here but in registry.username and "
                     "registry.password_file");
    }
    const bool clean = std::all_of(rest.begin(), rest.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '"' && c != '\\';
    });
    if (!clean) return wrong(key, "an address without blanks, query and fragment is expected");
    return {};
}

struct Credential {
    std::string_view auth;
    std::string_view key;
    bool given;
    bool needed;
};

std::vector<Credential> credentials(const Configuration& in) {
    return {
        {"basic", "registry.username", !in.registry_username.empty(), true},
        {"basic", "registry.password", !in.registry_password.empty(), true},
        {"bearer", "registry.token", !in.registry_token.empty(), true},
        {"oauth", "registry.oauth_token_url", !in.registry_oauth_token_url.empty(), true},
        {"oauth", "registry.oauth_client_id", !in.registry_oauth_client_id.empty(), true},
        {"oauth", "registry.oauth_client_secret", !in.registry_oauth_client_secret.empty(), true},
        {"oauth", "registry.oauth_scope", !in.registry_oauth_scope.empty(), false},
        {"oauth", "registry.oauth_logical_cluster", !in.registry_oauth_logical_cluster.empty(),
         false},
        {"oauth", "registry.oauth_identity_pool", !in.registry_oauth_identity_pool.empty(), false},
    };
}

Status check_credentials(const Configuration& configuration) {
    for (const Credential& item : credentials(configuration)) {
        const bool chosen = configuration.registry_auth == item.auth;
        if (chosen && item.needed && !item.given) {
            return fail(ErrorName::kConfigurationInvalid, "key \"" + std::string(item.key) +
                                                              "\" is missing: registry.auth is \"" +
                                                              std::string(item.auth) + "\"");
        }
        if (!chosen && item.given) {
            return wrong(item.key,
                         "it is only used with registry.auth = \"" + std::string(item.auth) + "\"");
        }
    }
    return {};
}

}  // namespace

bool needs_registry(const Configuration& configuration) {
    if (configuration.format_value == "protobuf") return configuration.format_framing != "raw";
    return configuration.format_value == "debezium-avro" ||
           configuration.format_value == "flat-avro";
}

bool uses_registry(const Configuration& configuration) {
    return needs_registry(configuration) ||
           (configuration.format_value == "protobuf" && !registry_urls(configuration).empty());
}

std::vector<std::string> registry_urls(const Configuration& configuration) {
    std::vector<std::string> urls;
    std::string_view left = configuration.registry_url;
    while (!left.empty()) {
        std::string_view url = left.substr(0, left.find(','));
        left.remove_prefix(std::min(url.size() + 1, left.size()));
        url.remove_prefix(std::min(url.find_first_not_of(' '), url.size()));
        while (url.ends_with(' ')) url.remove_suffix(1);
        if (!url.empty()) urls.emplace_back(url);
    }
    return urls;
}

Status check_registry_keys(const Configuration& configuration) {
    if (configuration.format_framing != "raw" && configuration.format_value != "protobuf") {
        return wrong("format.framing", "only records of format.value \"protobuf\" have a choice");
    }
    const std::vector<std::string> urls = registry_urls(configuration);
    if (urls.empty() && needs_registry(configuration)) {
        return fail(ErrorName::kConfigurationInvalid,
                    "key \"registry.url\" is missing: format.value \"" +
                        configuration.format_value + "\" writes schema ids",
                    {}, "Set registry.url, or choose a format that needs no schema registry.");
    }
    for (const std::string& url : urls) {
        if (auto right = check_url("registry.url", url); !right) return right;
    }
    if (!configuration.registry_oauth_token_url.empty()) {
        auto right = check_url("registry.oauth_token_url", configuration.registry_oauth_token_url);
        if (!right) return right;
    }
    if (configuration.registry_ssl_key_location.empty() !=
        configuration.registry_ssl_certificate_location.empty()) {
        return wrong("registry.ssl_key_location",
                     "it is needed together with registry.ssl_certificate_location");
    }
    return check_credentials(configuration);
}

}  // namespace penstock
