#include "run/pipeline.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "control/control_socket.hpp"
#include "registry/schema_registry.hpp"
#include "run/log.hpp"
#include "sink/kafka_sink.hpp"
#include "snapshot/chunk_reader.hpp"
#include "snapshot/snapshot_reader.hpp"
#include "source/postgres_source.hpp"
#include "source/replication_message.hpp"

namespace penstock {
namespace {

// Payloads taken in a row before the sink's answers and the timers are looked at again.
constexpr int kPayloadsPerRound = 64;
constexpr std::chrono::microseconds kNap{200};
// The same for rows of a snapshot, which are smaller than a payload.
constexpr int kRowsPerRound = 1024;

Instant monotonic_now() {
    return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

WallTime wall_now() {
    return std::chrono::duration_cast<WallTime>(
        std::chrono::system_clock::now().time_since_epoch());
}

// "the schema registry, subject shop.public.orders-value: it does not answer"
std::string wait_text(const LogLine& line) {
    std::string subject;
    std::string reason;
    for (const auto& [name, value] : line.values) {
        if (name == "subject") subject = value;
        if (name == "reason") reason = value;
    }
    return "the schema registry, subject " + subject + ": " + reason;
}

}  // namespace

Pipeline::Pipeline(Engine& engine, const Doors& doors, int stop_fd)
    : engine_(engine),
      source_(doors.source),
      snapshot_(doors.snapshot),
      chunks_(doors.chunks),
      sink_(doors.sink),
      registry_(doors.registry),
      control_(doors.control),
      stop_fd_(stop_fd) {}

std::optional<Error> Pipeline::run() {
    now_ = monotonic_now();
    engine_.start(now_);
    settle();
    while (!finish_) {
        serve_stop();
        serve_sink();
        serve_registry();
        serve_chunks();
        serve_control();
        serve_timer();
        screen_.refresh(engine_, monotonic_now(), wall_now());
        if (finish_ || pump()) continue;
        if (!finish_) wait();  // What was pumped may have ended it.
    }
    return std::move(finish_->error);
}

// Executes commands until the engine has no more to say. Answers of PostgreSQL's side come at once
// and may lead to further commands.
void Pipeline::settle() {
    for (;;) {
        std::vector<Command> commands = engine_.drain_outbox();
        if (commands.empty()) return;
        for (Command& command : commands) execute(command);
        now_ = monotonic_now();
        for (Event& event : std::exchange(pending_, {})) engine_.handle(std::move(event), now_);
    }
}

void Pipeline::deliver(Event event) {
    engine_.handle(std::move(event), now_);
    settle();
}

void Pipeline::fail_source(Error error) {
    batch_open_ = false;
    drained_told_ = true;
    snapshot_.close();
    pending_.emplace_back(PostgresFailed{std::move(error)});
}

void Pipeline::execute(Command& command) {
    // Answers `result` as an event made by `on_value`, or as the failure of the connection.
    const auto answer = [this](auto&& result, auto&& on_value) {
        if (!result) return fail_source(std::move(result.error()));
        pending_.emplace_back(on_value(*result));
    };
    const auto answer_done = [this](Status result, Event event) {
        if (!result) return fail_source(std::move(result.error()));
        pending_.emplace_back(std::move(event));
    };
    std::visit(
        [&](auto& todo) {
            using T = std::decay_t<decltype(todo)>;
            if constexpr (std::is_same_v<T, InspectServer>) {
                answer(source_.inspect(),
                       [](ServerFacts& facts) { return ServerInspected{std::move(facts)}; });
            } else if constexpr (std::is_same_v<T, StartReplication>) {
                batch_open_ = false;
                drained_told_ = false;
                answer_done(source_.start(todo.at), ReplicationStarted{});
            } else if constexpr (std::is_same_v<T, CreateSlot>) {
                answer(source_.create_slot(), [](Lsn point) { return SlotCreated{point}; });
            } else if constexpr (std::is_same_v<T, DropSlot>) {
                answer_done(source_.drop_slot(), SlotDropped{});
            } else if constexpr (std::is_same_v<T, TerminateHolder>) {
                answer_done(source_.terminate_holder(), HolderTerminated{});
            } else if constexpr (std::is_same_v<T, SendStatus>) {
                const Status sent = source_.send_status(todo.confirmed, todo.reply_requested);
                if (!sent) fail_source(sent.error());
            } else if constexpr (std::is_same_v<T, ClosePostgres>) {
                batch_open_ = false;
                drained_told_ = true;
                snapshot_.close();
                source_.close(todo.copy_done);
            } else if constexpr (std::is_same_v<T, OpenSnapshot>) {
                answer(todo.resumed ? snapshot_.resume(*todo.resumed)
                                    : snapshot_.adopt(source_.exported_snapshot()),
                       [](SnapshotOpened& opened) { return std::move(opened); });
            } else if constexpr (std::is_same_v<T, ReadSnapshot>) {
                snapshot_.read(std::move(todo.tasks));
            } else if constexpr (std::is_same_v<T, CloseSnapshot>) {
                snapshot_.close();
            } else if constexpr (std::is_same_v<T, ProbeShutdown>) {
                pending_.emplace_back(ServerProbed{source_.probe_shutdown()});
            } else if constexpr (std::is_same_v<T, EnsureSchemas>) {
                ensure_schemas(todo);
            } else if constexpr (std::is_same_v<T, FindTables> ||
                                 std::is_same_v<T, LookAtSnapshot> ||
                                 std::is_same_v<T, ReadChunk>) {
                chunks_.submit(std::move(todo));
            } else if constexpr (std::is_same_v<T, AnswerRequest>) {
                if (control_ != nullptr) control_->answer(todo, registry_wait_);
            } else if constexpr (std::is_same_v<T, Finish>) {
                finish_ = std::move(todo);
            } else if constexpr (std::is_same_v<T, LogLine>) {
                write_log(todo);
            } else {
                sink_.submit(std::move(todo));
            }
        },
        command);
}

void Pipeline::serve_sink() {
    for (auto& buffer : sink_.take_buffers()) engine_.recycle(std::move(buffer));
    auto events = sink_.take_events();
    if (events.empty()) return;
    now_ = monotonic_now();
    for (Event& event : events) deliver(std::move(event));
}

void Pipeline::ensure_schemas(EnsureSchemas& command) {
    if (registry_ != nullptr) {
        registry_->submit({command.ticket, std::move(command.schemas)});
        return;
    }
    // The configuration was to refuse this: a format with schema ids needs a registry.
    const Error error{
        ErrorName::kBug, "schema ids are asked for without a schema registry", {}, {}};
    pending_.emplace_back(SchemasFailed{error, command.ticket});
}

void Pipeline::serve_registry() {
    if (registry_ == nullptr) return;
    for (RegistryNews& news : registry_->take_news()) {
        if (const auto* line = std::get_if<LogLine>(&news)) {
            if (line->event == kRegistryWaits) registry_wait_ = wait_text(*line);
            write_log(*line);
            continue;
        }
        registry_wait_.clear();
        auto& answer = std::get<SchemaAnswer>(news);
        now_ = monotonic_now();
        if (answer.ids) {
            deliver(SchemasReady{answer.ticket, std::move(*answer.ids)});
        } else {
            deliver(SchemasFailed{std::move(answer.ids.error()), answer.ticket});
        }
    }
}

void Pipeline::serve_chunks() {
    for (Event& event : chunks_.take_news()) {
        now_ = monotonic_now();
        deliver(std::move(event));
    }
}

void Pipeline::serve_control() {
    if (control_ == nullptr) return;
    for (SnapshotRequest& request : control_->take_requests()) {
        now_ = monotonic_now();
        deliver(std::move(request));
    }
}

void Pipeline::serve_timer() {
    const auto deadline = engine_.next_deadline();
    if (!deadline) return;
    now_ = monotonic_now();
    if (now_ >= *deadline) deliver(Tick{wall_now()});
}

void Pipeline::serve_stop() {
    if (stop_told_) return;
    pollfd entry{stop_fd_, POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0) return;
    stop_told_ = true;
    now_ = monotonic_now();
    deliver(StopRequested{});
}

// Takes what the socket has, up to one round's worth. True when there may be more at once.
bool Pipeline::pump() {
    if (snapshot_.reading()) return pump_rows();
    for (int i = 0; i < kPayloadsPerRound; ++i) {
        if (!engine_.wants_frames() || !source_.streaming()) return false;
        if (batch_open_ ? !pump_frames() : !pump_payload()) return false;
    }
    return true;
}

// Feeds the frames of the open batch. False when the engine wants no more for now.
bool Pipeline::pump_frames() {
    while (engine_.wants_frames()) {
        const Result<bool> more = decoder_.next(frame_);
        if (!more) {
            break_stream(more.error());
            return false;
        }
        if (!*more) {
            batch_open_ = false;
            settle();
            return true;
        }
        engine_.take(frame_, now_, wall_);
    }
    settle();
    return false;
}

// Reads the next message of the replication stream. False when there is none right now.
bool Pipeline::pump_payload() {
    const auto message = source_.read();
    now_ = monotonic_now();
    if (!message) {
        break_stream(message.error());
        return false;
    }
    if (!*message) {
        if (!drained_told_) deliver_drained();
        return false;
    }
    drained_told_ = false;
    ++messages_;
    if (const auto* keepalive = std::get_if<PrimaryKeepalive>(&**message)) {
        deliver(Keepalive{keepalive->wal_end, keepalive->reply_requested});
        return true;
    }
    wall_ = wall_now();
    const Status opened = decoder_.open(std::get<XLogData>(**message).payload);
    if (!opened) {
        break_stream(opened.error());
        return false;
    }
    batch_open_ = true;
    return pump_frames();
}

// Feeds the rows of a snapshot. False when there is none right now, or the engine wants none.
bool Pipeline::pump_rows() {
    wall_ = wall_now();
    now_ = monotonic_now();
    for (int i = 0; i < kRowsPerRound; ++i) {
        if (!engine_.wants_rows()) {
            settle();
            return false;
        }
        const auto item = snapshot_.next();
        if (!item) {
            break_stream(item.error());
            return false;
        }
        if (item->row) {
            engine_.take_row(*item->row, now_, wall_);
        } else if (item->range) {
            deliver(*item->range);
        } else {
            settle();
            return false;
        }
    }
    settle();
    return true;
}

// The stream cannot be read any further: both connections go, the engine decides.
void Pipeline::break_stream(Error error) {
    source_.close(false);
    fail_source(std::move(error));
    for (Event& event : std::exchange(pending_, {})) deliver(std::move(event));
}

void Pipeline::deliver_drained() {
    drained_told_ = true;
    deliver(SocketDrained{});
}

// A server with many small transactions sends each as a message of its own, and a reader that polls
// is woken for each: half of the work on both sides. While messages come closer together than a
// nap, they are left to gather for as long as that. True when it napped.
bool Pipeline::let_gather() {
    const int messages = std::exchange(messages_, 0);
    if (napped_) crowded_ = messages > 1;
    napped_ = crowded_ && source_.streaming() && engine_.wants_frames();
    if (napped_) std::this_thread::sleep_for(kNap);
    return napped_;
}

// Sleeps until the socket, the sink, the registry, a signal or a timer has something.
void Pipeline::wait() {
    if (let_gather()) return;
    std::vector<pollfd> entries{{sink_.event_fd(), POLLIN, 0}, {chunks_.event_fd(), POLLIN, 0}};
    std::size_t socket = 0;  // Where its entry is; 0 when it is not watched.
    if (registry_ != nullptr) entries.push_back({registry_->event_fd(), POLLIN, 0});
    if (control_ != nullptr) entries.push_back({control_->event_fd(), POLLIN, 0});
    if (!stop_told_) entries.push_back({stop_fd_, POLLIN, 0});
    if (source_.streaming() && engine_.wants_frames()) {
        const auto events = static_cast<short>(source_.wants_write() ? POLLIN | POLLOUT : POLLIN);
        socket = entries.size();
        entries.push_back({source_.fd(), events, 0});
    }
    if (engine_.wants_rows()) {
        for (const int fd : snapshot_.fds()) entries.push_back({fd, POLLIN, 0});
    }
    const Instant before = monotonic_now();
    int timeout_ms = -1;
    auto deadline = engine_.next_deadline();
    if (const auto shown = screen_.next()) deadline = std::min(deadline.value_or(*shown), *shown);
    if (deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - before);
        timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    ::poll(entries.data(), entries.size(), timeout_ms);
    crowded_ = socket != 0 && entries[socket].revents != 0 && monotonic_now() - before < kNap;
}

}  // namespace penstock
