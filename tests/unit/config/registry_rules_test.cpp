#include "config/registry_rules.hpp"

#include <gtest/gtest.h>

#include "config/loader.hpp"

namespace penstock {
namespace {

Configuration avro(std::string url = "http://127.0.0.1:8081") {
    Configuration configuration;
    configuration.format_value = "debezium-avro";
    configuration.registry_url = std::move(url);
    return configuration;
}

std::string refusal(const Configuration& configuration) {
    const auto right = check_registry_keys(configuration);
    if (right) return {};
    EXPECT_EQ(right.error().name, ErrorName::kConfigurationInvalid);
    return to_text(right.error());
}

TEST(RegistryRules, a_format_with_schema_ids_needs_an_address) {
    EXPECT_NE(refusal(avro("")).find("registry.url"), std::string::npos);
    EXPECT_EQ(refusal(avro()), "");
    EXPECT_EQ(refusal(Configuration{}), "");
}

TEST(RegistryRules, several_addresses_are_separated_by_commas) {
    const Configuration two = avro("http://one:8081 , https://two/base");
    EXPECT_EQ(registry_urls(two),
              (std::vector<std::string>{"http://one:8081", "https://two/base"}));
    EXPECT_EQ(refusal(two), "");
}

TEST(RegistryRules, what_is_no_address_is_refused) {
    for (const char* url : {"registry:8081", "ftp://one", "http://", "http:///path", "http://:80",
                            "http://one/a?b=c", "http://one#f", "http://one two"}) {
        EXPECT_NE(refusal(avro(url)).find("registry.url"), std::string::npos) << url;
    }
}

TEST(RegistryRules, a_password_in_an_address_is_refused_and_not_repeated) {
    const std::string text = refusal(avro("http://me:hunter2@one:8081"));
    EXPECT_NE(text.find("registry.password_file"), std::string::npos);
    EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

TEST(RegistryRules, credentials_are_exactly_those_of_the_chosen_kind) {
    Configuration basic = avro();
    basic.registry_auth = "basic";
    EXPECT_NE(refusal(basic).find("registry.username"), std::string::npos);
    basic.registry_username = "me";
    EXPECT_NE(refusal(basic).find("registry.password"), std::string::npos);
    basic.registry_password = Secret("p");
    EXPECT_EQ(refusal(basic), "");
    basic.registry_auth = "none";
    EXPECT_NE(refusal(basic).find("registry.auth = \"basic\""), std::string::npos);

    Configuration oauth = avro();
    oauth.registry_auth = "oauth";
    oauth.registry_oauth_client_id = "pipe";
    oauth.registry_oauth_client_secret = Secret("s");
    EXPECT_NE(refusal(oauth).find("registry.oauth_token_url"), std::string::npos);
    oauth.registry_oauth_token_url = "login/token";
    EXPECT_NE(refusal(oauth).find("registry.oauth_token_url"), std::string::npos);
    oauth.registry_oauth_token_url = "https://login/token";
    EXPECT_EQ(refusal(oauth), "");
}

TEST(RegistryRules, a_certificate_comes_with_its_key) {
    Configuration half = avro();
    half.registry_ssl_certificate_location = "/etc/cert.pem";
    EXPECT_NE(refusal(half).find("registry.ssl_key_location"), std::string::npos);
}

TEST(RegistryRules, the_keys_have_rows) {
    Configuration configuration;
    ASSERT_TRUE(set_key(configuration, "registry.url", "http://one", "a test"));
    ASSERT_TRUE(set_key(configuration, "registry.auth", "basic", "a test"));
    EXPECT_FALSE(set_key(configuration, "registry.auth", "kerberos", "a test"));
    ASSERT_TRUE(set_key(configuration, "registry.timeout", "3s", "a test"));
    EXPECT_EQ(configuration.registry_timeout, Duration{3'000'000});
}

}  // namespace
}  // namespace penstock
