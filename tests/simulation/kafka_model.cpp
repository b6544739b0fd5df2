#include "kafka_model.hpp"

#include <algorithm>

namespace penstock::simulation {

std::size_t Partition::last_stable_offset() const {
    std::size_t offset = log.size();
    for (const auto& [producer, run] : open_runs) offset = std::min(offset, runs[run].first_offset);
    return offset;
}

KafkaModel::KafkaModel(VirtualTime& time, Trace& trace, Random random)
    : time_(time), trace_(trace), random_(random) {
    topics_.push_back(KafkaTopic{"state", std::vector<Partition>(1), false, 0});
}

Partition* KafkaModel::partition(const PartitionId& id) {
    if (id.topic >= topics_.size() || !topics_[id.topic].exists) return nullptr;
    auto& partitions = topics_[id.topic].partitions;
    if (id.partition < 0 || static_cast<std::size_t>(id.partition) >= partitions.size())
        return nullptr;
    return &partitions[static_cast<std::size_t>(id.partition)];
}

std::uint32_t KafkaModel::ensure_topic(const std::string& name, std::int32_t partitions) {
    for (std::uint32_t i = 0; i < topics_.size(); ++i) {
        if (topics_[i].name == name) return i;
    }
    topics_.push_back(
        KafkaTopic{name, std::vector<Partition>(static_cast<std::size_t>(partitions)), true, 0});
    return static_cast<std::uint32_t>(topics_.size() - 1);
}

Coordinator& KafkaModel::coordinator(const std::string& transactional_id) {
    return coordinators_[transactional_id];
}

bool KafkaModel::current(const Coordinator& found, const ProducerIdentity& producer) const {
    return found.producer_id == producer.id && found.epoch == producer.epoch;
}

KafkaReply KafkaModel::init_producer_id(const std::string& transactional_id) {
    Coordinator& found = coordinator(transactional_id);
    switch (found.state) {
        case CoordinatorState::kOngoing:
            ++found.epoch;  // Fences the owner of the open transaction while it is aborted.
            prepare(transactional_id, false);
            return {KafkaCode::kConcurrentTransactions, {}};
        case CoordinatorState::kPrepareCommit:
        case CoordinatorState::kPrepareAbort:
            return {KafkaCode::kConcurrentTransactions, {}};
        case CoordinatorState::kEmpty:
        case CoordinatorState::kCompleteCommit:
        case CoordinatorState::kCompleteAbort:
            break;
    }
    if (found.producer_id == 0) {
        found.producer_id = next_producer_id_++;
    } else {
        ++found.epoch;
    }
    found.state = CoordinatorState::kEmpty;
    trace_.say("kafka", "{} is producer {} epoch {}", transactional_id, found.producer_id,
               found.epoch);
    return {KafkaCode::kOk, {transactional_id, found.producer_id, found.epoch}};
}

KafkaReply KafkaModel::add_partitions(const ProducerIdentity& producer,
                                      const std::set<PartitionId>& added) {
    Coordinator& found = coordinator(producer.transactional_id);
    if (!current(found, producer)) return {KafkaCode::kFenced, {}};
    for (const PartitionId& id : added) {
        if (partition(id) == nullptr) return {KafkaCode::kUnknownTopic, {}};
    }
    if (found.state == CoordinatorState::kPrepareCommit ||
        found.state == CoordinatorState::kPrepareAbort)
        return {KafkaCode::kConcurrentTransactions, {}};
    if (found.state != CoordinatorState::kOngoing) {
        found.state = CoordinatorState::kOngoing;
        found.partitions.clear();
        found.started = time_.now();
        found.kafka_transaction = next_kafka_transaction_++;
        time_.after(transaction_timeout,
                    [this, id = producer.transactional_id, number = found.kafka_transaction] {
                        expire(id, number);
                    });
    }
    found.partitions.insert(added.begin(), added.end());
    return {KafkaCode::kOk, {}};
}

void KafkaModel::expire(const std::string& transactional_id, std::uint64_t kafka_transaction) {
    Coordinator& found = coordinator(transactional_id);
    if (found.state != CoordinatorState::kOngoing || found.kafka_transaction != kafka_transaction)
        return;
    if (!up_) {
        time_.after(kSecond, [this, transactional_id, kafka_transaction] {
            expire(transactional_id, kafka_transaction);
        });
        return;
    }
    trace_.say("kafka", "{} timed out", transactional_id);
    ++found.epoch;
    prepare(transactional_id, false);
}

KafkaReply KafkaModel::produce(const ProducerIdentity& producer, std::uint64_t sequence,
                               const std::vector<LogRecord>& records) {
    auto& expected = next_sequence_[{producer.id, producer.epoch}];
    if (sequence < expected) return {KafkaCode::kOk, {}};  // A repeat of what is stored.
    if (sequence > expected) return {KafkaCode::kOutOfOrder, {}};
    const Coordinator& found = coordinator(producer.transactional_id);
    for (const LogRecord& record : records) {
        Partition* const target = partition(record.where);
        if (target == nullptr) return {KafkaCode::kUnknownTopic, {}};
        if (target->epochs[producer.id] > producer.epoch) return {KafkaCode::kFenced, {}};
        if (target->open_runs.contains(producer.id)) continue;
        // KIP-890 part 1: the leader asks the coordinator before it lets a transaction begin here.
        if (!current(found, producer)) return {KafkaCode::kFenced, {}};
        if (found.state != CoordinatorState::kOngoing || !found.partitions.contains(record.where))
            return {KafkaCode::kInvalidTransactionState, {}};
    }
    ++expected;
    for (const LogRecord& record : records) {
        Partition& target = *partition(record.where);
        target.epochs[producer.id] = producer.epoch;
        auto open = target.open_runs.find(producer.id);
        if (open == target.open_runs.end()) {
            target.runs.push_back(
                Run{Run::State::kOpen, found.kafka_transaction, target.log.size()});
            const auto run = static_cast<std::uint32_t>(target.runs.size() - 1);
            open = target.open_runs.emplace(producer.id, run).first;
        }
        target.log.push_back(record);
        target.log.back().run = open->second;
    }
    return {KafkaCode::kOk, {}};
}

KafkaReply KafkaModel::end_transaction(const ProducerIdentity& producer, bool commit) {
    const Coordinator& found = coordinator(producer.transactional_id);
    if (!current(found, producer)) return {KafkaCode::kFenced, {}};
    switch (found.state) {
        case CoordinatorState::kOngoing:
            prepare(producer.transactional_id, commit);
            return {KafkaCode::kOk, {}};
        case CoordinatorState::kPrepareCommit:
        case CoordinatorState::kPrepareAbort:
            return {KafkaCode::kConcurrentTransactions, {}};
        case CoordinatorState::kCompleteCommit:
            return {commit ? KafkaCode::kOk : KafkaCode::kInvalidTransactionState, {}};
        case CoordinatorState::kCompleteAbort:
            return {commit ? KafkaCode::kInvalidTransactionState : KafkaCode::kOk, {}};
        case CoordinatorState::kEmpty:
            return {KafkaCode::kInvalidTransactionState, {}};
    }
    return {KafkaCode::kInvalidTransactionState, {}};
}

void KafkaModel::prepare(const std::string& transactional_id, bool commit) {
    Coordinator& found = coordinator(transactional_id);
    found.state = commit ? CoordinatorState::kPrepareCommit : CoordinatorState::kPrepareAbort;
    trace_.say("kafka", "{} epoch {} transaction {}: {}", transactional_id, found.epoch,
               found.kafka_transaction, commit ? "commit" : "abort");
    if (commit) committed_transactions_.insert(found.kafka_transaction);
    const std::set<PartitionId> marked = found.partitions;
    if (marked.empty()) {
        found.state = commit ? CoordinatorState::kCompleteCommit : CoordinatorState::kCompleteAbort;
        return;
    }
    for (const PartitionId& id : marked) {
        time_.after(random_.between(Duration{100}, marker_delay_max),
                    [this, transactional_id, number = found.kafka_transaction, id] {
                        write_marker(transactional_id, number, id);
                    });
    }
}

void KafkaModel::write_marker(const std::string& transactional_id, std::uint64_t kafka_transaction,
                              const PartitionId& where) {
    if (!up_) {
        time_.after(100 * kMillisecond, [this, transactional_id, kafka_transaction, where] {
            write_marker(transactional_id, kafka_transaction, where);
        });
        return;
    }
    Coordinator& found = coordinator(transactional_id);
    const bool commit = found.state == CoordinatorState::kPrepareCommit;
    if (Partition* const target = partition(where)) {
        target->epochs[found.producer_id] = found.epoch;
        const auto open = target->open_runs.find(found.producer_id);
        if (open != target->open_runs.end()) {
            target->runs[open->second].state =
                commit ? Run::State::kCommitted : Run::State::kAborted;
            target->log.push_back(
                LogRecord{.where = where, .data = {}, .run = open->second, .control = true});
            target->open_runs.erase(open);
        }
    }
    found.partitions.erase(where);
    if (found.partitions.empty())
        found.state = commit ? CoordinatorState::kCompleteCommit : CoordinatorState::kCompleteAbort;
    if (where.topic == kStateTopic && on_state_readable) on_state_readable();
}

bool KafkaModel::is_decided_commit(const Partition&, const Run& run) const {
    return run.state != Run::State::kAborted &&
           committed_transactions_.contains(run.kafka_transaction);
}

bool KafkaModel::any_open_transaction() const {
    return std::any_of(coordinators_.begin(), coordinators_.end(), [](const auto& entry) {
        const CoordinatorState state = entry.second.state;
        return state == CoordinatorState::kOngoing || state == CoordinatorState::kPrepareCommit ||
               state == CoordinatorState::kPrepareAbort;
    });
}

void KafkaModel::set_up(bool up) {
    if (up_ == up) return;
    trace_.say("kafka", "{}", up ? "up" : "down");
    up_ = up;
    if (up && on_state_readable) on_state_readable();
}

}  // namespace penstock::simulation
