#include "control/control_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "control/control_text.hpp"
#include "control/unix_socket.hpp"
#include "worker/event_fd.hpp"
#include "worker/news.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLineBytesMax = 64U << 10;
constexpr std::size_t kClientsMax = 16;
constexpr std::chrono::seconds kClientPatience{10};

// One connection: reads a line, waits for the engine, writes a line.
struct Client {
    UnixSocket socket;
    std::uint64_t number = 0;
    enum class Step : std::uint8_t { kRead, kWait, kWrite, kOver } step = Step::kRead;
    Clock::time_point until;
    std::string line{};

    short events() const {
        if (step == Step::kRead) return POLLIN;
        return step == Step::kWrite ? POLLOUT : 0;  // Always told when it has left.
    }
    void reply(std::string text) {
        line = std::move(text) + "\n";
        step = Step::kWrite;
        until = Clock::now() + kClientPatience;
    }
    void send() {
        const ssize_t sent =
            ::send(socket.fd(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (sent > 0) line.erase(0, static_cast<std::size_t>(sent));
        if (sent <= 0 || line.empty()) step = Step::kOver;
    }
};

}  // namespace

class ControlSocket::Core {
public:
    Core(UnixSocket listener, std::string path)
        : listener_(std::move(listener)), path_(std::move(path)), thread_([this] { serve(); }) {}

    ~Core() {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        wake_.raise();
        thread_.join();
        ::unlink(path_.c_str());
    }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    News<SnapshotRequest>& requests() { return requests_; }

    void answer(std::uint64_t client, std::string line) {
        {
            const std::scoped_lock lock(mutex_);
            answers_.emplace_back(client, std::move(line));
        }
        wake_.raise();
    }

private:
    void serve() {
        for (;;) {
            wait();
            if (!hand_out()) return;
            for (Client& client : clients_) serve(client);
            const auto now = Clock::now();
            clients_.remove_if([now](const Client& client) {
                return client.step == Client::Step::kOver ||
                       (client.step != Client::Step::kWait && now >= client.until);
            });
            accept();
        }
    }

    // Until somebody has something; a second at most where a client's patience is being counted.
    void wait() {
        std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
        fds.push_back({clients_.size() < kClientsMax ? listener_.fd() : -1, POLLIN, 0});
        for (const Client& client : clients_) {
            fds.push_back({client.socket.fd(), client.events(), 0});
        }
        ::poll(fds.data(), fds.size(), clients_.empty() ? -1 : 1000);
        std::size_t i = 2;
        for (Client& client : clients_) {
            const short told = fds[i++].revents;
            const bool left = (told & (POLLERR | POLLNVAL)) != 0 ||
                              ((told & POLLHUP) != 0 && (told & POLLIN) == 0);
            if (left) client.step = Client::Step::kOver;
        }
    }

    // False once closed.
    bool hand_out() {
        const std::scoped_lock lock(mutex_);
        wake_.reset();
        for (auto& [number, line] : answers_) {
            for (Client& client : clients_) {
                const bool waits = client.step == Client::Step::kWait;
                if (waits && client.number == number) client.reply(std::move(line));
            }
        }
        answers_.clear();
        return !closed_;
    }

    void serve(Client& client) {
        if (client.step == Client::Step::kRead) read(client);
        if (client.step == Client::Step::kWrite) client.send();
    }

    void read(Client& client) {
        char bytes[4096];
        const ssize_t got = ::recv(client.socket.fd(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) {
            client.step = Client::Step::kOver;
            return;
        }
        client.line.append(bytes, static_cast<std::size_t>(got));
        const std::size_t end = client.line.find('\n');
        if (end == std::string::npos && client.line.size() <= kLineBytesMax) return;
        if (end == std::string::npos || end > kLineBytesMax) {
            return client.reply(to_json(Result<SnapshotReport>(
                fail(ErrorName::kSnapshotRequestRefused,
                     "could not read the request: the line is longer than 64 KiB"))));
        }
        auto request = parse_request(std::string_view(client.line).substr(0, end));
        if (!request) {
            return client.reply(to_json(Result<SnapshotReport>(Failure(request.error()))));
        }
        request->client = client.number;
        client.step = Client::Step::kWait;
        client.line.clear();
        requests_.post(std::move(*request));
    }

    void accept() {
        while (clients_.size() < kClientsMax) {
            UnixSocket socket(
                ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!socket) return;
            if (!socket.peer_is_ours()) continue;
            clients_.push_back({std::move(socket), ++last_number_, Client::Step::kRead,
                                Clock::now() + kClientPatience});
        }
    }

    UnixSocket listener_;
    std::string path_;
    EventFd wake_;
    std::list<Client> clients_;
    std::uint64_t last_number_ = 0;
    News<SnapshotRequest> requests_;
    std::mutex mutex_;                                            // Over answers_ and closed_.
    std::vector<std::pair<std::uint64_t, std::string>> answers_;  // By client.
    bool closed_ = false;
    std::thread thread_;  // Last: everything above is there when it starts.
};

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::string& path) {
    UnixSocket listener = UnixSocket::listen(path);
    if (!listener) {
        const int why = errno;
        return fail(ErrorName::kControlSocket,
                    "could not make the socket that takes commands: " +
                        std::string(why == EADDRINUSE ? "another process answers on it"
                                                      : std::generic_category().message(why)),
                    "It was to be " + path + ".");
    }
    return std::unique_ptr<ControlSocket>(
        new ControlSocket(std::make_unique<Core>(std::move(listener), path)));
}

ControlSocket::ControlSocket(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ControlSocket::~ControlSocket() = default;

std::vector<SnapshotRequest> ControlSocket::take_requests() {
    return core_->requests().take();
}

int ControlSocket::event_fd() const {
    return core_->requests().event_fd();
}

void ControlSocket::answer(const AnswerRequest& answer, const std::string& stream_waits_for) {
    core_->answer(answer.client, to_json(answer.report, stream_waits_for));
}

}  // namespace penstock
