#include "registry/oauth_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "registry/registry_answer.hpp"
#include "registry/registry_url.hpp"

namespace penstock {
namespace {

// Of an endpoint that does not say how long its tokens are good.
constexpr std::int64_t kAssumedSeconds = 300;
constexpr std::int64_t kLongestSeconds = 24 * 3600;

HttpRequest token_request(const RegistrySettings& settings) {
    HttpRequest request;
    request.method = HttpRequest::Method::kPost;
    request.url = settings.oauth_token_url;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    request.body = "grant_type=client_credentials";
    if (!settings.oauth_scope.empty()) {
        request.body += "&scope=" + percent_encoded(settings.oauth_scope);
    }
    // RFC 6749, 2.3.1: name and password of HTTP Basic are form-encoded first.
    request.credentials = {HttpCredentials::Kind::kBasic, percent_encoded(settings.oauth_client_id),
                           Secret(percent_encoded(settings.oauth_client_secret.reveal()))};
    return request;
}

}  // namespace

Result<Secret> OauthToken::token(Clock::time_point now) {
    if (!token_.empty() && now < good_until_) return token_;
    return request(now);
}

Result<Secret> OauthToken::request(Clock::time_point now) {
    const HttpResult answer = transport_.perform(token_request(settings_));
    if (!answer || waiting_may_help(answer->status)) {
        return fail(ErrorName::kRegistryUnreachable,
                    fmt::format("could not get a token from \"{}\": {}", settings_.oauth_token_url,
                                answer ? fmt::format("it answers with status {}", answer->status)
                                       : answer.error().reason));
    }
    if (answer->status != 200) {
        // The body is left out: an endpoint may repeat in it what it was sent.
        return fail(ErrorName::kRegistryAuthorization,
                    fmt::format("could not get a token from \"{}\": it answers with status {}",
                                settings_.oauth_token_url, answer->status));
    }
    const auto json = nlohmann::json::parse(answer->body, nullptr, false);
    const auto token = json.is_object() ? json.find("access_token") : json.end();
    if (token == json.end() || !token->is_string() ||
        token->get_ref<const std::string&>().empty()) {
        return fail(
            ErrorName::kRegistryAnswer,
            fmt::format("the answer of \"{}\" holds no access_token", settings_.oauth_token_url));
    }
    std::int64_t seconds = kAssumedSeconds;
    const auto expires = json.find("expires_in");
    if (expires != json.end() && expires->is_number_integer()) {
        seconds = expires->get<std::int64_t>();
    }
    seconds = std::clamp<std::int64_t>(seconds, 0, kLongestSeconds);
    token_ = Secret(token->get<std::string>());
    // A fifth is left for clocks that differ and questions that take long.
    good_until_ = now + std::chrono::seconds(seconds - seconds / 5);
    return token_;
}

}  // namespace penstock
