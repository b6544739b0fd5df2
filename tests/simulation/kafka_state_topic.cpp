// The state topic of the modelled Kafka: reads at either isolation level, and the ways to lose it.
#include "kafka_model.hpp"

namespace penstock::simulation {

void KafkaModel::create_state_topic() {
    KafkaTopic& topic = topics_[kStateTopic];
    if (topic.exists) return;
    topic.exists = true;
    topic.partitions = std::vector<Partition>(1);
}

StateView KafkaModel::read_state(std::size_t end, bool read_committed) const {
    StateView view;
    view.topic_exists = state_topic_exists();
    if (!view.topic_exists) return view;
    view.too_new = state_too_new;
    const Partition& partition = state();
    for (std::size_t offset = 0; offset < std::min(end, partition.log.size()); ++offset) {
        const LogRecord& record = partition.log[offset];
        if (record.control) continue;
        if (read_committed && partition.runs[record.run].state != Run::State::kCommitted) continue;
        if (record.position) view.position = *record.position;
        if (record.topic_key) view.topics[record.topic_key->topic] = record.topic_key->state;
        if (record.snapshot_key) {
            view.snapshots[record.snapshot_key->oid] = record.snapshot_key->state;
        }
    }
    view.snapshot_keys = static_cast<std::uint32_t>(view.snapshots.size());
    return view;
}

std::optional<std::pair<std::size_t, Position>> KafkaModel::last_position(
    std::size_t end, bool read_committed) const {
    const Partition& partition = state();
    for (std::size_t offset = std::min(end, partition.log.size()); offset-- > 0;) {
        const LogRecord& record = partition.log[offset];
        if (record.control || !record.position) continue;
        if (read_committed && partition.runs[record.run].state != Run::State::kCommitted) continue;
        return std::pair{offset, *record.position};
    }
    return std::nullopt;
}

std::optional<Position> KafkaModel::durable_position() const {
    const Partition& partition = state();
    for (std::size_t offset = partition.log.size(); offset-- > 0;) {
        const LogRecord& record = partition.log[offset];
        if (!record.control && record.position &&
            is_decided_commit(partition, partition.runs[record.run]))
            return *record.position;
    }
    return std::nullopt;
}

std::map<std::uint32_t, SnapshotState> KafkaModel::durable_snapshots() const {
    std::map<std::uint32_t, SnapshotState> found;
    const Partition& partition = state();
    for (const LogRecord& record : partition.log) {
        if (record.control || !record.snapshot_key) continue;
        if (!is_decided_commit(partition, partition.runs[record.run])) continue;
        found[record.snapshot_key->oid] = record.snapshot_key->state;
    }
    return found;
}

bool KafkaModel::knows_request(const std::string& predicate) const {
    const Partition& partition = state();
    for (const LogRecord& record : partition.log) {
        if (record.control || !record.snapshot_key) continue;
        const bool same = record.snapshot_key->state.predicate == predicate;
        if (same && is_decided_commit(partition, partition.runs[record.run])) return true;
    }
    return false;
}

void KafkaModel::delete_state_topic() {
    trace_.say("kafka", "state topic deleted");
    topics_[kStateTopic].exists = false;
    topics_[kStateTopic].partitions = std::vector<Partition>(1);
}

void KafkaModel::lose_state_tail(std::size_t count) {
    Partition& partition = topics_[kStateTopic].partitions[0];
    std::size_t cut = partition.log.size();
    while (cut > 0 && count > 0) {
        const LogRecord& record = partition.log[--cut];
        if (!record.control && record.position &&
            partition.runs[record.run].state == Run::State::kCommitted)
            --count;
    }
    trace_.say("kafka", "state topic loses {} of {} records", partition.log.size() - cut,
               partition.log.size());
    partition.log.resize(cut);
    partition.open_runs.clear();
    for (Run& run : partition.runs) {
        if (run.state == Run::State::kOpen) run.state = Run::State::kAborted;
    }
}

bool KafkaModel::lose_topic_keys() {
    Partition& partition = topics_[kStateTopic].partitions[0];
    bool found = false;
    for (LogRecord& record : partition.log) {
        if (!record.topic_key) continue;
        record.topic_key.reset();
        record.control = true;
        found = true;
    }
    return found;
}

void KafkaModel::add_partition(std::uint32_t topic) {
    topics_[topic].partitions.emplace_back();
}

void KafkaModel::plant_position(const Position& position) {
    create_state_topic();
    Partition& partition = topics_[kStateTopic].partitions[0];
    const std::uint64_t number = next_kafka_transaction_++;
    committed_transactions_.insert(number);
    partition.runs.push_back(Run{Run::State::kCommitted, number, partition.log.size()});
    LogRecord record;
    record.where = PartitionId{kStateTopic, 0};
    record.position = std::make_shared<const Position>(position);
    record.run = static_cast<std::uint32_t>(partition.runs.size() - 1);
    partition.log.push_back(record);
}

void KafkaModel::plant_topic_key(const std::string& topic, const TopicState& topic_state) {
    create_state_topic();
    Partition& partition = topics_[kStateTopic].partitions[0];
    const std::uint64_t number = next_kafka_transaction_++;
    committed_transactions_.insert(number);
    partition.runs.push_back(Run{Run::State::kCommitted, number, partition.log.size()});
    LogRecord record;
    record.where = PartitionId{kStateTopic, 0};
    record.topic_key = std::make_shared<const TopicKeyRecord>(TopicKeyRecord{topic, topic_state});
    record.run = static_cast<std::uint32_t>(partition.runs.size() - 1);
    partition.log.push_back(record);
}

}  // namespace penstock::simulation
