// What this room asks of HTTP: one request, one answer. A port, so that everything above it is
// tested without a network; the real one is curl_transport.hpp. Knows nothing of registries.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "config/secret.hpp"

namespace penstock {

struct HttpCredentials {
    enum class Kind : std::uint8_t { kNone, kBasic, kBearer } kind = Kind::kNone;
    std::string username;  // kBasic.
    Secret secret;         // The password or the token.
};

struct HttpRequest {
    enum class Method : std::uint8_t { kGet, kPost } method = Method::kGet;
    std::string url;  // Complete, with everything percent-encoded that has to be.
    std::vector<std::pair<std::string, std::string>> headers;  // Never a secret.
    std::string body;                                          // kPost.
    HttpCredentials credentials;
};

struct HttpAnswer {
    int status = 0;  // 200, 404, ...
    std::string body;
};

// No answer came: a connection, a name, a certificate or the patience failed. `reason` is lower
// case, without full stop and without secrets.
struct HttpFailure {
    std::string reason;
};

using HttpResult = tl::expected<HttpAnswer, HttpFailure>;

class HttpTransport {
public:
    virtual ~HttpTransport() = default;

    // Blocks until an answer, a failure, the timeout of the transport, or its cancellation.
    virtual HttpResult perform(const HttpRequest& request) = 0;
};

}  // namespace penstock
