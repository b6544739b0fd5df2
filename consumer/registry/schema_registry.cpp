#include "registry/schema_registry.hpp"

#include <optional>
#include <random>
#include <string>
#include <utility>

#include "registry/backoff.hpp"
#include "registry/curl_transport.hpp"
#include "registry/registry_client.hpp"
#include "registry/schema_cache.hpp"
#include "worker/bounded_thread.hpp"
#include "worker/inbox.hpp"
#include "worker/news.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

LogLine log_line(LogLine::Level level, const char* event, const SchemaText& schema) {
    return {level, "registry", event, {{"subject", schema.subject}}};
}

}  // namespace

class SchemaRegistry::Core {
public:
    explicit Core(const RegistrySettings& settings)
        : transport_(settings),
          client_(settings, transport_),
          away_for_(settings.backoff_max),
          backoff_(settings.backoff_min, settings.backoff_max, std::random_device{}()),
          thread_([this] { serve(); }) {}

    Inbox<SchemaRequest>& inbox() { return inbox_; }
    News<RegistryNews>& news() { return news_; }

    bool close(std::chrono::milliseconds patience) {
        inbox_.close();
        transport_.cancel();
        return thread_.end_within(patience);
    }

private:
    void serve() {
        while (auto request = inbox_.pop()) answer(*request);
    }

    void answer(const SchemaRequest& request) {
        std::vector<std::uint32_t> ids;
        for (const SchemaText& schema : request.schemas) {
            const auto id = id_of(schema);
            if (!id) return;  // Closed: nobody waits for an answer any more.
            if (!*id) {
                news_.post(SchemaAnswer{request.ticket, Failure(id->error())});
                return;
            }
            ids.push_back(**id);
        }
        news_.post(SchemaAnswer{request.ticket, std::move(ids)});
    }

    // Asks until there is an answer or a refusal; nothing once closed.
    std::optional<Result<std::uint32_t>> id_of(const SchemaText& schema) {
        if (const auto known = cache_.find(schema)) return *known;
        if (schema.remembered && Clock::now() < away_until_) return by_memory(schema);
        backoff_.reset();
        for (bool waited = false;; waited = true) {
            auto id = client_.id_of(schema);
            if (id) {
                cache_.remember(schema, *id);
                tell_registered(schema, *id, waited);
                return id;
            }
            if (id.error().error_class() != ErrorClass::kRetry) return id;
            if (schema.remembered) {
                tell_away(schema, id.error());
                return by_memory(schema);
            }
            if (!pause(schema, id.error())) return std::nullopt;
        }
    }

    // Not put into the cache: who asks again, asks a registry that may be there by then.
    std::uint32_t by_memory(const SchemaText& schema) {
        LogLine line = log_line(LogLine::Level::kInfo, "schema_remembered", schema);
        line.values.emplace_back("id", std::to_string(*schema.remembered));
        news_.post(std::move(line));
        return *schema.remembered;
    }

    // The tables of a start are many, and each question may take its whole timeout: for a while
    // nothing is asked about what is remembered.
    void tell_away(const SchemaText& schema, const Error& error) {
        away_until_ = Clock::now() + away_for_;
        LogLine line = log_line(LogLine::Level::kWarning, "away", schema);
        line.values.emplace_back("error", error_row(error.name).text);
        line.values.emplace_back("reason", error.message);
        news_.post(std::move(line));
    }

    void tell_registered(const SchemaText& schema, std::uint32_t id, bool waited) {
        const char* const event = waited ? "answers_again" : "schema_known";
        LogLine line = log_line(LogLine::Level::kInfo, event, schema);
        line.values.emplace_back("id", std::to_string(id));
        line.values.emplace_back("url", client_.url());
        news_.post(std::move(line));
    }

    // False once closed.
    bool pause(const SchemaText& schema, const Error& error) {
        const auto wait = backoff_.next();
        if (inbox_.closed()) return false;
        LogLine line = log_line(LogLine::Level::kWarning, kRegistryWaits, schema);
        line.values.emplace_back("error", error_row(error.name).text);
        line.values.emplace_back("reason", error.message);
        line.values.emplace_back("retry_in_ms", std::to_string(wait.count()));
        news_.post(std::move(line));
        return !inbox_.await_close(wait);
    }

    CurlTransport transport_;
    RegistryClient client_;
    SchemaCache cache_;
    std::chrono::milliseconds away_for_;
    Clock::time_point away_until_{};  // What is remembered is not asked for before.
    RequestBackoff backoff_;
    Inbox<SchemaRequest> inbox_;
    News<RegistryNews> news_;
    BoundedThread thread_;  // Last: everything above is there when it starts.
};

SchemaRegistry::SchemaRegistry(const RegistrySettings& settings)
    : core_(std::make_unique<Core>(settings)) {}

SchemaRegistry::~SchemaRegistry() {
    static_cast<void>(shutdown(kDestructorPatience));
}

void SchemaRegistry::submit(SchemaRequest request) {
    core_->inbox().push(std::move(request));
}

std::vector<RegistryNews> SchemaRegistry::take_news() {
    return core_->news().take();
}

int SchemaRegistry::event_fd() const {
    return core_->news().event_fd();
}

bool SchemaRegistry::shutdown(std::chrono::milliseconds patience) {
    return end_or_leave(core_, patience);
}

}  // namespace penstock
