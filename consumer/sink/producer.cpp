#include "sink/producer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sink/record_size.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

// The blocking calls are resumable; in slices of this a cancelled one lets go. Only a call that
// takes longer than a slice, with a broker away, is ever resumed.
constexpr int kSliceMs = 500;
constexpr std::chrono::milliseconds kDrainPatience{10};
constexpr std::chrono::milliseconds kRoomPatience{100};
constexpr int kPushMs = 10;
constexpr std::size_t kFullBatchBytes = 1'000'000;  // batch.size
constexpr std::size_t kOnTheirWayMax = 16U << 20;
constexpr int kWaitsWithEmptyQueue = 3;
constexpr std::chrono::milliseconds kPurgePatience{2000};
constexpr std::int16_t kEndTxn = 26;  // ApiKey, Kafka protocol guide.

rd_kafka_resp_err_t on_request_sent(rd_kafka_t*, int, const char*, std::int32_t,
                                    std::int16_t api_key, std::int16_t, std::int32_t, std::size_t,
                                    void* opaque) {
    if (api_key == kEndTxn)
        static_cast<std::atomic<unsigned>*>(opaque)->fetch_add(1, std::memory_order_release);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* opaque, char*,
                           std::size_t) {
    return rd_kafka_interceptor_add_on_request_sent(client, "penstock", on_request_sent, opaque);
}

// Names the brokers to a client again while a wait gets long. Told by a broker that its controller
// had just fenced that there are no brokers, librdkafka 2.15 forgets every address that it had,
// those of bootstrap.servers too, and would stand still until its records time out. After 2, 4, 8
// and more seconds, since the client keeps each of these lists.
class Reminder {
public:
    Reminder(rd_kafka_t* client, const std::string& brokers)
        : client_(client), brokers_(brokers), next_(Clock::now() + pause_) {}

    // After each slice of the wait.
    void still_waiting() {
        const Clock::time_point now = Clock::now();
        if (now < next_) return;
        rd_kafka_brokers_add(client_, brokers_.c_str());
        pause_ *= 2;
        next_ = now + pause_;
    }

private:
    rd_kafka_t* client_;
    const std::string& brokers_;
    std::chrono::seconds pause_{2};
    Clock::time_point next_;
};

KafkaFailure cancelled_failure(std::string_view attempt) {
    return {Error{ErrorName::kKafkaFailed, fmt::format("{}: it was cut short", attempt), {}, {}},
            false};
}

KafkaFailure larger_than_queue(std::string_view topic) {
    return {Error{ErrorName::kRecordTooLarge,
                  fmt::format("could not produce to topic \"{}\": the record is larger than the "
                              "client's queue",
                              topic),
                  {},
                  "Raise queue.buffering.max.kbytes in the section kafka.properties."},
            false};
}

HeadersHandle headers_of(const Record& record, const RecordBuffer& records) {
    HeadersHandle headers(rd_kafka_headers_new(record.header_count));
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
        const RecordHeader& header = records.headers()[record.header_index + i];
        const std::string_view name = records.view(header.name_offset, header.name_size);
        const bool null = header.value_size == Record::kNull;
        const std::string_view value =
            null ? std::string_view() : records.view(header.value_offset, header.value_size);
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()),
                            null ? nullptr : value.data(), static_cast<ssize_t>(value.size()));
    }
    return headers;
}

// librdkafka takes mutable pointers and changes nothing.
void* mutable_bytes(std::string_view bytes) {
    return const_cast<char*>(bytes.data());
}

// A null pointer is a null key or value; an empty one has a pointer.
struct Outgoing {
    std::int32_t partition = 0;
    int flags = 0;
    std::int64_t timestamp_ms = 0;
    std::string_view key;
    std::string_view value;
};

Outgoing outgoing_of(const Record& record, const RecordBuffer& records) {
    Outgoing outgoing;
    outgoing.partition = record.partition;
    outgoing.timestamp_ms = record.timestamp_ms;
    outgoing.flags = is_borrowed(record) ? 0 : RD_KAFKA_MSG_F_COPY;
    if (record.key_size != Record::kNull)
        outgoing.key = records.view(record.key_offset, record.key_size);
    if (record.value_size != Record::kNull)
        outgoing.value = records.view(record.value_offset, record.value_size);
    return outgoing;
}

