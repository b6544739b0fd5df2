// A pipe that streams from position 1000, for which a table "public.t" (oid 16001, relation 1) with
// a key in column 1 is read in chunks. The reader of chunks is played by hand.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {

// A row message: the key in field 1, text in field 2.
inline std::string row(int key, std::string_view text = "x") {
    std::string bytes{1 << 3, static_cast<char>(key << 1), 2 << 3 | 2,
                      static_cast<char>(text.size())};
    return bytes.append(text);
}

class OnDemandWorld : public ScriptedWorld {
public:
    static constexpr std::uint32_t kTable = 16001;

    explicit OnDemandWorld(EngineOptions with = default_options())
        : ScriptedWorld(std::move(with)) {}

    // In the stream, with the table known to it.
    void stream() {
        stream_from(1000_lsn);
        relation(1, "t", kTable);
        history.clear();
    }

    // With the table in the state as queued; the position is as it was set.
    void start_engine_and_queue() {
        SnapshotState& queued = state.snapshots[kTable];
        queued.initial = false;
        queued.schema = "public";
        queued.table = "t";
        state.snapshot_keys = 1;
        ScriptedWorld::start();
        found(table());
        pass(1_ms);
        look(all_below(500));
    }

    static ChunkTable table(std::vector<std::uint32_t> key = {1}) {
        ChunkTable found;
        found.oid = found.published_as = kTable;
        found.schema = "public";
        found.name = "t";
        found.key = std::move(key);
        found.rows = 100;
        return found;
    }

    void ask(SnapshotRequest::Kind kind, std::vector<std::string> tables = {"public.t"}) {
        SnapshotRequest request;
        request.kind = kind;
        request.client = ++clients;
        request.tables = std::move(tables);
        request.requested_by = "socket";
        handle(request);
    }
    void found(ChunkTable found) { handle(TablesFound{finds.back().ticket, {std::move(found)}}); }
    // Nothing runs below `next`.
    static VisibleTransactions all_below(std::uint64_t next) { return {next, next, {}}; }
    void look(VisibleTransactions visible) {
        handle(SnapshotLooked{looks.back().ticket, std::move(visible)});
    }
    // Asked for, accepted, and the first chunk is to be read.
    void start(ChunkTable asked = table()) {
        ask(SnapshotRequest::Kind::kStart);
        found(std::move(asked));
        pass(2000_ms);
        look(all_below(500));
    }

    // The answer to the last ReadChunk.
    ChunkRead chunk(std::vector<std::string> rows, Lsn lsn, VisibleTransactions visible) const {
        ChunkRead chunk;
        chunk.ticket = reads.back().ticket;
        chunk.lsn = lsn;
        chunk.visible = std::move(visible);
        chunk.until = "until";
        auto described = std::make_shared<Relation>();
        described->oid = kTable;
        described->schema = "public";
        described->name = "t";
        chunk.relation = std::move(described);
        for (const std::string& bytes : rows) {
            const std::string cursor = "c" + std::to_string(static_cast<int>(bytes[1]) >> 1);
            chunk.rows.push_back(
                {chunk.bytes.size(), bytes.size(), chunk.cursors.size(), cursor.size()});
            chunk.bytes += bytes;
            chunk.cursors += cursor;
        }
        return chunk;
    }
    void read(ChunkRead chunk) { handle(std::move(chunk)); }
    void keepalive(Lsn wal_end) { handle(Keepalive{wal_end, false}); }

    // What is published of it.
    SnapshotState progress() const {
        const auto known = state.snapshots.find(kTable);
        return known == state.snapshots.end() ? SnapshotState{} : known->second;
    }

    std::uint64_t clients = 0;
};

}  // namespace penstock::test
