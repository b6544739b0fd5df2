// The modelled Kafka: partitions with transactional logs, one transaction coordinator per
// transactional id, markers written after the answer, isolation levels, fencing, time-outs. It sees
// requests as they arrive, which may be late, twice, or from a producer that is long gone. Source
// of the rules: KIP-98, KIP-360, KIP-890 part 1; EndTxn v0-1 carries no transaction number, so a
// late one is believed by a later transaction of the same epoch (KAFKA-17754).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/command.hpp"
#include "source_log.hpp"
#include "virtual_time.hpp"

namespace penstock::simulation {

enum class KafkaCode : std::uint8_t {
    kOk,
    kConcurrentTransactions,  // Retry: the last transaction is still being finished.
    kFenced,                  // INVALID_PRODUCER_EPOCH and friends.
    kInvalidTransactionState,
    kUnknownTopic,
    kOutOfOrder,
    kTimedOut,  // Made by the client, when it gives up.
};

struct ProducerIdentity {
    std::string transactional_id;
    std::uint64_t id = 0;
    std::uint32_t epoch = 0;
};

// Partition of a topic, by the topic's number in the model.
struct PartitionId {
    std::uint32_t topic = 0;
    std::int32_t partition = 0;
    auto operator<=>(const PartitionId&) const = default;
};

struct TopicKeyRecord {
    std::string topic;
    TopicState state;
};

struct SnapshotKeyRecord {
    std::uint32_t oid = 0;
    SnapshotState state;
};

// One record: data of the tests' encoder, a position, a topic/ or a snapshot/ key.
struct LogRecord {
    PartitionId where;
    DataPayload data;
    std::shared_ptr<const Position> position{};
    std::shared_ptr<const TopicKeyRecord> topic_key{};
    std::shared_ptr<const SnapshotKeyRecord> snapshot_key{};
    std::uint32_t run = 0;  // Index into Partition::runs.
    bool control = false;
};

// The records of one Kafka transaction in one partition.
struct Run {
    enum class State : std::uint8_t { kOpen, kCommitted, kAborted } state = State::kOpen;
    std::uint64_t kafka_transaction = 0;  // Counted by the model over all coordinators.
    std::size_t first_offset = 0;
};

struct Partition {
    std::vector<LogRecord> log;
    std::vector<Run> runs;
    std::map<std::uint64_t, std::uint32_t> open_runs;  // Producer id to run.
    std::map<std::uint64_t, std::uint32_t> epochs;     // Newest epoch seen of a producer id.

    // Offset up to which a read_committed reader may read.
    std::size_t last_stable_offset() const;
};

struct KafkaTopic {
    std::string name;
    std::vector<Partition> partitions;
    bool exists = true;
    std::uint32_t incarnation = 0;  // A topic of the same name is another one.

    std::string id() const { return name + "#" + std::to_string(incarnation); }
};

enum class CoordinatorState : std::uint8_t {
    kEmpty,
    kOngoing,
    kPrepareCommit,
    kCompleteCommit,
    kPrepareAbort,
    kCompleteAbort,
};

struct Coordinator {
    std::uint64_t producer_id = 0;
    std::uint32_t epoch = 0;
    CoordinatorState state = CoordinatorState::kEmpty;
    std::set<PartitionId> partitions;
    Instant started{};
    std::uint64_t kafka_transaction = 0;
};

struct KafkaReply {
    KafkaCode code = KafkaCode::kOk;
    ProducerIdentity identity;
};

class KafkaModel {
public:
    static constexpr std::uint32_t kStateTopic = 0;

    KafkaModel(VirtualTime& time, Trace& trace, Random random);

    // ---- requests, as they arrive at the broker ------------------------------------------------
    KafkaReply init_producer_id(const std::string& transactional_id);
    KafkaReply add_partitions(const ProducerIdentity& producer, const std::set<PartitionId>& added);
    // `sequence` numbers the produce requests of one producer id and epoch, from 0.
    KafkaReply produce(const ProducerIdentity& producer, std::uint64_t sequence,
                       const std::vector<LogRecord>& records);
    KafkaReply end_transaction(const ProducerIdentity& producer, bool commit);
    // Finds or makes a topic; the number it has in the model.
    std::uint32_t ensure_topic(const std::string& name, std::int32_t partitions);

    // ---- reads ---------------------------------------------------------------------------------
    std::size_t state_high_watermark() const { return state().log.size(); }
    std::size_t state_last_stable_offset() const { return state().last_stable_offset(); }
    bool state_topic_exists() const { return topics_[kStateTopic].exists; }
    void create_state_topic();
    // The state as a reader sees it who reads offsets below `end`.
    StateView read_state(std::size_t end, bool read_committed) const;
    // Newest committed position below `end`, with its offset.
    std::optional<std::pair<std::size_t, Position>> last_position(std::size_t end,
                                                                  bool read_committed) const;
    // Newest position whose Kafka transaction is decided to commit: what can never be undone.
    std::optional<Position> durable_position() const;
    // The newest of each snapshot/ key, likewise.
    std::map<std::uint32_t, SnapshotState> durable_snapshots() const;
    // Whether a snapshot/ key with this predicate is there for good, or was.
    bool knows_request(const std::string& predicate) const;

    // ---- what happens to it --------------------------------------------------------------------
    void set_up(bool up);
    bool up() const { return up_; }
    void delete_state_topic();
    // Loses the last `count` committed positions and what follows them.
    void lose_state_tail(std::size_t count);
    // Compaction goes wrong: the topic/ keys are gone. False when there were none.
    bool lose_topic_keys();
    void add_partition(std::uint32_t topic);
    // Deletes and makes anew. What it held stays for the oracle, who reads the logs.
    void recreate_topic(std::uint32_t topic) { ++topics_[topic].incarnation; }
    // Puts a record into the state topic as a finished transaction of its own, for set-ups.
    void plant_position(const Position& position);
    void plant_topic_key(const std::string& topic, const TopicState& topic_state);

    bool any_open_transaction() const;
    const std::vector<KafkaTopic>& topics() const { return topics_; }
    const std::map<std::string, Coordinator>& coordinators() const { return coordinators_; }
    bool is_decided_commit(const Partition& partition, const Run& run) const;

    Duration transaction_timeout{15 * kSecond};
    Duration marker_delay_max{20 * kMillisecond};
    std::function<void()> on_state_readable;  // The state partition's stable offset moved.
    bool state_too_new = false;               // A record there has a version of the future.

private:
    const Partition& state() const { return topics_[kStateTopic].partitions[0]; }
    Partition* partition(const PartitionId& id);
    Coordinator& coordinator(const std::string& transactional_id);
    bool current(const Coordinator& found, const ProducerIdentity& producer) const;
    void prepare(const std::string& transactional_id, bool commit);
    void write_marker(const std::string& transactional_id, std::uint64_t kafka_transaction,
                      const PartitionId& where);
    void expire(const std::string& transactional_id, std::uint64_t kafka_transaction);

    VirtualTime& time_;
    Trace& trace_;
    Random random_;
    bool up_ = true;
    std::uint64_t next_producer_id_ = 1000;
    std::uint64_t next_kafka_transaction_ = 1;
    std::vector<KafkaTopic> topics_;
    std::map<std::string, Coordinator> coordinators_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> next_sequence_;
    std::set<std::uint64_t> committed_transactions_;
};

}  // namespace penstock::simulation
