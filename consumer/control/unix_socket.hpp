// A stream socket with a name in the file system. Owns the descriptor. Internal to this room.
#pragma once

#include <string>
#include <utility>

namespace penstock {

class UnixSocket {
public:
    UnixSocket() = default;
    explicit UnixSocket(int fd) : fd_(fd) {}
    ~UnixSocket();
    UnixSocket(UnixSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UnixSocket& operator=(UnixSocket&& other) noexcept;

    // Each has no descriptor on failure; errno tells why. Connecting is over at once or fails.
    static UnixSocket connect(const std::string& path);
    // Mode 0600. A file on which nobody answers is replaced; EADDRINUSE when somebody does.
    static UnixSocket listen(const std::string& path);

    explicit operator bool() const { return fd_ >= 0; }
    int fd() const { return fd_; }

    // Whether the process at the other end is run by our own user, or by root.
    bool peer_is_ours() const;

private:
    int fd_ = -1;
};

}  // namespace penstock
