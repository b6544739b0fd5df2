#include "cli/tail.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "cli/change_printer.hpp"
#include "cli/terminal.hpp"
#include "run/wiring.hpp"
#include "source/frame_decoder.hpp"
#include "source/postgres_source.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

class Tail {
public:
    Tail(const Configuration& configuration, int stop_fd)
        : stop_fd_(stop_fd),
          source_(settings_of(configuration, stop_fd)),
          printer_(palette_for(STDOUT_FILENO)) {}

    Status run() {
        if (auto started = start(); !started) return started;
        while (!stop_asked()) {
            auto more = take();
            if (!more) return Failure(more.error());
            if (*more) continue;
            if (!flush_output()) return {};  // Whoever read our output is gone.
            if (auto told = tell_progress(); !told) return told;
            wait();
        }
        flush_output();
        source_.close(true);
        return {};
    }

private:
    static SourceSettings settings_of(const Configuration& configuration, int stop_fd) {
        SourceSettings settings = make_source_settings(configuration, stop_fd);
        settings.slot = "penstock_tail_" + std::to_string(::getpid());
        settings.temporary = true;
        return settings;
    }

    Status start() {
        auto facts = source_.inspect();
        if (!facts) return Failure(facts.error());
        auto point = source_.create_slot();
        if (!point) return Failure(point.error());
        if (auto started = source_.start(*point); !started) return started;
        confirmed_ = *point;
        const Palette palette = palette_for(STDERR_FILENO);
        const std::string text = std::string(palette.dim) + "changes of database " +
                                 facts->database + " from " + to_string(*point) +
                                 " on; Ctrl-C ends" + std::string(palette.reset) + "\n";
        std::fputs(text.c_str(), stderr);
        return {};
    }

    // Takes one message of the stream. False when there is none right now.
    Result<bool> take() {
        auto message = source_.read();
        if (!message) return Failure(message.error());
        if (!*message) return false;
        if (const auto* keepalive = std::get_if<PrimaryKeepalive>(&**message)) {
            if (!in_transaction_) confirmed_ = std::max(confirmed_, keepalive->wal_end);
            if (keepalive->reply_requested) told_at_ = {};
            return true;
        }
        if (auto done = print(std::get<XLogData>(**message).payload); !done) {
            return Failure(done.error());
        }
        return true;
    }

    Status print(std::string_view payload) {
        if (auto opened = decoder_.open(payload); !opened) return opened;
        for (;;) {
            auto more = decoder_.next(frame_);
            if (!more) return Failure(more.error());
            if (!*more) return {};
            if (auto done = printer_.print(frame_, text_); !done) return done;
            note_progress();
            if (text_.size() > kOutputBytes && !flush_output()) return {};
        }
    }

    void note_progress() {
        if (std::holds_alternative<BeginFrame>(frame_)) in_transaction_ = true;
        if (const auto* commit = std::get_if<CommitFrame>(&frame_)) {
            in_transaction_ = false;
            confirmed_ = std::max(confirmed_, commit->end_lsn);
        }
    }

    Status tell_progress() {
        if (Clock::now() - told_at_ < kStatusInterval) return {};
        told_at_ = Clock::now();
        return source_.send_status(confirmed_, false);
    }

    bool flush_output() {
        const bool written = std::fwrite(text_.data(), 1, text_.size(), stdout) == text_.size() &&
                             std::fflush(stdout) == 0;
        text_.clear();
        return written;
    }

    bool stop_asked() const {
        pollfd entry{stop_fd_, POLLIN, 0};
        return ::poll(&entry, 1, 0) > 0;
    }

    void wait() {
        const auto events = static_cast<short>(source_.wants_write() ? POLLIN | POLLOUT : POLLIN);
        std::array<pollfd, 2> entries{{{source_.fd(), events, 0}, {stop_fd_, POLLIN, 0}}};
        constexpr auto kMilliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(kStatusInterval).count();
        ::poll(entries.data(), entries.size(), static_cast<int>(kMilliseconds));
    }

    static constexpr std::size_t kOutputBytes = 64U << 10;
    static constexpr Clock::duration kStatusInterval = std::chrono::seconds(1);

    int stop_fd_;
    PostgresSource source_;
    ChangePrinter printer_;
    FrameDecoder decoder_;
    Frame frame_;
    std::string text_;
    Lsn confirmed_;
    bool in_transaction_ = false;
    Clock::time_point told_at_{};
};

}  // namespace

std::optional<Error> run_tail(const Configuration& configuration, int stop_fd) {
    auto done = Tail(configuration, stop_fd).run();
    if (done) return std::nullopt;
    Error error = std::move(done.error());
    // What the table says of these is meant for a pipe, which goes on by itself.
    if (error.name == ErrorName::kPostgresConnectionLost ||
        error.name == ErrorName::kServerShuttingDown) {
        error.hint = "Start it again; it shows what is committed from then on.";
    }
    return error;
}

}  // namespace penstock
