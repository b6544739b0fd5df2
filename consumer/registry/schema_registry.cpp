#include "registry/schema_registry.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "registry/backoff.hpp"
#include "registry/curl_transport.hpp"
#include "registry/registry_client.hpp"
#include "registry/registry_outbox.hpp"
#include "registry/schema_cache.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDestructorPatience{2000};

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

    RegistryOutbox& outbox() { return outbox_; }

    void push(SchemaRequest request) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.push_back(std::move(request));
        }
        changed_.notify_all();
    }

    // True when the thread has ended by then.
    bool close(std::chrono::milliseconds patience) {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        transport_.cancel();
        changed_.notify_all();
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [this] { return ended_; })) return false;
        lock.unlock();
        thread_.join();
        return true;
    }

    void leave_behind() { thread_.detach(); }

private:
    void serve() {
        while (auto request = pop()) answer(*request);
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

    // Waits; nothing once closed.
    std::optional<SchemaRequest> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (closed_) return std::nullopt;
        SchemaRequest next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    void answer(const SchemaRequest& request) {
        std::vector<std::uint32_t> ids;
        for (const SchemaText& schema : request.schemas) {
            const auto id = id_of(schema);
            if (!id) return;  // Closed: nobody waits for an answer any more.
            if (!*id) {
                outbox_.post(SchemaAnswer{request.ticket, Failure(id->error())});
                return;
            }
            ids.push_back(**id);
        }
        outbox_.post(SchemaAnswer{request.ticket, std::move(ids)});
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
        outbox_.post(std::move(line));
        return *schema.remembered;
    }

    // The tables of a start are many, and each question may take its whole timeout: for a while
    // nothing is asked about what is remembered.
    void tell_away(const SchemaText& schema, const Error& error) {
        away_until_ = Clock::now() + away_for_;
        LogLine line = log_line(LogLine::Level::kWarning, "away", schema);
        line.values.emplace_back("error", error_row(error.name).text);
        line.values.emplace_back("reason", error.message);
        outbox_.post(std::move(line));
    }

    void tell_registered(const SchemaText& schema, std::uint32_t id, bool waited) {
        const char* const event = waited ? "answers_again" : "schema_known";
        LogLine line = log_line(LogLine::Level::kInfo, event, schema);
        line.values.emplace_back("id", std::to_string(id));
        line.values.emplace_back("url", client_.url());
        outbox_.post(std::move(line));
    }

    // False once closed.
    bool pause(const SchemaText& schema, const Error& error) {
        const auto wait = backoff_.next();
        std::unique_lock lock(mutex_);
        if (closed_) return false;
        LogLine line = log_line(LogLine::Level::kWarning, "waiting", schema);
        line.values.emplace_back("error", error_row(error.name).text);
        line.values.emplace_back("reason", error.message);
        line.values.emplace_back("retry_in_ms", std::to_string(wait.count()));
        outbox_.post(std::move(line));
        return !changed_.wait_for(lock, wait, [this] { return closed_; });
    }

    CurlTransport transport_;
    RegistryClient client_;
    SchemaCache cache_;
    std::chrono::milliseconds away_for_;
    Clock::time_point away_until_{};  // What is remembered is not asked for before.
    RequestBackoff backoff_;
    RegistryOutbox outbox_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<SchemaRequest> waiting_;
    bool closed_ = false;
    bool ended_ = false;
    std::thread thread_;  // Last: everything above is there when it starts.
};

SchemaRegistry::SchemaRegistry(const RegistrySettings& settings)
    : core_(std::make_unique<Core>(settings)) {}

SchemaRegistry::~SchemaRegistry() {
    if (core_) static_cast<void>(shutdown(kDestructorPatience));
}

void SchemaRegistry::submit(SchemaRequest request) {
    core_->push(std::move(request));
}

std::vector<RegistryNews> SchemaRegistry::take_news() {
    return core_->outbox().take();
}

int SchemaRegistry::event_fd() const {
    return core_->outbox().event_fd();
}

bool SchemaRegistry::shutdown(std::chrono::milliseconds patience) {
    if (!core_) return true;
    if (core_->close(patience)) {
        core_.reset();
        return true;
    }
    core_->leave_behind();
    static_cast<void>(core_.release());  // Its thread still uses it.
    return false;
}

}  // namespace penstock
