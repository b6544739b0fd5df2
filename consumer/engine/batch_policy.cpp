#include "engine/batch_policy.hpp"
#include "engine/mutant.hpp"

#include <algorithm>

namespace penstock {

bool BatchPolicy::atomic() const {
    return options_.transactions == TransactionsMode::kAtomic && !mutant(Mutant::kAtomicIsCut);
}

bool BatchPolicy::full(const BatchFill& fill) const {
    return fill.rows >= options_.batch_rows_max || fill.bytes >= options_.batch_bytes_max;
}

Duration BatchPolicy::pace(const BatchFill& fill) const {
    if (fill.records == 0) return options_.idle_interval;
    const auto partitions = static_cast<Duration::rep>(fill.partitions);
    return std::min(options_.commit_interval + options_.commit_interval_per_partition * partitions,
                    options_.commit_interval_max);
}

bool BatchPolicy::close_due(const BatchFill& fill, const BatchSurroundings& around,
                            Instant now) const {
    if (full(fill)) return true;
    const std::optional<Instant> at = close_at(fill, around);
    return at && *at <= now;
}

std::optional<Instant> BatchPolicy::close_at(const BatchFill& fill,
                                             const BatchSurroundings& around) const {
    if (full(fill)) return fill.opened_at;
    if (around.commit_in_flight) return std::nullopt;
    if (around.hurry) return fill.opened_at;
    const Instant paced = around.last_close + pace(fill);
    if (around.socket_drained) return paced;
    return std::max(paced, fill.opened_at + options_.batch_age_max);
}

bool BatchPolicy::cut_due(const TransactionFill& transaction, Instant now) const {
    if (atomic()) return false;
    if (transaction.items <= transaction.items_cut) return false;
    if (mutant(Mutant::kCutSmallTransaction)) return true;
    if (transaction.items_cut == 0) {
        return transaction.items > options_.large_transaction_rows ||
               transaction.bytes > options_.large_transaction_bytes ||
               now >= transaction.begun_at + options_.large_transaction_age;
    }
    return transaction.items - transaction.items_cut >= options_.piece_items ||
           transaction.bytes - transaction.bytes_cut >= options_.piece_bytes ||
           now >= transaction.begun_at + options_.large_transaction_age;
}

std::optional<Instant> BatchPolicy::cut_at(const TransactionFill& transaction) const {
    if (atomic()) return std::nullopt;
    if (transaction.items <= transaction.items_cut) return std::nullopt;
    return transaction.begun_at + options_.large_transaction_age;
}

void PartitionCount::clear() {
    ++batch_;
    count_ = 0;
}

void PartitionCount::add(const RecordBuffer& buffer, std::size_t from_record) {
    const std::vector<Record>& records = buffer.records();
    for (std::size_t index = from_record; index < records.size(); ++index) {
        const Record& record = records[index];
        if (seen_.size() <= record.topic) seen_.resize(record.topic + 1);
        std::vector<std::uint64_t>& partitions = seen_[record.topic];
        const auto partition = static_cast<std::size_t>(record.partition);
        if (partitions.size() <= partition) partitions.resize(partition + 1);
        if (partitions[partition] == batch_) continue;
        partitions[partition] = batch_;
        ++count_;
    }
}

}  // namespace penstock
