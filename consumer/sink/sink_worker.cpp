#include "sink/sink_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "sink/record_size.hpp"
#include "sink/state_codec.hpp"
#include "sink/state_topic.hpp"

namespace penstock {
namespace {

// What a broker takes when nobody has set anything (message.max.bytes); used where the right to
// read a topic's configuration is missing.
constexpr std::int64_t kDefaultMaxMessageBytes = 1'048'588;

// A commit that takes longer than this asks whether its state topic was deleted.
constexpr std::chrono::seconds kSuspicion{3};

// How often the topics in use are looked at.
constexpr std::chrono::seconds kTopicLook{15};

// How long a topic of the state that is not there is looked for.
constexpr std::chrono::seconds kMissingPatience{3};
constexpr std::chrono::milliseconds kMissingPause{200};

std::int64_t wall_time_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::int64_t max_message_bytes_of(const ConfigEntries& config) {
    const auto found = config.find("max.message.bytes");
    std::int64_t bytes = kDefaultMaxMessageBytes;
    if (found != config.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), bytes);
    return bytes;
}

std::int64_t batch_size_of(const KafkaSettings& settings) {
    std::int64_t bytes = 1'000'000;
    for (const auto& [name, value] : settings.properties)
        if (name == "batch.size")
            std::from_chars(value.reveal().data(), value.reveal().data() + value.reveal().size(),
                            bytes);
    return bytes;
}

KafkaFailure batch_does_not_fit(const EnsureTopic& command, std::int64_t limit,
                                std::int64_t batch_size) {
    return {Error{ErrorName::kTopicPolicy,
                  fmt::format("cannot use topic \"{}\": its max.message.bytes is {}, batches of "
                              "{} bytes are sent",
                              command.name, limit, batch_size),
                  "A batch that the broker refuses as too large cannot be split.",
                  "Raise max.message.bytes of the topic, or lower batch.size in the section "
                  "kafka.properties."},
            false};
}

KafkaFailure too_large(const std::string& topic, std::size_t bytes, std::int64_t limit) {
    return {Error{ErrorName::kRecordTooLarge,
                  fmt::format("cannot publish a record of {} bytes to topic \"{}\": its "
                              "max.message.bytes is {}",
                              bytes, topic, limit),
                  "The size is counted without compression and with its batch header.",
                  {}},
            false};
}

std::optional<KafkaFailure> changed_in_use(const std::string& topic, const TopicFacts& known,
                                           const TopicFacts& now) {
    const bool same_id = known.id.empty() || now.id.empty() || known.id == now.id;
    if (same_id && known.partitions == now.partitions) return std::nullopt;
    if (!same_id)
        return KafkaFailure{
            Error{ErrorName::kTopicLost,
                  fmt::format("topic \"{}\" was deleted and made anew while it was written to",
                              topic),
                  "Its id differs.",
                  {}},
            false};
    return KafkaFailure{
        Error{ErrorName::kPartitionsChanged,
              fmt::format("topic \"{}\" has {} partitions", topic, now.partitions),
              fmt::format("It had {} when it was first written to.", known.partitions),
              {}},
        false};
}

KafkaFailure topic_gone(const std::string& topic) {
    return {Error{ErrorName::kKafkaFailed,
                  fmt::format("could not commit a Kafka transaction: topic \"{}\" is gone", topic),
                  {},
                  {}},
            false};
}

}  // namespace

SinkWorker::SinkWorker(const KafkaSettings& settings, const CommandQueue& queue, SinkOutbox& outbox,
                       SinkCounters& counters)
    : settings_(settings),
      queue_(queue),
      outbox_(outbox),
      counters_(counters),
      cancelled_([this] { return is_cancelled(); }),
      producers_(settings,
                 [this](std::unique_ptr<BorrowedChunk> chunk) {
                     const std::size_t bytes = chunk->records->size_bytes();
                     outbox_.hand_back(std::move(chunk->records));
                     outbox_.post(ChunkDone{chunk->generation, bytes});
                 }),
      next_topic_look_(std::chrono::steady_clock::now() + kTopicLook) {}

