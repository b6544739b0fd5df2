// The thread and libcurl against a real HTTP server in this process.
#include "registry/schema_registry.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <poll.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "registry/curl_transport.hpp"

namespace penstock {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Listens on a port of its own from its making on; answers from listen() on. At least one request
// has to be answered before it is destroyed, or it would not know that it runs.
class Server {
public:
    Server() : port_(server.bind_to_any_port("127.0.0.1")) {}
    ~Server() {
        server.stop();
        if (thread_.joinable()) thread_.join();
    }

    // Routes are set before.
    void listen() {
        thread_ = std::thread([this] { server.listen_after_bind(); });
    }

    RegistrySettings settings() const {
        RegistrySettings made;
        made.urls = {"http://127.0.0.1:" + std::to_string(port_)};
        made.backoff_min = milliseconds(1);
        made.backoff_max = milliseconds(20);
        return made;
    }

    httplib::Server server;

private:
    int port_;
    std::thread thread_;
};

// The news of one registry, one after the other.
class NewsReader {
public:
    explicit NewsReader(SchemaRegistry& registry) : registry_(registry) {}

    // News until an answer; log lines are added to `lines`.
    SchemaAnswer answer() {
        for (;;) {
            while (!news_.empty()) {
                RegistryNews next = std::move(news_.front());
                news_.pop_front();
                if (auto* answer = std::get_if<SchemaAnswer>(&next)) return std::move(*answer);
                lines.push_back(std::get<LogLine>(next));
            }
            pollfd entry{registry_.event_fd(), POLLIN, 0};
            if (::poll(&entry, 1, 20'000) != 1) return {0, fail(ErrorName::kBug, "none came")};
            for (RegistryNews& one : registry_.take_news()) news_.push_back(std::move(one));
        }
    }

    std::vector<LogLine> lines;

private:
    SchemaRegistry& registry_;
    std::deque<RegistryNews> news_;
};

const SchemaText kKey{"p.s.t-key", "AVRO", R"("long")"};
const SchemaText kValue{"p.s.t-value", "AVRO", R"("int")"};

TEST(SchemaRegistry, answers_in_order_and_asks_for_what_it_knows_never_again) {
    Server host;
    std::atomic<int> asked{0};
    host.server.Post("/subjects/.*", [&](const httplib::Request& request, auto& response) {
        ++asked;
        response.set_content(request.path.ends_with("key") ? R"({"id":1})" : R"({"id":2})",
                             "application/json");
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    NewsReader news(registry);
    registry.submit({7, {kKey, kValue}});
    registry.submit({8, {kValue}});
    const SchemaAnswer first = news.answer();
    EXPECT_EQ(first.ticket, 7U);
    EXPECT_EQ(first.ids, (std::vector<std::uint32_t>{1, 2}));
    const SchemaAnswer second = news.answer();
    EXPECT_EQ(second.ticket, 8U);
    EXPECT_EQ(second.ids, std::vector<std::uint32_t>{2});
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(registry.shutdown(seconds(5)));
}

TEST(SchemaRegistry, a_registry_that_cannot_answer_is_waited_for_and_the_wait_is_told) {
    Server host;
    std::atomic<int> asked{0};
    host.server.Post("/subjects/.*", [&](const httplib::Request&, auto& response) {
        if (++asked <= 3) {
            response.status = 503;
            response.set_content(R"({"error_code":50003,"message":"no leader"})", "text/plain");
        } else {
            response.set_content(R"({"id":3})", "application/json");
        }
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    NewsReader news(registry);
    registry.submit({1, {kValue}});
    EXPECT_EQ(news.answer().ids, std::vector<std::uint32_t>{3});
    ASSERT_EQ(news.lines.size(), 4U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(news.lines[i].event, "waiting");
        EXPECT_EQ(news.lines[i].values[1].second, "registry_unreachable");
        EXPECT_NE(news.lines[i].values[2].second.find("no leader"), std::string::npos);
    }
    EXPECT_EQ(news.lines[3].event, "answers_again");
}

SchemaText remembered(const SchemaText& schema, std::uint32_t id) {
    SchemaText with_id = schema;
    with_id.remembered = id;
    return with_id;
}

TEST(SchemaRegistry, what_is_remembered_counts_only_while_the_registry_is_away) {
    Server host;
    std::atomic<int> asked{0};
    std::atomic<bool> away{true};
    host.server.Post("/subjects/.*", [&](const httplib::Request&, auto& response) {
        ++asked;
        if (away) response.status = 503;
        response.set_content(R"({"id":9})", "application/json");
    });
    host.listen();
    RegistrySettings settings = host.settings();
    settings.backoff_max = seconds(600);
    SchemaRegistry registry(settings);
    NewsReader news(registry);
    registry.submit({1, {remembered(kKey, 7), remembered(kValue, 8)}});
    EXPECT_EQ(news.answer().ids, (std::vector<std::uint32_t>{7, 8}));
    EXPECT_EQ(asked, 1) << "each question of a start may take its whole timeout";
    ASSERT_EQ(news.lines.size(), 3U);
    EXPECT_EQ(news.lines[0].event, "away");
    EXPECT_EQ(news.lines[0].values[1].second, "registry_unreachable");
    EXPECT_EQ(news.lines[1].event, "schema_remembered");
    EXPECT_EQ(news.lines[2].values[1].second, "8");
    away = false;
    SchemaRegistry later(host.settings());
    NewsReader later_news(later);
    later.submit({1, {remembered(kKey, 7)}});
    EXPECT_EQ(later_news.answer().ids, std::vector<std::uint32_t>{9}) << "the registry knows best";
}

TEST(SchemaRegistry, what_is_not_remembered_is_waited_for_beside_what_is) {
    Server host;
    std::atomic<int> asked{0};
    host.server.Post("/subjects/.*", [&](const httplib::Request& request, auto& response) {
        if (++asked <= 3 || request.path.ends_with("key")) response.status = 503;
        response.set_content(R"({"id":9})", "application/json");
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    NewsReader news(registry);
    registry.submit({1, {remembered(kKey, 7), kValue}});
    EXPECT_EQ(news.answer().ids, (std::vector<std::uint32_t>{7, 9}));
    EXPECT_EQ(asked, 4);
}

TEST(SchemaRegistry, a_refusal_of_what_is_remembered_is_a_refusal) {
    Server host;
    host.server.Post("/subjects/.*", [&](const httplib::Request&, auto& response) {
        response.status = 401;
        response.set_content(R"({"error_code":401,"message":"who"})", "application/json");
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    NewsReader news(registry);
    registry.submit({1, {remembered(kKey, 7)}});
    const SchemaAnswer refused = news.answer();
    ASSERT_FALSE(refused.ids);
    EXPECT_EQ(refused.ids.error().name, ErrorName::kRegistryAuthorization);
}

TEST(SchemaRegistry, a_refusal_is_an_answer_and_the_next_request_is_served) {
    Server host;
    host.server.Post("/subjects/.*", [&](const httplib::Request& request, auto& response) {
        const bool bad = request.path.ends_with("key");
        response.status = bad ? 422 : 200;
        response.set_content(bad ? R"({"error_code":42201,"message":"bad"})" : R"({"id":3})",
                             "application/json");
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    NewsReader news(registry);
    registry.submit({1, {kKey}});
    registry.submit({2, {kValue}});
    const SchemaAnswer refused = news.answer();
    ASSERT_FALSE(refused.ids);
    EXPECT_EQ(refused.ids.error().name, ErrorName::kSchemaInvalid);
    EXPECT_EQ(news.answer().ids, std::vector<std::uint32_t>{3});
}

TEST(SchemaRegistry, ends_at_once_while_a_question_hangs) {
    std::mutex mutex;
    std::condition_variable changed;
    bool asked = false;
    bool ended = false;
    Server host;  // Its threads end before what they use.
    host.server.Post("/subjects/.*", [&](const httplib::Request&, auto&) {
        std::unique_lock lock(mutex);
        asked = true;
        changed.notify_all();
        changed.wait(lock, [&] { return ended; });
    });
    host.listen();
    SchemaRegistry registry(host.settings());
    registry.submit({1, {kValue}});
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return asked; });
    }
    // The question may take ten seconds; the end may not.
    EXPECT_TRUE(registry.shutdown(seconds(2)));
    const std::scoped_lock lock(mutex);
    ended = true;
    changed.notify_all();
}

TEST(SchemaRegistry, ends_at_once_while_it_waits_before_another_try) {
    RegistrySettings settings;
    settings.urls = {"http://127.0.0.1:1"};  // Nothing listens there.
    settings.backoff_min = seconds(60);
    settings.backoff_max = seconds(60);
    SchemaRegistry registry(settings);
    registry.submit({1, {kValue}});
    pollfd entry{registry.event_fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&entry, 1, 20'000), 1);  // It has said that it waits.
    EXPECT_TRUE(registry.shutdown(seconds(2)));
}

TEST(CurlTransport, sends_credentials_and_headers_and_reads_any_status) {
    Server host;
    host.server.Get("/x", [](const httplib::Request& request, auto& response) {
        response.status = 418;
        response.set_content(
            request.get_header_value("Authorization") + " " + request.get_header_value("X-One"),
            "text/plain");
    });
    host.listen();
    const RegistrySettings settings = host.settings();
    CurlTransport transport(settings);
    HttpRequest request;
    request.url = settings.urls[0] + "/x";
    request.headers = {{"X-One", "1"}};
    request.credentials = {HttpCredentials::Kind::kBasic, "me", Secret("pass")};
    auto answer = transport.perform(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 418);
    EXPECT_EQ(answer->body, "Basic bWU6cGFzcw== 1");
    // The next request has none of the last one's credentials.
    request.credentials = {HttpCredentials::Kind::kBearer, {}, Secret("token")};
    EXPECT_EQ(transport.perform(request)->body, "Bearer token 1");
    request.credentials = {};
    EXPECT_EQ(transport.perform(request)->body, " 1");
}

TEST(CurlTransport, gives_up_after_the_timeout_and_does_not_follow_redirects) {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    Server host;  // Its threads end before what they use.
    host.server.Get("/slow", [&](const httplib::Request&, auto&) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return ended; });
    });
    host.server.Get("/away", [](const httplib::Request&, auto& response) {
        response.set_redirect("http://127.0.0.1:1/");
    });
    host.listen();
    RegistrySettings settings = host.settings();
    settings.timeout = milliseconds(200);
    CurlTransport transport(settings);
    HttpRequest request;
    request.url = settings.urls[0] + "/slow";
    const auto slow = transport.perform(request);
    ASSERT_FALSE(slow);
    EXPECT_FALSE(slow.error().reason.empty());
    request.url = settings.urls[0] + "/away";
    const auto away = transport.perform(request);
    ASSERT_TRUE(away) << away.error().reason;
    EXPECT_EQ(away->status, 302);
    const std::scoped_lock lock(mutex);
    ended = true;
    changed.notify_all();
}

}  // namespace
}  // namespace penstock
