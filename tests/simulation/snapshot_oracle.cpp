#include "snapshot_oracle.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "chunk_reader_model.hpp"
#include "plain_encoder.hpp"

namespace penstock::simulation {

namespace {

// Kafka transactions are known by their place among the positions, of which each has one: numbers
// are given when they begin.

// A row of a snapshot as it stands in Kafka.
struct ReadRow {
    std::uint64_t kafka_transaction = 0;
    std::uint64_t place = 0;  // It follows everything that ends at or below.
    DataPayload data;
};

// A snapshot/ key as it stands in the state topic.
struct Progress {
    std::uint64_t kafka_transaction = 0;
    std::uint32_t table = 0;
    SnapshotState state;
};

// One table for one request.
struct Job {
    std::uint32_t table = 0;
    std::uint64_t request = 0;
    auto operator<=>(const Job&) const = default;
};

// What a reader of the topics knows of a row.
struct KnownRow {
    std::uint32_t version = 0;
    std::optional<std::uint32_t> body;  // Nothing: the large value was never told.
};

class Judgement {
public:
    Judgement(const KafkaModel& kafka, const PostgresModel& postgres)
        : kafka_(kafka), postgres_(postgres) {}

    std::optional<std::string> run() {
        collect();
        if (!breach_) check_progress();
        for (const auto& [job, accepted] : accepted_) {
            if (!breach_ && done_.contains(job)) replay(job, accepted);
        }
        return breach_;
    }

private:
    void collect();
    void collect_positions(const Partition& partition);
    void collect_state(const Partition& partition);
    void collect_rows(const Partition& partition);
    void check_progress();
    void replay(const Job& job, std::uint64_t accepted);
    void replay_item(const Job& job, const SourceItem& item, bool told);
    void replay_row(const Job& job, const ReadRow& row, bool told);
    void compare(const Job& job);
    void fail(std::string reason) {
        if (!breach_) breach_ = std::move(reason);
    }