void SinkWorker::execute(QueuedCommand queued) {
    generation_ = queued.generation;
    std::visit([this](auto& command) { run(command); }, queued.command);
}

void SinkWorker::close(std::chrono::milliseconds patience) {
    producers_.destroy(patience);
    tail_.reset();
    admin_.reset();
}

KafkaResult<TopicAdmin*> SinkWorker::admin() {
    if (!admin_) {
        Result<std::unique_ptr<TopicAdmin>> made = TopicAdmin::create(settings_, cancelled_);
        if (!made) return tl::unexpected(KafkaFailure{made.error(), false});
        admin_ = std::move(*made);
    }
    return admin_.get();
}

void SinkWorker::run(const ReadState& command) {
    auto reading = admin().and_then([&](TopicAdmin* admin) {
        return read_state(settings_, *admin, command.depth, cancelled_);
    });
    if (!reading) return post_failure(reading.error());
    if (command.depth == ReadDepth::kTrue) tail_from_ = reading->end_offset;
    outbox_.post(StateRead{command.depth, std::move(reading->view)});
}

void SinkWorker::run(const EnsureStateTopic&) {
    auto ready =
        admin().and_then([&](TopicAdmin* admin) { return ensure_state_topic(settings_, *admin); });
    if (!ready) return post_failure(ready.error());
    outbox_.post(StateTopicReady{});
}

void SinkWorker::run(const FenceProducers& command) {
    broken_ = true;
    if (KafkaStatus fenced = producers_.renew(cancelled_); !fenced)
        return post_failure(fenced.error());
    broken_ = false;
    outbox_.post(ProducersFenced{command.generation});
}

void SinkWorker::run(const EnsureTopic& command) {
    auto ready = ensure_topic(command);
    if (!ready) return post_failure(ready.error());
    if (topic_names_.size() <= command.topic) {
        topic_names_.resize(command.topic + 1);
        topic_facts_.resize(command.topic + 1);
        max_message_bytes_.resize(command.topic + 1);
    }
    topic_names_[command.topic] = command.name;
    topic_facts_[command.topic] = {ready->partitions, ready->id};
    max_message_bytes_[command.topic] = ready->max_message_bytes;
    outbox_.post(*ready);
}

KafkaResult<TopicReady> SinkWorker::ensure_topic(const EnsureTopic& command) {
    auto client = admin();
    if (!client) return tl::unexpected(client.error());
    TopicAdmin& admin = **client;
    auto found = admin.look(command.name);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
        const TopicPlan plan{command.name,
                             settings_.partitions,
                             settings_.effective_replication(),
                             {{"cleanup.policy", settings_.cleanup_policy}}};
        if (KafkaStatus made = admin.make(plan); !made) return tl::unexpected(made.error());
    }
    auto shape = admin.await_leaders(command.name);
    if (!shape) return tl::unexpected(shape.error());
    const auto config = admin.topic_config(command.name);
    if (!config && config.error().error.name != ErrorName::kKafkaAuthorization)
        return tl::unexpected(config.error());
    const std::int64_t limit = config ? max_message_bytes_of(*config) : kDefaultMaxMessageBytes;
    if (const std::int64_t batch_size = batch_size_of(settings_); limit < batch_size)
        return tl::unexpected(batch_does_not_fit(command, limit, batch_size));
    // In a topic that was made just now there is nothing of anybody.
    if (settings_.delivery == Delivery::kExactlyOnce && *found) {
        KafkaStatus ended = open_transactions_.await_end(admin, command.name, shape->partitions,
                                                         settings_.request_timeout, cancelled_);
        if (!ended) return tl::unexpected(ended.error());
    }
    auto facts = admin.describe({command.name});
    if (!facts) return tl::unexpected(facts.error());
    return TopicReady{command.topic, shape->partitions, limit, (*facts)[command.name].id};
}

