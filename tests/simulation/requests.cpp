// What people ask of a running consumer in a schedule: snapshots of tables on demand, and to
// cancel, pause and resume them, at any moment and however the last request ended.
#include <algorithm>

#include "world.hpp"

namespace penstock::simulation {

namespace {

// Truncates of the other one are not published, so no reader of its topic could follow it.
constexpr std::uint32_t kTables[] = {0, 1, kKeylessTable};

std::string name_of(std::uint32_t table) {
    return std::string("public.t") + static_cast<char>('0' + table);
}

bool is_over(SnapshotProgress progress) {
    return progress == SnapshotProgress::kDone || progress == SnapshotProgress::kCancelled;
}

}  // namespace

void World::schedule_requests() {
    if (!settings.on_demand) return;
    time.after(requests_.between(50 * kMillisecond, settings.request_gap_max), [this] {
        if (!writing_) return;
        make_request();
        schedule_requests();
    });
}

// Whoever holds the slot; another one would answer only once it has it.
Process* World::any_listener() {
    for (const auto& process : processes) {
        const bool listens = process->running() && !process->paused();
        if (listens && process->statistics().phase == "streaming") return process.get();
    }
    return nullptr;
}

void World::make_request() {
    Process* const process = any_listener();
    if (process == nullptr) return;
    using Kind = SnapshotRequest::Kind;
    const auto draw = requests_.below(100);
    SnapshotRequest request;
    request.client = ++next_request_;
    request.requested_by = "socket";
    request.kind = draw < 60   ? Kind::kStart
                   : draw < 72 ? Kind::kCancel
                   : draw < 86 ? Kind::kPause
                               : Kind::kResume;
    if (request.kind == Kind::kStart) {
        request.predicate = predicate_of(request.client);
        started_.insert(request.client);
    }
    for (const std::uint32_t table : kTables) {
        if (requests_.percent(45)) request.tables.push_back(name_of(table));
    }
    if (request.kind == Kind::kStart && request.tables.empty())
        request.tables = {name_of(kTables[requests_.below(std::size(kTables))])};
    trace.say("world", "request {} of kind {} for {} tables", request.client,
              static_cast<int>(request.kind), request.tables.size());
    process->request(std::move(request));
}

// What is accepted is in Kafka, whoever dies next.
void World::check_accepted(std::uint64_t client) {
    if (!started_.contains(client)) return;
    if (!kafka.knows_request(predicate_of(client)))
        violated(fmt::format("request {} was accepted and is not in Kafka", client));
}

// Nothing is left of what people asked for, but for what they have paused: that goes on.
bool World::snapshots_settled() {
    bool settled = true;
    bool paused = false;
    for (const auto& [oid, state] : kafka.durable_snapshots()) {
        settled = settled && is_over(state.progress);
        paused = paused || state.progress == SnapshotProgress::kPaused;
    }
    Process* const process = any_listener();
    if (process == nullptr || process->requests_waiting() != 0) return false;
    if (paused) {
        SnapshotRequest request;
        request.kind = SnapshotRequest::Kind::kResume;
        request.client = ++next_request_;
        process->request(std::move(request));
    }
    return settled;
}

}  // namespace penstock::simulation
