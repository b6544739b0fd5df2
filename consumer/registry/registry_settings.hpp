// How to reach the schema registry and what it may be asked: plain values, filled from the
// configuration, read by everything in this room. No libcurl type, no behaviour.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/secret.hpp"

namespace penstock {

enum class RegistryAuth : std::uint8_t {
    kNone,
    kBasic,   // username and password.
    kBearer,  // A token that does not change.
    kOauth,   // A token by client credentials (RFC 6749, 4.4), asked for anew before it expires.
};

struct RegistrySettings {
    std::vector<std::string> urls;  // Tried in order, beginning with the last one that answered.

    RegistryAuth auth = RegistryAuth::kNone;
    std::string username;
    Secret password;
    Secret token;
    std::string oauth_token_url;
    std::string oauth_client_id;
    Secret oauth_client_secret;
    std::string oauth_scope;            // Empty asks for the client's default.
    std::string oauth_logical_cluster;  // Header target-sr-cluster; empty sends none.
    std::string oauth_identity_pool;    // Header Confluent-Identity-Pool-Id; empty sends none.

    // Files in PEM; empty means the system's authorities and no certificate of ours.
    std::string ca;
    std::string certificate;
    std::string key;
    Secret key_password;

    bool normalize = false;           // Let the registry compare schemas in their normal form.
    bool auto_register = true;        // Without it every schema must be there already.
    bool check_compatibility = true;  // Ask before a subject gets a new version.

    std::chrono::milliseconds timeout{10'000};  // Of one question to one URL.
    std::chrono::milliseconds backoff_min{200};
    std::chrono::milliseconds backoff_max{30'000};
};

}  // namespace penstock