void SinkWorker::run(const LookAtTopics& command) {
    auto seen = look_at_topics(command);
    if (!seen) return post_failure(seen.error());
    outbox_.post(std::move(*seen));
}

// A broker that has just joined may not have heard yet of a topic that was made a moment ago, and a
// missing one is a reason to stop: so it is looked for more than once.
KafkaResult<TopicsSeen> SinkWorker::look_at_topics(const LookAtTopics& command) {
    const auto deadline = std::chrono::steady_clock::now() + kMissingPatience;
    while (true) {
        auto client = admin();
        if (!client) return tl::unexpected(client.error());
        auto found = (*client)->describe(command.names);
        if (!found) return tl::unexpected(found.error());
        const bool all = found->size() == command.names.size();
        if (all || is_cancelled() || std::chrono::steady_clock::now() >= deadline)
            return TopicsSeen{std::move(*found)};
        std::this_thread::sleep_for(kMissingPause);
    }
}

void SinkWorker::run(const OpenBatch&) {
    if (broken_) return;
    if (KafkaStatus following = follow_state(); !following) return break_batch(following.error());
    if (KafkaStatus began = producers_.begin(); !began) break_batch(began.error());
}

KafkaStatus SinkWorker::follow_state() {
    if (tail_ && !tail_->broken()) return {};
    tail_.reset();
    auto tail = StateTail::start(settings_, tail_from_, outbox_);
    if (!tail) return tl::unexpected(KafkaFailure{tail.error(), false});
    tail_ = std::move(*tail);
    return {};
}

void SinkWorker::run(ProduceChunk& command) {
    Producer* const producer = producers_.open();
    if (broken_ || producer == nullptr) return outbox_.hand_back(std::move(command.records));
    RecordBuffer& records = *command.records;
    if (KafkaStatus fits = check_fits(records); !fits) {
        outbox_.hand_back(std::move(command.records));
        return break_batch(fits.error());
    }
    auto chunk = std::make_unique<BorrowedChunk>();
    chunk->generation = generation_;
    chunk->records = std::move(command.records);
    const KafkaStatus produced = produce_all(*producer, records, chunk.get());
    count(*producer);
    producer->reports().let_go(chunk.release());
    if (!produced) break_batch(produced.error());
}

KafkaStatus SinkWorker::check_fits(const RecordBuffer& records) const {
    const Record* const oversize = find_oversize(records, max_message_bytes_);
    if (oversize == nullptr) return {};
    return tl::unexpected(too_large(topic_names_[oversize->topic],
                                    batch_bytes_of(*oversize, records),
                                    max_message_bytes_[oversize->topic]));
}

KafkaStatus SinkWorker::produce_all(Producer& producer, const RecordBuffer& records,
                                    BorrowedChunk* borrowed) {
    if (KafkaStatus room = producer.await_room(cancelled_); !room) return room;
    for (const Record& record : records.records()) {
        rd_kafka_topic_t& topic = producer.topic(record.topic, topic_names_[record.topic]);
        KafkaStatus produced = producer.produce(topic, record, records, borrowed, cancelled_);
        if (!produced) return produced;
    }
    return producer.check_reports();
}

void SinkWorker::run(const CloseBatch& command) {
    if (broken_) return;
    BatchClosed closed{generation_, command.batch, true, std::nullopt};
    next_look_ = std::chrono::steady_clock::now() + kSuspicion;
    if (KafkaStatus done = close_batch(command); !done) {
        broken_ = true;
        producers_.fail();
        ++counters_.unclean_commits;
        closed.clean = false;
        closed.error = done.error().error;
    } else {
        ++counters_.commits;
        tail_->expect(command.position.sequence);
    }
    const bool clean = closed.clean;
    outbox_.post(std::move(closed));
    if (clean && std::chrono::steady_clock::now() >= next_topic_look_) look_at_topics_in_use();
}

