// Rows of tables that are read while the stream flows, on their way into the open batch: at a place
// between two source transactions, all rows of a chunk at once, and how far the table is with them.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/streaming.hpp"

namespace penstock {

// A change of the stream, before anything is decided of it: what was published before is noted all
// the same, since a reader of the topic has it.
void Streaming::note(const ChangeFrame& change, TransactionTracker::Verdict verdict) {
    if (verdict == TransactionTracker::Verdict::kInvalid) return;
    if (!router_.routed(change.relation_id)) return;
    on_demand_.merge().note(change, router_.relation(change.relation_id),
                            tracker_.transaction().xid);
}

void Streaming::note_truncate(std::uint32_t relation_id) {
    if (!on_demand_.merge().noting() || !router_.routed(relation_id)) return;
    on_demand_.merge().note_truncate(router_.relation(relation_id), tracker_.transaction().xid);
}

Status Streaming::server_at(Lsn wal_end, Instant now) {
    if (!active_ || !wants_frames() || !between_transactions()) return {};
    return enter_chunk(wal_end, now);
}

// All commits that end at or below `reached` are received, and no transaction is in hand.
Status Streaming::enter_chunk(Lsn reached, Instant now) {
    if (stage_ || !on_demand_.merge().reached_by(reached)) return {};
    if (tracker_.open_expected() || !chunk_described()) return {};
    std::optional<ChunkVerdict> verdict = on_demand_.judge(now);
    if (!verdict) return {};
    const ChunkRead& chunk = *on_demand_.merge().chunk();
    stage_ = std::make_unique<ChunkStage>();
    stage_->ticket = chunk.ticket;
    stage_->verdict = std::move(*verdict);
    stage_->begin.xid = Xid{static_cast<std::uint32_t>(chunk.visible.xmax)};
    stage_->begin.first_lsn = stage_->begin.commit_lsn = stage_->begin.end_lsn = chunk.lsn;
    stage_->begin.commit_time_us = chunk.time_us;
    stage_->context.transaction = &stage_->begin;
    stage_->context.lsn = chunk.lsn;
    stage_->context.last_commit_lsn = tracker_.last_end_lsn();
    stage_->context.now = std::chrono::duration_cast<WallTime>(Duration(chunk.time_us));
    stage_->context.snapshot = SnapshotMarker::kIncremental;
    return stage_chunk(now);
}

// Whether the topic of the rows is there and the encoder knows their shape; asks for it otherwise.
bool Streaming::chunk_described() {
    const ChunkRead* const chunk = on_demand_.merge().chunk();
    if (chunk == nullptr || router_.held()) return false;
    if (chunk->rows.empty()) return true;
    if (router_.routed(kChunkRelation)) {
        const Relation& known = router_.relation(kChunkRelation);
        if (known.oid == chunk->relation->oid && known.fingerprint == chunk->relation->fingerprint)
            return true;
    }
    auto relation = std::make_shared<Relation>(*chunk->relation);
    relation->id = kChunkRelation;
    describing_chunk_ = true;
    if (Status described = router_.describe(std::move(relation)); !described) {
        describing_chunk_ = false;
        on_demand_.give_up(described.error());
        return false;
    }
    describing_chunk_ = router_.held();
    return router_.routed(kChunkRelation);
}

// An answer for the router, after which what was held goes on. What only the chunk wanted fails
// with it: its table is given up, and the stream goes on.
Status Streaming::released(Status done, Instant now) {
    const bool for_chunk = describing_chunk_ || (stage_ && !held_);
    if (!router_.held()) {
        describing_chunk_ = false;
        if (!done && for_chunk) {
            if (on_demand_.merge().chunk() != nullptr) give_up_chunk(done.error());
            return {};
        }
    }
    if (!done) return done;
    if (Status encoded = encode_held(now); !encoded) return encoded;
    return stage_ && !router_.held() ? stage_chunk(now) : Status{};
}

void Streaming::give_up_chunk(const Error& error) {
    stage_.reset();
    on_demand_.give_up(error);
}

// As far as it goes: a row may need a topic of its own, for which the stream is held.
Status Streaming::stage_chunk(Instant now) {
    const ChunkRead* const chunk = on_demand_.merge().chunk();
    if (chunk == nullptr || chunk->ticket != stage_->ticket) {
        stage_.reset();  // Cancelled or paused meanwhile.
        return {};
    }
    while (stage_->next < stage_->verdict.rows.size()) {
        const Result<bool> staged = stage_row(chunk->row(stage_->verdict.rows[stage_->next]));
        if (!staged) {
            give_up_chunk(staged.error());
            return {};
        }
        if (!*staged) return {};
        ++stage_->next;
    }
    finish_chunk(now);
    return {};
}

// False: its topic has to be made first.
Result<bool> Streaming::stage_row(std::string_view row) {
    const Result<ChangeFrame> change = stage_->change.make(kChunkRelation, row);
    if (!change) return Failure(change.error());
    if (!change->marked.empty() && !encoder_.judges_marked_values()) return marked_value(*change);
    if (stage_->buffers.empty() ||
        BatchLedger::weight(*stage_->buffers.back()) >= options_.chunk_bytes) {
        stage_->buffers.push_back(spare_.take());
    }
    RecordBuffer& out = *stage_->buffers.back();
    const std::size_t bytes_before = out.size_bytes();
    const std::size_t records_before = out.records().size();
    if (Status done = encoder_.encode(*change, stage_->context, out); !done) {
        return Failure(done.error());
    }
    if (out.size_bytes() == bytes_before) {
        if (std::optional<WantedTopic> wanted = encoder_.wanted_topic()) {
            if (Status asked = router_.want(std::move(*wanted)); !asked) {
                return Failure(asked.error());
            }
            return false;
        }
    }
    if (Status fits = router_.check_size(out, records_before); !fits) return Failure(fits.error());
    if (out.records().size() != records_before) ++stage_->rows;
    return true;
}

// I2: the rows and the cursor that covers them are in the batch from here on, or neither is.
void Streaming::finish_chunk(Instant now) {
    const std::unique_ptr<ChunkStage> stage = std::move(stage_);
    fill_batch(now);
    hand_over();
    for (std::unique_ptr<RecordBuffer>& buffer : stage->buffers) {
        if (buffer->empty()) continue;
        partitions_.add(*buffer, 0);
        batch_.fill.records += buffer->records().size();
        batch_.fill.bytes += buffer->size_bytes();
        statistics_.records += buffer->records().size();
        statistics_.record_bytes += buffer->size_bytes();
        ledger_.produce(std::move(buffer));
    }
    batch_.fill.rows += stage->rows;
    batch_.fill.partitions = partitions_.count();
    statistics_.items += stage->rows;
    on_demand_.entered(stage->verdict, stage->rows);
}

}  // namespace penstock
