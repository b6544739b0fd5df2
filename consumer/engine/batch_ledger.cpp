#include "engine/batch_ledger.hpp"

namespace penstock {

void BatchLedger::fence() {
    forget();
    ++generation_;
    outbox_.put(FenceProducers{generation_});
}

void BatchLedger::resume(const std::optional<Position>& truth) {
    published_ = truth.value_or(Position{});
    sequence_ = published_.sequence;
}

void BatchLedger::open_batch() {
    if (open_) return;
    open_ = true;
    outbox_.put(OpenBatch{++batch_});
}

void BatchLedger::produce(std::unique_ptr<RecordBuffer> records) {
    open_batch();
    chunks_.push_back(weight(*records));
    window_bytes_ += chunks_.back();
    outbox_.put(ProduceChunk{batch_, std::move(records)});
}

void BatchLedger::close(Position position, std::vector<std::pair<std::string, TopicState>> topics,
                        std::vector<std::pair<std::uint32_t, SnapshotState>> snapshots) {
    open_batch();
    open_ = false;
    position.sequence = ++sequence_;
    in_flight_.push_back({batch_, position});
    outbox_.put(CloseBatch{batch_, std::move(position), std::move(topics), std::move(snapshots)});
}

void BatchLedger::abort_open() {
    if (open_) outbox_.put(AbortBatch{});
    open_ = false;
}

void BatchLedger::forget() {
    open_ = false;
    in_flight_.clear();
    chunks_.clear();
    window_bytes_ = 0;
}

bool BatchLedger::chunk_done(const ChunkDone& done) {
    if (!of_this_generation(done.generation) || chunks_.empty()) return false;
    window_bytes_ -= chunks_.front();
    chunks_.pop_front();
    return true;
}

bool BatchLedger::answers_oldest(const BatchClosed& closed) const {
    if (!of_this_generation(closed.generation) || in_flight_.empty()) return false;
    return in_flight_.front().batch == closed.batch;
}

void BatchLedger::published(const BatchClosed& closed) {
    if (!answers_oldest(closed)) return;
    published_ = in_flight_.front().position;
    in_flight_.pop_front();
}

}  // namespace penstock
