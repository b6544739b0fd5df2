// The producing half of the modelled sink: fencing, Kafka transactions, verdicts.
#include <cstring>

#include "sink_model.hpp"

namespace penstock::simulation {

void SinkModel::execute(FenceProducers& command) {
    generation_ = command.generation;
    failed_ = false;
    tail_running_ = false;
    stable_before_fence_ = kafka_.state_last_stable_offset();
    turns_ = ProducerTurns();
    producers_ = {};
    fences_pending_ = 2;
    init_producer(0, [this] { fenced_one(); });
    if (mutant(DoorMutant::kFenceBLazily)) {
        fenced_one();
    } else {
        init_producer(1, [this] { fenced_one(); });
    }
}

void SinkModel::init_producer(std::size_t index, std::function<void()> then) {
    std::string transactional_id = index == 0 ? "a" : "b";
    if (mutant(DoorMutant::kNoFencing)) {
        transactional_id += '.';
        transactional_id += name_;
        transactional_id += std::to_string(generation_);
    }
    const auto sent =
        request([this, transactional_id] { return kafka_.init_producer_id(transactional_id); },
                [this, index, then = std::move(then)](const KafkaReply& reply) {
                    producers_[index].identity = reply.identity;
                    then();
                });
    sent->patient = true;
    send(sent);
}

void SinkModel::fenced_one() {
    if (--fences_pending_ > 0) return;
    turns_.fenced();
    host_.post(ProducersFenced{generation_});
    done();
}

void SinkModel::execute(OpenBatch& command) {
    if (!turns_.may_begin()) {
        fail_batch(KafkaCode::kInvalidTransactionState);
        return;
    }
    turns_.began();
    open_batch_ = command.batch;
    current().registered.clear();
    if (current().identity.id == 0) {
        // The planted bug that initialises B when its turn comes.
        init_producer(turns_.turn() == ProducerTurns::Producer::kA ? 0 : 1, [this] { done(); });
        return;
    }
    done();
}

std::vector<LogRecord> SinkModel::data_records(const RecordBuffer& buffer) const {
    std::vector<LogRecord> records;
    for (const Record& record : buffer.records()) {
        LogRecord made;
        const std::string_view value = buffer.view(record.value_offset, record.value_size);
        if (value.size() >= sizeof made.data)
            std::memcpy(&made.data, value.data(), sizeof made.data);
        const auto topic = topics_.find(record.topic);
        made.where =
            PartitionId{topic == topics_.end() ? 0xFFFFFFFFU : topic->second, record.partition};
        records.push_back(made);
    }
    return records;
}

void SinkModel::execute(ProduceChunk& command) {
    const std::size_t bytes = command.records->size_bytes();
    std::vector<LogRecord> records = data_records(*command.records);
    host_.give_back(std::move(command.records));
    if (link.early_chunk_done) host_.post(ChunkDone{generation_, bytes});
    produce(current(), std::move(records), [this, bytes] {
        if (!link.early_chunk_done) host_.post(ChunkDone{generation_, bytes});
        done();
    });
}

void SinkModel::produce(Producer& producer, std::vector<LogRecord> records,
                        std::function<void()> then) {
    std::set<PartitionId> added;
    for (const LogRecord& record : records) {
        if (!producer.registered.contains(record.where)) added.insert(record.where);
    }
    if (added.empty()) {
        send_records(producer, std::move(records), std::move(then));
        return;
    }
    send(request([this, identity = producer.identity,
                  added] { return kafka_.add_partitions(identity, added); },
                 [this, &producer, added, records = std::move(records),
                  then = std::move(then)](const KafkaReply& reply) {
                     if (reply.code != KafkaCode::kOk) {
                         fail_batch(reply.code);
                         return;
                     }
                     producer.registered.insert(added.begin(), added.end());
                     send_records(producer, records, then);
                 }));
}

void SinkModel::send_records(Producer& producer, std::vector<LogRecord> records,
                             std::function<void()> then) {
    if (records.empty()) {
        then();
        return;
    }
    if (random_.percent(link.failed_report_percent)) {
        trace_.say(name_.c_str(), "a delivery report fails");
        if (mutant(DoorMutant::kReportIgnored)) {
            then();
        } else {
            fail_batch(KafkaCode::kTimedOut);
        }
        return;
    }
    const std::uint64_t sequence = producer.next_sequence++;
    send(request(
        [this, identity = producer.identity, sequence, records = std::move(records)] {
            return kafka_.produce(identity, sequence, records);
        },
        [this, then = std::move(then)](const KafkaReply& reply) {
            if (reply.code == KafkaCode::kOk) {
                then();
            } else {
                fail_batch(reply.code);
            }
        }));
}

void SinkModel::fail_batch(KafkaCode code) {
    failed_ = true;
    turns_.failed();
    const bool fenced = code == KafkaCode::kFenced;
    trace_.say(name_.c_str(), "batch {} failed{}", open_batch_, fenced ? ": fenced" : "");
    if (fenced && on_fenced) on_fenced();
    Error error{fenced ? ErrorName::kFenced : ErrorName::kKafkaFailed,
                fenced ? "fenced: a newer epoch exists" : "delivery failed",
                {},
                {}};
    host_.post(KafkaFailed{generation_, std::move(error), fenced});
    done();
}

std::vector<LogRecord> SinkModel::state_records(const CloseBatch& command) const {
    std::vector<LogRecord> records;
    for (const auto& [topic, topic_state] : command.topics) {
        LogRecord record;
        record.where = PartitionId{KafkaModel::kStateTopic, 0};
        record.topic_key =
            std::make_shared<const TopicKeyRecord>(TopicKeyRecord{topic, topic_state});
        records.push_back(record);
    }
    for (const auto& [oid, snapshot] : command.snapshots) {
        LogRecord record;
        record.where = PartitionId{KafkaModel::kStateTopic, 0};
        record.snapshot_key =
            std::make_shared<const SnapshotKeyRecord>(SnapshotKeyRecord{oid, snapshot});
        records.push_back(record);
    }
    LogRecord record;
    record.where = PartitionId{KafkaModel::kStateTopic, 0};
    record.position = std::make_shared<const Position>(command.position);
    records.push_back(record);
    return records;
}

void SinkModel::execute(CloseBatch& command) {
    if (open_batch_ != command.batch) {
        fail_batch(KafkaCode::kInvalidTransactionState);
        return;
    }
    trace_.say(name_.c_str(), "batch {} closes at {:X}{}", command.batch,
               command.position.lsn.value, command.position.open ? " open" : "");
    if (mutant(DoorMutant::kVisibleBeforeCommit)) host_.post(PositionVisible{command.position});
    std::vector<LogRecord> state = state_records(command);
    const BatchId batch = command.batch;
    if (mutant(DoorMutant::kPositionOutsideTransaction)) {
        close_position_after(batch, std::move(state));
        return;
    }
    if (mutant(DoorMutant::kPositionFirst)) {
        close_position_before(batch, std::move(state));
        return;
    }
    produce(current(), std::move(state), [this, batch] {
        if (mutant(DoorMutant::kVisibleUncommitted)) state_readable();
        turns_.committing();
        if (mutant(DoorMutant::kNoTurns)) {
            commit_without_waiting(batch);
            return;
        }
        Producer& producer = current();
        commit(producer, [this, batch, &producer](KafkaCode code) {
            close_verdict(batch, code, producer.end_txn_requests);
        });
    });
}

void SinkModel::commit(Producer& producer, std::function<void(KafkaCode)> then) {
    producer.end_txn_requests = 0;
    const auto sent = request(
        [this, identity = producer.identity] { return kafka_.end_transaction(identity, true); },
        [then = std::move(then)](const KafkaReply& reply) { then(reply.code); });
    sent->end_transaction = true;
    sent->on_send = [&producer] { ++producer.end_txn_requests; };
    send(sent);
}

// The planted bug: the other producer begins while this one's commit is still on its way.
void SinkModel::commit_without_waiting(BatchId batch) {
    Producer& producer = current();
    commit(producer, [this, batch, &producer](KafkaCode code) {
        const bool clean = code == KafkaCode::kOk && producer.end_txn_requests == 1;
        std::optional<Error> error;
        if (!clean) error = Error{ErrorName::kKafkaFailed, "the commit is in doubt", {}, {}};
        if (!clean) failed_ = true;
        host_.post(BatchClosed{generation_, batch, clean, std::move(error)});
    });
    turns_.committed(true, 1);
    open_batch_ = 0;
    done();
}

// The planted bug: rows first, their position in a Kafka transaction of its own.
void SinkModel::close_position_after(BatchId batch, std::vector<LogRecord> state) {
    turns_.committing();
    Producer& producer = current();
    auto then = [this, batch, &producer, state = std::move(state)](KafkaCode code) {
        if (code != KafkaCode::kOk && !producer.registered.empty()) {
            close_verdict(batch, code, producer.end_txn_requests);
            return;
        }
        producer.registered.clear();
        produce(producer, state, [this, batch, &producer] {
            commit(producer, [this, batch, &producer](KafkaCode second) {
                close_verdict(batch, second, producer.end_txn_requests);
            });
        });
    };
    if (producer.registered.empty()) {
        then(KafkaCode::kOk);
    } else {
        commit(producer, std::move(then));
    }
}

// The planted bug: the position first, in a Kafka transaction of the other producer.
void SinkModel::close_position_before(BatchId batch, std::vector<LogRecord> state) {
    turns_.committing();
    Producer& producer = current();
    Producer& other = producers_[&producer == producers_.data() ? 1 : 0];
    other.registered.clear();
    produce(other, std::move(state), [this, batch, &producer, &other] {
        commit(other, [this, batch, &producer](KafkaCode code) {
            if (code != KafkaCode::kOk || producer.registered.empty()) {
                close_verdict(batch, code, 1);
                return;
            }
            commit(producer, [this, batch, &producer](KafkaCode second) {
                close_verdict(batch, second, producer.end_txn_requests);
            });
        });
    });
}

void SinkModel::close_verdict(BatchId batch, KafkaCode code, unsigned requests) {
    const bool returned_ok = code == KafkaCode::kOk || mutant(DoorMutant::kErrorIsSuccess);
    const ProducerTurns::Verdict verdict = turns_.committed(
        returned_ok, mutant(DoorMutant::kIgnoreEndTxnCount) && returned_ok ? 1 : requests);
    open_batch_ = 0;
    if (code == KafkaCode::kFenced && on_fenced) on_fenced();
    trace_.say(name_.c_str(), "batch {} {}", batch, verdict.clean ? "clean" : verdict.reason);
    std::optional<Error> error;
    if (!verdict.clean) {
        failed_ = true;
        error = Error{code == KafkaCode::kFenced ? ErrorName::kFenced : ErrorName::kKafkaFailed,
                      verdict.reason,
                      {},
                      {}};
    }
    host_.post(BatchClosed{generation_, batch, verdict.clean, std::move(error)});
    done();
}

void SinkModel::execute(AbortBatch&) {
    if (open_batch_ != 0) {
        const auto sent = request(
            [this, identity = current().identity] {
                return kafka_.end_transaction(identity, false);
            },
            [](const KafkaReply&) {});
        send(sent);
    }
    open_batch_ = 0;
    turns_.failed();
    failed_ = true;
    done();
}

}  // namespace penstock::simulation
