// The rows of [registry] in the table of keys: data only.
#include "config/key_table.hpp"

namespace penstock {
namespace {

using C = Configuration;
using enum KeyUnit;

constexpr KeyRow kRows[] = {
    {.name = "registry.url",
     .place = &C::registry_url,
     .help = "schema registry (Confluent's API): http://host:8081, several separated by commas"},
    {.name = "registry.auth",
     .place = &C::registry_auth,
     .choices = "none|basic|bearer|oauth",
     .help = "how to be known to the registry"},
    {.name = "registry.username",
     .place = &C::registry_username,
     .help = "name for registry.auth = basic"},
    {.name = "registry.password",
     .place = &C::registry_password,
     .help = "password for registry.auth = basic"},
    {.name = "registry.password_file",
     .place = &C::registry_password,
     .unit = kSecretFile,
     .help = "file that holds registry.password"},
    {.name = "registry.token",
     .place = &C::registry_token,
     .help = "token for registry.auth = bearer"},
    {.name = "registry.token_file",
     .place = &C::registry_token,
     .unit = kSecretFile,
     .help = "file that holds registry.token"},
    {.name = "registry.oauth_token_url",
     .place = &C::registry_oauth_token_url,
     .help = "token endpoint for registry.auth = oauth (client credentials)"},
    {.name = "registry.oauth_client_id",
     .place = &C::registry_oauth_client_id,
     .help = "name at the token endpoint"},
    {.name = "registry.oauth_client_secret",
     .place = &C::registry_oauth_client_secret,
     .help = "password at the token endpoint"},
    {.name = "registry.oauth_client_secret_file",
     .place = &C::registry_oauth_client_secret,
     .unit = kSecretFile,
     .help = "file that holds registry.oauth_client_secret"},
    {.name = "registry.oauth_scope",
     .place = &C::registry_oauth_scope,
     .help = "scope to ask the token endpoint for"},
    {.name = "registry.oauth_logical_cluster",
     .place = &C::registry_oauth_logical_cluster,
     .help = "sent as target-sr-cluster"},
    {.name = "registry.oauth_identity_pool",
     .place = &C::registry_oauth_identity_pool,
     .help = "sent as Confluent-Identity-Pool-Id"},
    {.name = "registry.ssl_ca_location",
     .place = &C::registry_ssl_ca_location,
     .help = "file of certificate authorities that may sign the registry's"},
    {.name = "registry.ssl_certificate_location",
     .place = &C::registry_ssl_certificate_location,
     .help = "file of our certificate"},
    {.name = "registry.ssl_key_location",
     .place = &C::registry_ssl_key_location,
     .help = "file of our private key"},
    {.name = "registry.ssl_key_password",
     .place = &C::registry_ssl_key_password,
     .help = "password of our private key"},
    {.name = "registry.ssl_key_password_file",
     .place = &C::registry_ssl_key_password,
     .unit = kSecretFile,
     .help = "file that holds registry.ssl_key_password"},
    {.name = "registry.normalize",
     .place = &C::registry_normalize,
     .help = "let the registry compare schemas in their normal form"},
    {.name = "registry.auto_register",
     .place = &C::registry_auto_register,
     .help = "register new schemas; without it they must be there already"},
    {.name = "registry.check_compatibility",
     .place = &C::registry_check_compatibility,
     .help = "ask the registry whether a new schema fits before it is registered"},
    {.name = "registry.timeout",
     .place = &C::registry_timeout,
     .unit = kTime,
     .minimum = 100'000,
     .maximum = 600'000'000,
     .help = "patience with one question to one URL"},
};

}  // namespace

std::span<const KeyRow> registry_rows() {
    return kRows;
}

}  // namespace penstock