// A topic may get more partitions while we write to it, or be deleted and, by brokers that make
// topics on their own, be there again at once: no request of ours would fail.
void SinkWorker::look_at_topics_in_use() {
    next_topic_look_ = std::chrono::steady_clock::now() + kTopicLook;
    std::vector<std::string> names;
    for (const std::string& name : topic_names_)
        if (!name.empty()) names.push_back(name);
    if (names.empty()) return;
    auto found = admin().and_then([&](TopicAdmin* admin) { return admin->describe(names); });
    if (!found) return admin_.reset();  // Looked at again before long.
    for (std::size_t i = 0; i < topic_names_.size(); ++i) {
        const auto now = found->find(topic_names_[i]);
        if (now == found->end()) continue;  // What is sent to it fails.
        if (auto failure = changed_in_use(topic_names_[i], topic_facts_[i], now->second))
            return post_failure(*failure);
    }
}

KafkaStatus SinkWorker::close_batch(const CloseBatch& command) {
    Producer* const producer = producers_.open();
    if (producer == nullptr) return producers_.commit(cancelled_);  // Says that it is out of turn.
    // Without Kafka transactions the position may only follow rows that are known to be there.
    if (settings_.delivery == Delivery::kAtLeastOnce)
        if (KafkaStatus good = producer->flush(cancelled_); !good) return good;
    for (const auto& [name, topic] : command.topics) {
        const std::string key = std::string(kTopicKeyPrefix) + name;
        KafkaStatus sent = producer->produce_state(key, encode_topic_state(topic), cancelled_);
        if (!sent) return sent;
    }
    for (const auto& [oid, snapshot] : command.snapshots) {
        const std::string key = std::string(kSnapshotKeyPrefix) + std::to_string(oid);
        KafkaStatus sent =
            producer->produce_state(key, encode_snapshot_state(oid, snapshot), cancelled_);
        if (!sent) return sent;
    }
    // Last of all, so that the state partition is open for as short as can be.
    Position position = command.position;
    position.wall_time_us = wall_time_us();
    KafkaStatus sent = producer->produce_state(kPositionKey, encode_position(position), cancelled_);
    if (!sent) return sent;
    count(*producer);
    bool gone = false;
    const Cancelled let_go = [&] { return is_cancelled() || (gone = state_topic_is_gone()); };
    KafkaStatus committed = producers_.commit(let_go);
    if (!committed && gone) committed = tl::unexpected(topic_gone(state_topic_name(settings_)));
    return committed;
}

// librdkafka waits for a deleted topic as for a broker that is away, until the records time out.
bool SinkWorker::state_topic_is_gone() {
    if (std::chrono::steady_clock::now() < next_look_) return false;
    auto shape = admin().and_then(
        [&](TopicAdmin* admin) { return admin->look(state_topic_name(settings_)); });
    if (!shape) admin_.reset();
    next_look_ = std::chrono::steady_clock::now() + kSuspicion;
    return shape && !*shape;
}

void SinkWorker::run(const AbortBatch&) {
    broken_ = true;
    producers_.destroy(std::min(settings_.request_timeout, std::chrono::milliseconds{2000}));
}

// A client can be at the end of its wits while the broker is well: told by a broker that its
// controller had fenced that there are no brokers at all, librdkafka 2.15 forgets every address
// that it had, those of bootstrap.servers too. So nothing that saw a failure is kept.
void SinkWorker::post_failure(const KafkaFailure& failure) {
    admin_.reset();
    outbox_.post(KafkaFailed{generation_, failure.error, failure.fenced});
}

void SinkWorker::break_batch(const KafkaFailure& failure) {
    broken_ = true;
    producers_.fail();
    post_failure(failure);
}

void SinkWorker::count(Producer& producer) {
    const Producer::Counts counts = producer.take_counts();
    counters_.records += counts.sent;
    counters_.queue_full_waits += counts.queue_full_waits;
    counters_.failed_reports += counts.failed_reports;
}

}  // namespace penstock
