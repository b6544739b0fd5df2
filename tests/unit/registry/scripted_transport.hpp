// A transport that answers from a script and remembers what it was asked. For the tests of the room
// registry; opens no socket.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "registry/http_transport.hpp"

namespace penstock {

class ScriptedTransport final : public HttpTransport {
public:
    ScriptedTransport& then(int status, std::string body) {
        script_.emplace_back(HttpAnswer{status, std::move(body)});
        return *this;
    }
    ScriptedTransport& then_failure(std::string reason) {
        script_.emplace_back(tl::unexpected(HttpFailure{std::move(reason)}));
        return *this;
    }

    // What is asked past the end of the script fails.
    HttpResult perform(const HttpRequest& request) override {
        requests.push_back(request);
        if (script_.empty()) return tl::unexpected(HttpFailure{"the script is over"});
        HttpResult next = std::move(script_.front());
        script_.pop_front();
        return next;
    }

    // "POST http://host/path", in order.
    std::vector<std::string> asked() const {
        std::vector<std::string> lines;
        for (const HttpRequest& request : requests) {
            const bool post = request.method == HttpRequest::Method::kPost;
            lines.push_back((post ? "POST " : "GET ") + request.url);
        }
        return lines;
    }

    std::vector<HttpRequest> requests;

private:
    std::deque<HttpResult> script_;
};

}  // namespace penstock