rd_kafka_resp_err_t send(rd_kafka_topic_t& topic, const Outgoing& outgoing, void* opaque) {
    const int result =
        rd_kafka_produce(&topic, outgoing.partition, outgoing.flags, mutable_bytes(outgoing.value),
                         outgoing.value.size(), outgoing.key.data(), outgoing.key.size(), opaque);
    return result == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

// With headers or a time of its own: rd_kafka_produce() has no place for them.
rd_kafka_resp_err_t send(rd_kafka_t* client, rd_kafka_topic_t& topic, const Outgoing& outgoing,
                         HeadersHandle headers, void* opaque) {
    std::array<rd_kafka_vu_t, 8> arguments{};
    arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[0].u.rkt = &topic;
    arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    arguments[1].u.i32 = outgoing.partition;
    arguments[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    arguments[2].u.i = outgoing.flags;
    arguments[3].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[3].u.mem = {mutable_bytes(outgoing.value), outgoing.value.size()};
    arguments[4].vtype = RD_KAFKA_VTYPE_KEY;
    arguments[4].u.mem = {mutable_bytes(outgoing.key), outgoing.key.size()};
    arguments[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    arguments[5].u.headers = headers.get();
    arguments[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
    arguments[6].u.ptr = opaque;
    arguments[7].vtype = RD_KAFKA_VTYPE_TIMESTAMP;  // 0 is now.
    arguments[7].u.i64 = outgoing.timestamp_ms;
    const ErrorHandle error(rd_kafka_produceva(client, arguments.data(), arguments.size()));
    if (error) return rd_kafka_error_code(error.get());
    static_cast<void>(headers.release());  // The record owns them now.
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::create(const KafkaSettings& settings,
                                                   std::string transactional_id,
                                                   ChunkReleased released) {
    std::unique_ptr<Producer> producer(new Producer(settings));
    producer->released_ = std::move(released);
    if (Status started = producer->start(std::move(transactional_id)); !started)
        return Failure(started.error());
    return producer;
}

Status Producer::start(std::string transactional_id) {
    transactional_ = !transactional_id.empty();
    Result<ConfHandle> conf =
        client_conf(settings_, {ClientKind::kProducer, std::move(transactional_id)});
    if (!conf) return Failure(conf.error());
    rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_conf_interceptor_add_on_new(conf->get(), "penstock", on_new, &end_txn_requests_);
    Result<ClientHandle> client = make_client(std::move(*conf), ClientKind::kProducer, journal_);
    if (!client) return Failure(client.error());
    client_ = std::move(*client);
    reports_ = std::make_unique<DeliveryReports>(
        client_.get(), [this](std::unique_ptr<BorrowedChunk> chunk) { release(std::move(chunk)); },
        [this](rd_kafka_resp_err_t code, const char* text) { journal_.note_error(code, text); });
    return {};
}

Producer::~Producer() {
    if (!client_) return;
    {
        const std::scoped_lock lock(closing_mutex_);
        closing_ = true;
    }
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const auto deadline = Clock::now() + kPurgePatience;
    while (reports_->reported() < sent_ && Clock::now() < deadline)
        reports_->await_progress(reports_->reported(), kDrainPatience);
    reports_.reset();
    topics_.clear();
    state_topic_.reset();
    client_.reset();
    for (auto& chunk : held_) released_(std::move(chunk));
}

void Producer::release(std::unique_ptr<BorrowedChunk> chunk) {
    const std::scoped_lock lock(closing_mutex_);
    if (closing_)
        held_.push_back(std::move(chunk));
    else
        released_(std::move(chunk));
}

KafkaStatus Producer::init(const Cancelled& cancelled) {
    // With a broker at hand the search for the coordinator starts at once; without, librdkafka
    // tries again half a second later.
    if (KafkaStatus answered = await_broker(cancelled); !answered) return answered;
    return transactional_ ? init_transactions(cancelled) : KafkaStatus();
}

KafkaStatus Producer::init_transactions(const Cancelled& cancelled) {
    const auto deadline = Clock::now() + settings_.fence_timeout;
    const std::string_view attempt = "could not fence older producers";
    while (true) {
        const ErrorHandle error(rd_kafka_init_transactions(client_.get(), kSliceMs));
        if (!error) return {};
        if (auto refusal = journal_.refusal()) return tl::unexpected(*refusal);
        if (cancelled()) return tl::unexpected(cancelled_failure(attempt));
        if (!rd_kafka_error_is_retriable(error.get()) || Clock::now() >= deadline)
            return tl::unexpected(with_journal(kafka_failure(client_.get(), error.get(), attempt)));
    }
}

KafkaStatus Producer::await_broker(const Cancelled& cancelled) {
    const rd_kafka_resp_err_t code = ask_in_slices(
        nullptr, journal_, settings_.request_timeout, cancelled, [&](int patience_ms) {
            const rd_kafka_metadata_t* raw = nullptr;
            const auto answer = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, patience_ms);
            const MetadataHandle metadata(raw);
            return answer;
        });
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return tl::unexpected(with_journal(kafka_failure(code, "could not reach Kafka")));
}

KafkaStatus Producer::begin() {
    failed_before_ = reports_->failed();
    batch_bytes_ = 0;
    sent_before_ = sent_;
    if (!transactional_) return {};
    const ErrorHandle error(rd_kafka_begin_transaction(client_.get()));
    if (!error) return {};
    return tl::unexpected(with_journal(
        kafka_failure(client_.get(), error.get(), "could not begin a Kafka transaction")));
}

rd_kafka_topic_t& Producer::topic(TopicId id, const std::string& name) {
    if (topics_.size() <= id) topics_.resize(id + 1);
    TopicHandle& handle = topics_[id];
    if (!handle) handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    return *handle;
}

KafkaStatus Producer::produce(rd_kafka_topic_t& topic, const Record& record,
                              const RecordBuffer& records, BorrowedChunk* borrowed,
                              const Cancelled& cancelled) {
    if (record.value_size != Record::kNull) batch_bytes_ += record.value_size;
    const rd_kafka_resp_err_t code = enqueue(topic, record, records, borrowed);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++sent_;
        return {};
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return tl::unexpected(produce_failure(code, rd_kafka_topic_name(&topic)));
    return enqueue_patiently(topic, cancelled,
                             [&] { return enqueue(topic, record, records, borrowed); });
}

KafkaStatus Producer::enqueue_patiently(rd_kafka_topic_t& topic, const Cancelled& cancelled,
                                        const std::function<rd_kafka_resp_err_t()>& attempt) {
    Reminder reminder(client_.get(), settings_.brokers);
    int waits_with_empty_queue = 0;
    while (true) {
        const std::uint64_t reported = reports_->reported();
        const rd_kafka_resp_err_t code = attempt();
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++sent_;
            return {};
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return tl::unexpected(produce_failure(code, rd_kafka_topic_name(&topic)));
        if (cancelled()) return tl::unexpected(cancelled_failure("could not produce"));
        if (KafkaStatus good = check_reports(); !good) return good;
        // The last report is told a moment before its record leaves the queue.
        if (reported == sent_ && ++waits_with_empty_queue > kWaitsWithEmptyQueue)
            return tl::unexpected(larger_than_queue(rd_kafka_topic_name(&topic)));
        ++queue_full_waits_;
        reports_->await_progress(reported, kRoomPatience);
        // Many partitions may fill the queue with batches that are not full: those leave only when
        // they are pushed.
        if (reports_->reported() != reported) continue;
        rd_kafka_flush(client_.get(), kPushMs);
        reminder.still_waiting();
    }
}

KafkaStatus Producer::await_room(const Cancelled& cancelled) {
    Reminder reminder(client_.get(), settings_.brokers);
    while (true) {
        const std::uint64_t reported = reports_->reported();
        if (bytes_on_their_way(reported) < kOnTheirWayMax) return {};
        if (cancelled()) return tl::unexpected(cancelled_failure("could not produce"));
        if (KafkaStatus good = check_reports(); !good) return good;
        ++queue_full_waits_;
        reports_->await_progress(reported, kRoomPatience);
        if (reports_->reported() != reported) continue;
        rd_kafka_flush(client_.get(), kPushMs);
        reminder.still_waiting();
    }
}

// Of the open batch, by the mean size of its records.
std::uint64_t Producer::bytes_on_their_way(std::uint64_t reported) const {
    const std::uint64_t produced = sent_ - sent_before_;
    if (reported >= sent_ || produced == 0) return 0;
    return batch_bytes_ / produced * (sent_ - reported);
}

// A flush makes the broker's thread spin while more than one batch of a partition waits (see
// linger.ms); full batches leave without it.
void Producer::drain_full_batches() {
    while (true) {
        const std::uint64_t reported = reports_->reported();
        if (bytes_on_their_way(reported) < kFullBatchBytes) return;
        reports_->await_progress(reported, kDrainPatience);
        if (reports_->reported() == reported) return;
    }
}

rd_kafka_resp_err_t Producer::enqueue(rd_kafka_topic_t& topic, const Record& record,
                                      const RecordBuffer& records, BorrowedChunk* borrowed) {
    BorrowedChunk* const opaque = is_borrowed(record) ? borrowed : nullptr;
    if (opaque != nullptr) opaque->holders.fetch_add(1, std::memory_order_relaxed);
    const Outgoing outgoing = outgoing_of(record, records);
    const rd_kafka_resp_err_t code =
        record.header_count == 0 && record.timestamp_ms == 0
            ? send(topic, outgoing, opaque)
            : send(client_.get(), topic, outgoing, headers_of(record, records), opaque);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && opaque != nullptr) reports_->let_go(opaque);
    return code;
}

KafkaStatus Producer::produce_state(std::string_view key, std::string_view value,
                                    const Cancelled& cancelled) {
    if (!state_topic_)
        state_topic_.reset(
            rd_kafka_topic_new(client_.get(), state_topic_name(settings_).c_str(), nullptr));
    rd_kafka_topic_t& state = *state_topic_;
    return enqueue_patiently(state, cancelled, [&] {
        const int result = rd_kafka_produce(&state, 0, RD_KAFKA_MSG_F_COPY, mutable_bytes(value),
                                            value.size(), key.data(), key.size(), nullptr);
        return result == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    });
}

KafkaStatus Producer::check_reports() const {
    if (reports_->failed() == failed_before_) return {};
    const auto first = reports_->first_failure();
    const std::string attempt =
        fmt::format("could not deliver a record to topic \"{}\"", first->topic);
    // A fatal error purges what is queued; the reports then only say that it was purged.
    if (auto fatal = fatal_failure(attempt)) return tl::unexpected(std::move(*fatal));
    return tl::unexpected(with_journal(kafka_failure(first->code, attempt)));
}

std::optional<KafkaFailure> Producer::fatal_failure(std::string_view attempt) const {
    char text[512];
    const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client_.get(), text, sizeof(text));
    if (cause == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return kafka_failure(cause, attempt, sentence(text));
}

KafkaStatus Producer::flush(const Cancelled& cancelled) {
    drain_full_batches();
    Reminder reminder(client_.get(), settings_.brokers);
    while (reports_->reported() < sent_) {
        rd_kafka_flush(client_.get(), kSliceMs);
        if (cancelled()) return tl::unexpected(cancelled_failure("could not flush"));
        reminder.still_waiting();
    }
    return check_reports();
}

KafkaStatus Producer::commit(const Cancelled& cancelled) {
    if (!transactional_) return flush(cancelled);
    const std::string_view attempt = "could not commit a Kafka transaction";
    drain_full_batches();
    Reminder reminder(client_.get(), settings_.brokers);
    while (true) {
        const ErrorHandle error(rd_kafka_commit_transaction(client_.get(), kSliceMs));
        if (!error) break;
        // The report that failed says more than the commit that was refused for it.
        if (KafkaStatus good = check_reports(); !good) return good;
        if (cancelled()) return tl::unexpected(cancelled_failure(attempt));
        if (!rd_kafka_error_is_retriable(error.get()))
            return tl::unexpected(with_journal(kafka_failure(client_.get(), error.get(), attempt)));
        reminder.still_waiting();
    }
    if (KafkaStatus good = check_reports(); !good) return good;
    if (reports_->reported() == sent_) return {};
    return tl::unexpected(KafkaFailure{Error{ErrorName::kKafkaFailed,
                                             fmt::format("{}: {} of {} delivery reports came",
                                                         attempt, reports_->reported(), sent_),
                                             {},
                                             {}},
                                       false});
}

void Producer::abort(std::chrono::milliseconds patience) {
    if (!transactional_) return;
    const ErrorHandle error(
        rd_kafka_abort_transaction(client_.get(), static_cast<int>(patience.count())));
}

Producer::Counts Producer::take_counts() {
    const Counts now{sent_, reports_->failed(), queue_full_waits_};
    const Counts fresh{now.sent - taken_.sent, now.failed_reports - taken_.failed_reports,
                       now.queue_full_waits - taken_.queue_full_waits};
    taken_ = now;
    return fresh;
}

KafkaFailure Producer::produce_failure(rd_kafka_resp_err_t code, std::string_view topic_name) {
    const std::string attempt = fmt::format("could not produce to topic \"{}\"", topic_name);
    if (auto fatal = fatal_failure(attempt)) return std::move(*fatal);
    if (KafkaStatus good = check_reports(); !good) return good.error();
    return with_journal(kafka_failure(code, attempt));
}

KafkaFailure Producer::with_journal(KafkaFailure failure) const {
    if (auto refusal = journal_.refusal()) return *refusal;
    if (failure.error.detail.empty()) failure.error.detail = sentence(journal_.last_failure());
    return failure;
}

}  // namespace penstock
