// The token that stands for us at the registry: asked for with client credentials (RFC 6749, 4.4),
// kept until shortly before it expires. Internal to this room. Sees no registry.
#pragma once

#include <chrono>

#include "engine/error.hpp"
#include "registry/http_transport.hpp"
#include "registry/registry_settings.hpp"

namespace penstock {

class OauthToken {
public:
    using Clock = std::chrono::steady_clock;

    // Both outlive it.
    OauthToken(const RegistrySettings& settings, HttpTransport& transport)
        : settings_(settings), transport_(transport) {}

    // registry_authorization when the endpoint refuses us, registry_unreachable (retry) when it
    // does not answer, registry_answer when its answer holds no token.
    Result<Secret> token(Clock::time_point now);

    // The registry did not like it: the next call asks anew.
    void forget() { token_ = Secret(); }

private:
    Result<Secret> request(Clock::time_point now);

    const RegistrySettings& settings_;
    HttpTransport& transport_;
    Secret token_;
    Clock::time_point good_until_{};
};

}  // namespace penstock
