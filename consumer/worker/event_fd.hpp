// A descriptor that poll() finds readable from raise() to reset(): how one thread wakes another
// that waits for sockets, too. Any thread; it keeps no count.
#pragma once

namespace penstock {

class EventFd {
public:
    // std::system_error when the process has no descriptor left.
    EventFd();
    ~EventFd();
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;

    // Owned by this object.
    int get() const { return fd_; }
    void raise() const;
    void reset() const;

private:
    int fd_;
};

}  // namespace penstock
