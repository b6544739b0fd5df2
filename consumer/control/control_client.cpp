#include "control/control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "control/control_text.hpp"
#include "control/unix_socket.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 64U << 20;

Failure no_answer(std::string why) {
    return fail(ErrorName::kPipeNotRunning, "could not ask the pipe: " + why);
}

bool send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// One line, without its end.
Result<std::string> receive_line(int fd, Duration patience, int stop_fd) {
    const auto until = Clock::now() + patience;
    std::string line;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return no_answer("it did not answer in time");
        pollfd fds[2] = {{fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
        const int ready = ::poll(fds, stop_fd >= 0 ? 2 : 1, static_cast<int>(left));
        if (stop_fd >= 0 && fds[1].revents != 0) return no_answer("interrupted");
        if (ready <= 0) continue;
        char bytes[4096];
        const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return no_answer("it closed the connection without an answer");
        line.append(bytes, static_cast<std::size_t>(got));
        const std::size_t end = line.find('\n');
        if (end != std::string::npos) return line.substr(0, end);
        if (line.size() > kAnswerBytesMax) return no_answer("its answer has no end");
    }
}

}  // namespace

Result<PipeReport> ask_pipe(const std::vector<std::string>& paths, const SnapshotRequest& request,
                            Duration patience, int stop_fd) {
    UnixSocket socket;
    std::string tried;
    for (const std::string& path : paths) {
        socket = UnixSocket::connect(path);
        if (socket) break;
        tried += (tried.empty() ? "" : ", ") + path + " (" +
                 std::generic_category().message(errno) + ")";
    }
    if (!socket) {
        return fail(ErrorName::kPipeNotRunning, "could not find a running pipe",
                    "Nobody answers on " + tried + ".");
    }
    if (!send_all(socket.fd(), to_json(request) + "\n")) {
        return no_answer("it does not take the request");
    }
    const auto line = receive_line(socket.fd(), patience, stop_fd);
    if (!line) return Failure(line.error());
    return parse_answer(*line);
}

}  // namespace penstock
