#include "snapshot/chunk_reader.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

#include "snapshot/chunk_session.hpp"

namespace penstock {
namespace {

constexpr std::chrono::milliseconds kDestructorPatience{2000};
constexpr std::chrono::seconds kIdleConnection{30};

class EventFd {
public:
    EventFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~EventFd() { ::close(fd_); }
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;

    int get() const { return fd_; }
    void raise() const { ::eventfd_write(fd_, 1); }
    void reset() const {
        eventfd_t count = 0;
        ::eventfd_read(fd_, &count);
    }

private:
    int fd_;
};

SnapshotSettings with_interrupt(SnapshotSettings settings, int fd) {
    settings.interrupt_fd = fd;
    return settings;
}

}  // namespace

class ChunkReader::Core {
public:
    explicit Core(SnapshotSettings settings)
        : session_(with_interrupt(std::move(settings), stop_.get())),
          thread_([this] { serve(); }) {}

    void push(ChunkRequest request) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.push_back(std::move(request));
        }
        changed_.notify_all();
    }

    std::vector<Event> take() {
        const std::scoped_lock lock(mutex_);
        if (!news_.empty()) there_is_news_.reset();
        return std::exchange(news_, {});
    }

    int event_fd() const { return there_is_news_.get(); }

    // True when the thread has ended by then.
    bool close(std::chrono::milliseconds patience) {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        stop_.raise();
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
        while (auto request = pop())
            std::visit([this](auto& todo) { post(answer(todo)); }, *request);
        session_.close();
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

    // Waits; nothing once closed. A connection that nobody needs is given back to the server.
    std::optional<ChunkRequest> pop() {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return closed_ || !waiting_.empty(); };
        if (session_.connected() && !changed_.wait_for(lock, kIdleConnection, ready)) {
            lock.unlock();
            session_.close();
            lock.lock();
        }
        changed_.wait(lock, ready);
        if (closed_) return std::nullopt;
        ChunkRequest next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    void post(Event event) {
        const std::scoped_lock lock(mutex_);
        news_.push_back(std::move(event));
        if (news_.size() == 1) there_is_news_.raise();
    }

    Event answer(const FindTables& wanted) {
        auto tables = session_.find(wanted);
        if (!tables) return TablesNotFound{wanted.ticket, std::move(tables.error())};
        return TablesFound{wanted.ticket, std::move(*tables)};
    }

    Event answer(const LookAtSnapshot& wanted) {
        auto visible = session_.look();
        if (!visible) return ChunkFailed{wanted.ticket, std::move(visible.error())};
        return SnapshotLooked{wanted.ticket, std::move(*visible)};
    }

    Event answer(const ReadChunk& wanted) {
        auto chunk = session_.read(wanted);
        if (!chunk) return ChunkFailed{wanted.ticket, std::move(chunk.error())};
        return std::move(*chunk);
    }

    EventFd stop_;
    EventFd there_is_news_;
    ChunkSession session_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<ChunkRequest> waiting_;
    std::vector<Event> news_;
    bool closed_ = false;
    bool ended_ = false;
    std::thread thread_;  // Last: everything above is there when it starts.
};

ChunkReader::ChunkReader(SnapshotSettings settings)
    : core_(std::make_unique<Core>(std::move(settings))) {}

ChunkReader::~ChunkReader() {
    if (core_) static_cast<void>(shutdown(kDestructorPatience));
}

void ChunkReader::submit(ChunkRequest request) {
    core_->push(std::move(request));
}

std::vector<Event> ChunkReader::take_news() {
    return core_->take();
}

int ChunkReader::event_fd() const {
    return core_->event_fd();
}

bool ChunkReader::shutdown(std::chrono::milliseconds patience) {
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
