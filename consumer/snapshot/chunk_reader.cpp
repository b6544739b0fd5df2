#include "snapshot/chunk_reader.hpp"

#include <optional>
#include <utility>

#include "snapshot/chunk_session.hpp"
#include "worker/bounded_thread.hpp"
#include "worker/event_fd.hpp"
#include "worker/inbox.hpp"
#include "worker/news.hpp"

namespace penstock {
namespace {

constexpr std::chrono::seconds kIdleConnection{30};

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

    Inbox<ChunkRequest>& inbox() { return inbox_; }
    News<Event>& news() { return news_; }

    bool close(std::chrono::milliseconds patience) {
        stop_.raise();
        inbox_.close();
        return thread_.end_within(patience);
    }

private:
    void serve() {
        while (auto request = pop())
            std::visit([this](auto& todo) { news_.post(answer(todo)); }, *request);
        session_.close();
    }

    // Nothing once closed. A connection that nobody needs is given back to the server.
    std::optional<ChunkRequest> pop() {
        if (session_.connected() && !inbox_.await(kIdleConnection)) session_.close();
        return inbox_.pop();
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
    Inbox<ChunkRequest> inbox_;
    News<Event> news_;
    ChunkSession session_;
    BoundedThread thread_;  // Last: everything above is there when it starts.
};

ChunkReader::ChunkReader(SnapshotSettings settings)
    : core_(std::make_unique<Core>(std::move(settings))) {}

ChunkReader::~ChunkReader() {
    static_cast<void>(shutdown(kDestructorPatience));
}

void ChunkReader::submit(ChunkRequest request) {
    core_->inbox().push(std::move(request));
}

std::vector<Event> ChunkReader::take_news() {
    return core_->news().take();
}

int ChunkReader::event_fd() const {
    return core_->news().event_fd();
}

bool ChunkReader::shutdown(std::chrono::milliseconds patience) {
    return end_or_leave(core_, patience);
}

}  // namespace penstock
