// HTTP by libcurl: one handle, connections kept open, certificates always verified. The only file
// that knows libcurl, and its source is the only one that includes it. Redirects are not followed:
// credentials go where the configuration says and nowhere else.
#pragma once

#include <memory>

#include "registry/http_transport.hpp"
#include "registry/registry_settings.hpp"

namespace penstock {

class CurlTransport final : public HttpTransport {
public:
    // Reads certificates and timeout of `settings`, which is copied where needed. Throws
    // std::bad_alloc when libcurl gives no handle.
    explicit CurlTransport(const RegistrySettings& settings);
    ~CurlTransport() override;
    CurlTransport(const CurlTransport&) = delete;
    CurlTransport& operator=(const CurlTransport&) = delete;

    // One thread at a time.
    HttpResult perform(const HttpRequest& request) override;

    // Ends the request in work at once and every later one. Any thread.
    void cancel();

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
