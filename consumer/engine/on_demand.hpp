// Snapshots on demand while the stream flows: what people ask for, which tables that means, how far
// each of them is, and which one is in work. The merge of a table's chunks into the stream is
// ChunkMerge's; rows become records in Streaming. Lives as long as the process; what it knows of
// tables is what the state topic says, and every change of it rides in the Kafka transaction of the
// rows that it counts (I2). A request is accepted, and its tables are read, only once it is in the
// state topic for good.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/chunk_merge.hpp"
#include "engine/clock.hpp"
#include "engine/engine.hpp"
#include "engine/outbox.hpp"
#include "engine/state.hpp"

namespace penstock {

class OnDemand {
public:
    OnDemand(const EngineOptions& options, Outbox& outbox, EngineStatistics& statistics)
        : options_(options), outbox_(outbox), statistics_(statistics), merge_(options, outbox) {}

    // A session of the stream begins with these states; initial ones are none of ours. Requests
    // that were not answered are taken up again.
    void resume(const std::map<std::uint32_t, SnapshotState>& states);
    // The session is over.
    void reset();

    // ---- people --------------------------------------------------------------------------------
    void request(SnapshotRequest request);
    // Refuses a request in a phase that takes none; answers what only looks.
    void refuse(const SnapshotRequest& request, std::string why);

    // ---- the reader's answers; those to old tickets change nothing -----------------------------
    void found(const TablesFound& event);
    void not_found(const TablesNotFound& event, Instant now);
    void looked(const SnapshotLooked& event, Instant now) { merge_.looked(event, now); }
    void read(ChunkRead chunk, Instant now);
    void failed(const ChunkFailed& event, Instant now);

    // ---- the stream ----------------------------------------------------------------------------
    ChunkMerge& merge() { return merge_; }
    const ChunkMerge& merge() const { return merge_; }
    // What of the waiting chunk enters here; nothing: it is read again.
    std::optional<ChunkVerdict> judge(Instant now);
    // `rows` of them made records, which are in the open batch.
    void entered(const ChunkVerdict& verdict, std::uint64_t rows);
    // The table in work cannot be published; the stream goes on.
    void give_up(const Error& error);

    // ---- the state -----------------------------------------------------------------------------
    bool changed() const { return changed_; }
    // Goes into the batch that is being closed, which closed() then names.
    std::vector<std::pair<std::uint32_t, SnapshotState>> take_changed();
    void closed(std::uint64_t sequence);
    // Everything up to this sequence is published.
    void published(std::uint64_t sequence);
    // How many keys the state topic holds for it.
    std::uint32_t keys() const { return static_cast<std::uint32_t>(tables_.size()); }

    void advance(Instant now);
    std::optional<Instant> next_deadline() const;

private:
    static constexpr std::uint64_t kNotYet = std::numeric_limits<std::uint64_t>::max();
    static constexpr Duration kFindAgain{1'000'000};

    struct Table {
        SnapshotState state;
        std::optional<ChunkTable> found;  // In this session.
        std::vector<std::uint32_t> key;   // By which the cursor was made, where that is known.
        bool changed = false;
        std::uint64_t published_in = kNotYet;  // Sequence of the position that has the request.
        std::uint64_t order = 0;
        std::uint64_t rows_estimated = 0;
        std::string ended_by;  // The error that cancelled it.
    };
    using Entry = std::pair<const std::uint32_t, Table>;
    // A request on its way. Only the first one is in work.
    struct Asked {
        enum class Stage : std::uint8_t { kNew, kFinding, kWriting };
        SnapshotRequest request;
        Stage stage = Stage::kNew;
        bool again = false;  // It may have been carried out in an earlier session.
        std::map<std::uint32_t, SnapshotState> before;  // What it then found, by table.
        std::uint64_t written_in = kNotYet;
    };

    static bool is_runnable(SnapshotProgress progress);
    static std::string full_name(const SnapshotState& state);

    void proceed();
    void find(std::vector<std::string> names, std::string predicate);
    void take_up(Entry& entry);
    void found_again(Entry& entry, const std::vector<ChunkTable>& tables);
    void restart(Table& table, const char* why);
    bool any_unwritten(const std::vector<ChunkTable>& tables) const;
    bool starts_again(const ChunkTable& table, const std::string& predicate) const;
    Status start(const std::vector<ChunkTable>& tables);
    Status check_start(const ChunkTable& table) const;
    Status steer(const std::vector<std::uint32_t>& oids);
    std::optional<std::vector<std::uint32_t>> named(const std::vector<std::string>& names) const;
    bool steers(SnapshotProgress progress) const;
    void answer_front(Status outcome);
    void answer(const SnapshotRequest& request, Status outcome);
    Entry* next_table();
    Entry* in_work();
    void cancel(Entry& entry, const Error& error);
    void change(Table& table, SnapshotProgress progress);
    SnapshotReport report() const;

    const EngineOptions& options_;
    Outbox& outbox_;
    EngineStatistics& statistics_;
    ChunkMerge merge_;
    bool active_ = false;
    bool changed_ = false;
    std::map<std::uint32_t, Table> tables_;  // By oid.
    std::deque<Asked> asked_;
    std::uint64_t last_order_ = 0;
    std::uint64_t published_ = 0;
    std::uint64_t ticket_ = 0;        // Of FindTables.
    bool finding_ = false;            // Its answer is waited for.
    std::uint32_t looking_for_ = 0;   // The table that it is about; 0: the first request.
    std::optional<Instant> find_at_;  // Not before.
    std::string find_waits_for_;
    std::string told_;  // What the merge waited for in the last report.
    bool report_due_ = true;
};

}  // namespace penstock