    const KafkaModel& kafka_;
    const PostgresModel& postgres_;
    std::map<std::uint64_t, std::uint64_t> places_;  // By the model's number.
    std::vector<Position> positions_;                // By place.
    std::vector<Progress> progress_;                 // In order.
    std::vector<ReadRow> rows_;                      // By place.
    std::map<Job, std::uint64_t> accepted_;          // In which Kafka transaction.
    std::set<Job> done_;
    // Of the replay in hand.
    std::map<std::uint32_t, KnownRow> known_;
    std::map<std::uint32_t, std::uint32_t> newest_;  // By key: the version published last.
    std::map<std::uint32_t, std::uint32_t> read_;    // By key: the version that was read.
    std::optional<std::string> breach_;
};

void Judgement::collect_positions(const Partition& partition) {
    for (const LogRecord& record : partition.log) {
        const Run& run = partition.runs[record.run];
        if (record.control || !record.position || !kafka_.is_decided_commit(partition, run))
            continue;
        places_[run.kafka_transaction] = positions_.size();
        positions_.push_back(*record.position);
    }
}

void Judgement::collect_state(const Partition& partition) {
    for (const LogRecord& record : partition.log) {
        const Run& run = partition.runs[record.run];
        if (record.control || !record.snapshot_key) continue;
        if (!kafka_.is_decided_commit(partition, run)) continue;
        const SnapshotState& state = record.snapshot_key->state;
        const std::uint32_t table = record.snapshot_key->oid - kFirstRelationOid;
        const Job job{table, request_of(state.predicate)};
        const std::uint64_t place = places_.at(run.kafka_transaction);
        accepted_.try_emplace(job, place);
        if (state.progress == SnapshotProgress::kDone) done_.insert(job);
        progress_.push_back({place, table, state});
    }
}

// Where in the stream a row entered is told by the engine, and proven by its neighbours.
void Judgement::collect_rows(const Partition& partition) {
    std::uint64_t streamed = 0;
    std::uint64_t entered = 0;
    for (const LogRecord& record : partition.log) {
        const Run& run = partition.runs[record.run];
        if (record.control || !kafka_.is_decided_commit(partition, run)) continue;
        if (record.data.kind == ItemKind::kHeartbeat) continue;
        if (record.data.kind != ItemKind::kRead) {
            streamed = record.data.end_lsn;
            if (streamed <= entered)
                fail(fmt::format("a row entered behind {:X}, and {:X} follows it", entered,
                                 streamed));
            continue;
        }
        // A session knows no place before its first transaction: it is where the state stood.
        ReadRow row{places_.at(run.kafka_transaction), record.data.end_lsn, record.data};
        if (row.kafka_transaction != 0)
            row.place = std::max(row.place, positions_[row.kafka_transaction - 1].lsn.value);
        if (row.place < streamed)
            fail(fmt::format("a row entered behind {:X}, and follows {:X}", row.place, streamed));
        entered = std::max(entered, row.place);
        rows_.push_back(row);
    }
}

void Judgement::collect() {
    const Partition& state = kafka_.topics()[KafkaModel::kStateTopic].partitions[0];
    collect_positions(state);
    collect_state(state);
    for (std::size_t topic = 1; topic < kafka_.topics().size(); ++topic) {
        for (const Partition& partition : kafka_.topics()[topic].partitions)
            collect_rows(partition);
    }
    std::stable_sort(rows_.begin(), rows_.end(), [](const ReadRow& left, const ReadRow& right) {
        return std::pair(left.place, left.kafka_transaction) <
               std::pair(right.place, right.kafka_transaction);
    });
}

void Judgement::check_progress() {
    std::set<std::pair<std::uint64_t, Job>> covered;
    for (const Progress& progress : progress_) {
        const Job job{progress.table, request_of(progress.state.predicate)};
        covered.insert({progress.kafka_transaction, job});
        std::uint64_t count = 0;
        std::set<std::uint32_t> keys;
        for (const ReadRow& row : rows_) {
            const bool counts = Job{row.data.table, row.data.item} == job &&
                                row.kafka_transaction <= progress.kafka_transaction;
            if (!counts) continue;
            ++count;
            if (!keys.insert(row.data.key).second)
                fail(fmt::format("key {} of table {} was read twice for request {}", row.data.key,
                                 job.table, job.request));
            const std::string& cursor = progress.state.cursor;
            if (cursor.empty() || row.data.key > std::stoul(cursor))
                fail(fmt::format("I2: key {} of table {} is published, the cursor is \"{}\"",
                                 row.data.key, job.table, cursor));
        }
        if (count != progress.state.rows)
            fail(fmt::format("I2: {} rows of table {} are published, the state says {}", count,
                             job.table, progress.state.rows));
    }
    for (const ReadRow& row : rows_) {
        if (!covered.contains({row.kafka_transaction, Job{row.data.table, row.data.item}}))
            fail(fmt::format("I2: rows of table {} without its progress", row.data.table));
    }
}

void Judgement::replay_item(const Job& job, const SourceItem& item, bool told) {
    if (!item.captured || !item.published || item.table != job.table) return;
    if (item.kind == ItemKind::kTruncate) {
        if (told) known_.clear();
        return;
    }
    const auto read = read_.find(item.key);
    if (read != read_.end() && item.version <= read->second)
        fail(fmt::format("key {} of table {} was read in version {} before version {} was streamed",
                         item.key, job.table, read->second, item.version));
    newest_[item.key] = item.version;
    if (item.kind == ItemKind::kKeyUpdate) newest_[item.old_key] = item.version;
    if (!told) return;
    if (item.kind == ItemKind::kDelete) {
        known_.erase(item.key);
        return;
    }
    if (item.kind == ItemKind::kKeyUpdate) known_.erase(item.old_key);
    KnownRow& row = known_[item.key];
    row.version = item.version;
    if (!item.unchanged) row.body = item.version;
}

void Judgement::replay_row(const Job& job, const ReadRow& row, bool told) {
    if (row.data.table != job.table) return;
    const auto newest = newest_.find(row.data.key);
    if (newest != newest_.end() && row.data.version < newest->second)
        fail(fmt::format("key {} of table {} goes back from version {} to {}", row.data.key,
                         job.table, newest->second, row.data.version));
    newest_[row.data.key] = row.data.version;
    read_[row.data.key] = row.data.version;
    if (told) known_[row.data.key] = {row.data.version, row.data.body};
}

// A reader who has nothing from before the request.
void Judgement::replay(const Job& job, std::uint64_t accepted) {
    known_.clear();
    newest_.clear();
    read_.clear();
    const Position& from = positions_.at(accepted);
    auto row = rows_.begin();
    for (const SourceTransactionPtr& transaction : postgres_.committed()) {
        for (; row != rows_.end() && row->place < transaction->end_lsn.value; ++row)
            replay_row(job, *row, row->kafka_transaction > accepted);
        const bool whole = transaction->end_lsn > from.lsn;
        const bool open = from.open && from.open->commit_lsn == transaction->commit_lsn;
        const std::uint64_t first = open ? from.open->next_item : 0;
        std::uint64_t received = 0;
        for (const SourceItem& item : transaction->items) {
            if (!item.captured) continue;
            replay_item(job, item, whole && received++ >= first);
        }
    }
    for (; row != rows_.end(); ++row) replay_row(job, *row, row->kafka_transaction > accepted);
    if (!breach_) compare(job);
}

void Judgement::compare(const Job& job) {
    const auto there = postgres_.final_rows(job.table);
    for (const auto& [key, row] : there) {
        const auto known = known_.find(key);
        if (known == known_.end()) {
            return fail(fmt::format("key {} of table {} is missing after request {}", key,
                                    job.table, job.request));
        }
        if (known->second.version != row.version || known->second.body != row.body) {
            return fail(fmt::format(
                "key {} of table {} is version {} with the value of {}, the topics say {} and {}",
                key, job.table, row.version, row.body, known->second.version,
                known->second.body ? std::to_string(*known->second.body) : "nothing"));
        }
    }
    for (const auto& [key, row] : known_) {
        if (!there.contains(key)) {
            return fail(fmt::format("key {} of table {} is gone, request {} has left version {}",
                                    key, job.table, job.request, row.version));
        }
    }
}

}  // namespace

std::optional<std::string> check_snapshots(const KafkaModel& kafka, const PostgresModel& postgres) {
    return Judgement(kafka, postgres).run();
}

}  // namespace penstock::simulation
