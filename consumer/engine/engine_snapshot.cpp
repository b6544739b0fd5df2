// The engine between the making of a slot and the stream: rows of tables instead of frames.
#include "engine/engine_core.hpp"

namespace penstock {

void Engine::Core::take_row(const SnapshotRow& row, Instant now, WallTime wall) {
    if (!wants_rows()) return;
    if (Status taken = snapshot_.take(row, now, wall); !taken) {
        fail(taken.error(), false, now);
        advance(now);
    } else if (!wants_rows()) {
        advance(now);
    }
}

void Engine::Core::recycle(std::unique_ptr<RecordBuffer> buffer) {
    if (mode_ == Mode::kSnapshot) return snapshot_.recycle(std::move(buffer));
    streaming_.recycle(std::move(buffer));
}

// The slot is held and the stream is not read: the server keeps it for us, statuses go on.
void Engine::Core::begin_snapshot(Instant now) {
    mode_ = Mode::kSnapshot;
    fenced_ = false;
    streaming_since_ = now;
    statistics_.published_lsn = recovery_.state().position->lsn;
    snapshot_step(snapshot_.begin(recovery_.state(), recovery_.opened(), recovery_.facts(), now),
                  now);
}

// The last row is published. Where no stream follows, the slot has to go, which is done as after a
// restart: the state says that there is nothing else left to do.
void Engine::Core::end_snapshot(Instant now) {
    outbox_.put(CloseSnapshot{});
    if (options_.snapshot_mode != SnapshotMode::kOnly) {
        return begin_streaming(snapshot_.state(), now);
    }
    outbox_.put(ClosePostgres{true});
    drop_memory();
    mode_ = Mode::kRecovering;
    recovery_.begin(false);
}

void Engine::Core::on(const SnapshotRangeRead& event, Instant now) {
    if (mode_ == Mode::kSnapshot) snapshot_step(snapshot_.range_read(event, now), now);
}

void Engine::Core::snapshot_step(const Status& done, Instant now) {
    if (!done) fail(done.error(), false, now);
}

}  // namespace penstock
