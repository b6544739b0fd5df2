#include "registry/oauth_token.hpp"

#include <gtest/gtest.h>

#include "registry/registry_client.hpp"
#include "unit/registry/scripted_transport.hpp"

namespace penstock {
namespace {

using std::chrono::seconds;
const OauthToken::Clock::time_point kStart{};

RegistrySettings settings() {
    RegistrySettings made;
    made.urls = {"https://registry"};
    made.auth = RegistryAuth::kOauth;
    made.oauth_token_url = "https://login/token";
    made.oauth_client_id = "a pipe";
    made.oauth_client_secret = Secret("s&cret");
    made.oauth_scope = "read write";
    made.oauth_logical_cluster = "lsrc-1";
    return made;
}

TEST(OauthToken, asks_with_client_credentials_in_the_header_and_the_scope_in_the_form) {
    const RegistrySettings made = settings();
    ScriptedTransport transport;
    transport.then(200, R"({"access_token":"t1","expires_in":100,"token_type":"Bearer"})");
    OauthToken oauth(made, transport);
    ASSERT_EQ(oauth.token(kStart)->reveal(), "t1");
    const HttpRequest& request = transport.requests[0];
    EXPECT_EQ(request.url, "https://login/token");
    EXPECT_EQ(request.body, "grant_type=client_credentials&scope=read%20write");
    EXPECT_EQ(request.credentials.username, "a%20pipe");
    EXPECT_EQ(request.credentials.secret.reveal(), "s%26cret");
}

TEST(OauthToken, is_kept_until_a_fifth_of_its_life_is_left) {
    const RegistrySettings made = settings();
    ScriptedTransport transport;
    transport.then(200, R"({"access_token":"t1","expires_in":100})")
        .then(200, R"({"access_token":"t2","expires_in":100})");
    OauthToken oauth(made, transport);
    EXPECT_EQ(oauth.token(kStart)->reveal(), "t1");
    EXPECT_EQ(oauth.token(kStart + seconds(79))->reveal(), "t1");
    EXPECT_EQ(oauth.token(kStart + seconds(80))->reveal(), "t2");
}

TEST(OauthToken, a_refusal_is_a_stop_and_an_endpoint_that_is_away_is_waited_for) {
    const RegistrySettings made = settings();
    ScriptedTransport transport;
    transport.then(401, R"({"error":"invalid_client","sent":"s&cret"})")
        .then(503, "")
        .then_failure("connection refused")
        .then(200, "{}");
    OauthToken oauth(made, transport);
    const auto refused = oauth.token(kStart);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kRegistryAuthorization);
    EXPECT_EQ(to_text(refused.error()).find("s&cret"), std::string::npos);
    EXPECT_EQ(oauth.token(kStart).error().name, ErrorName::kRegistryUnreachable);
    EXPECT_EQ(oauth.token(kStart).error().name, ErrorName::kRegistryUnreachable);
    EXPECT_EQ(oauth.token(kStart).error().name, ErrorName::kRegistryAnswer);
}

TEST(OauthToken, a_revoked_token_is_replaced_once) {
    ScriptedTransport transport;
    transport.then(200, R"({"access_token":"t1","expires_in":100})")
        .then(401, "")
        .then(200, R"({"access_token":"t2","expires_in":100})")
        .then(200, R"({"id":9})")
        .then(401, "")
        .then(200, R"({"access_token":"t3","expires_in":100})")
        .then(401, "");
    RegistryClient client(settings(), transport, [] { return kStart; });
    EXPECT_EQ(client.id_of({"s-value", "AVRO", "{}"}), 9U);
    EXPECT_EQ(transport.requests[3].credentials.secret.reveal(), "t2");
    EXPECT_EQ(transport.requests[3].headers.back().second, "lsrc-1");
    const auto refused = client.id_of({"t-value", "AVRO", "{}"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kRegistryAuthorization);
}

}  // namespace
}  // namespace penstock
