#include "control/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace penstock {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr int kBacklog = 16;

// False with ENAMETOOLONG.
bool name_of(const std::string& path, sockaddr_un& address) {
    address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return true;
}

const sockaddr* plain(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

UnixSocket made(int flags) {
    return UnixSocket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

}  // namespace

UnixSocket::~UnixSocket() {
    if (fd_ >= 0) ::close(fd_);
}

UnixSocket& UnixSocket::operator=(UnixSocket&& other) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    return *this;
}

UnixSocket UnixSocket::connect(const std::string& path) {
    sockaddr_un address;
    if (!name_of(path, address)) return UnixSocket();
    UnixSocket socket = made(0);
    if (socket && ::connect(socket.fd(), plain(address), sizeof address) == 0) return socket;
    const int why = errno;
    socket = UnixSocket();
    errno = why;
    return UnixSocket();
}

UnixSocket UnixSocket::listen(const std::string& path) {
    sockaddr_un address;
    if (!name_of(path, address)) return UnixSocket();
    UnixSocket socket = made(SOCK_NONBLOCK);
    if (!socket) return UnixSocket();
    int bound = ::bind(socket.fd(), plain(address), sizeof address);
    if (bound != 0 && errno == EADDRINUSE) {
        struct stat facts {};
        const bool stale = !connect(path) && errno == ECONNREFUSED &&
                           ::lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode);
        if (stale && ::unlink(path.c_str()) == 0) {
            bound = ::bind(socket.fd(), plain(address), sizeof address);
        } else {
            errno = EADDRINUSE;
        }
    }
    if (bound == 0 && ::chmod(path.c_str(), kOwnerOnly) == 0 &&
        ::listen(socket.fd(), kBacklog) == 0) {
        return socket;
    }
    const int why = errno;
    socket = UnixSocket();
    errno = why;
    return UnixSocket();
}

bool UnixSocket::peer_is_ours() const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace penstock
