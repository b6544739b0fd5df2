#include "sink/state_tail.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <span>

#include "sink/state_codec.hpp"

namespace penstock {
namespace {

// A position that was committed is visible within the fetch wait of the client. Much later than
// that the reader is at fault: a leader that was fenced and elected anew has been seen to leave
// librdkafka's fetcher standing for good.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kPatienceMax{30};

}  // namespace

StateTail::Reader::~Reader() {
    if (started) rd_kafka_consume_stop(topic.get(), 0);
}

Result<std::unique_ptr<StateTail>> StateTail::start(const KafkaSettings& settings,
                                                    std::int64_t from, SinkOutbox& outbox) {
    std::unique_ptr<StateTail> tail(new StateTail(settings, from, outbox));
    auto reader = tail->open();
    if (!reader) return Failure(reader.error());
    tail->reader_ = std::move(*reader);
    tail->thread_ = std::thread([t = tail.get()] { t->follow(); });
    return tail;
}

StateTail::~StateTail() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    {
        const std::lock_guard lock(reader_mutex_);
        rd_kafka_queue_yield(reader_->queue.get());
    }
    thread_.join();
}

Result<std::unique_ptr<StateTail::Reader>> StateTail::open() {
    auto reader = std::make_unique<Reader>();
    Result<ConfHandle> conf = client_conf(settings_, {ClientKind::kTail, {}});
    if (!conf) return Failure(conf.error());
    Result<ClientHandle> client = make_client(std::move(*conf), ClientKind::kTail, journal_);
    if (!client) return Failure(client.error());
    reader->client = std::move(*client);
    const std::string name = state_topic_name(settings_);
    reader->topic.reset(rd_kafka_topic_new(reader->client.get(), name.c_str(), nullptr));
    reader->queue.reset(rd_kafka_queue_new(reader->client.get()));
    if (rd_kafka_consume_start_queue(reader->topic.get(), 0, next_offset_, reader->queue.get()) !=
        0)
        return Failure(
            kafka_failure(rd_kafka_last_error(), "could not follow the state topic").error);
    reader->started = true;
    return reader;
}

void StateTail::follow() {
    progressed_at_ = Clock::now();
    patience_ = kPatience;
    while (!stopping_) watch(take_batch());
}

// Whether a position was read. Waits for at most a second.
bool StateTail::take_batch() {
    std::array<rd_kafka_message_t*, 1024> messages;
    rd_kafka_queue_t* const queue = reader_->queue.get();
    // The batch call would wait until its batch is full.
    messages[0] = rd_kafka_consume_queue(queue, 1000);
    if (messages[0] == nullptr) return false;
    const ssize_t more =
        rd_kafka_consume_batch_queue(queue, 0, messages.data() + 1, messages.size() - 1);
    const auto count = 1 + static_cast<std::size_t>(std::max<ssize_t>(more, 0));
    std::optional<Position> newest = read(std::span(messages).first(count));
    if (!newest) return false;
    seen_ = newest->sequence;
    outbox_.post(PositionVisible{std::move(*newest)});
    return true;
}

void StateTail::watch(bool progressed) {
    const Clock::time_point now = Clock::now();
    if (progressed || seen_ >= expected_) {
        progressed_at_ = now;
        patience_ = kPatience;
    } else if (now - progressed_at_ > patience_) {
        renew();
        progressed_at_ = now;
        patience_ = std::min<Clock::duration>(2 * patience_, kPatienceMax);
    }
}

void StateTail::renew() {
    spdlog::warn("kafka state_reader_renewed offset={}", next_offset_);
    auto reader = open();
    if (!reader) return;  // Tried again when patience is over once more.
    std::unique_ptr<Reader> old = std::move(*reader);
    const std::lock_guard lock(reader_mutex_);
    reader_.swap(old);
}

std::optional<Position> StateTail::read(std::span<rd_kafka_message_t* const> messages) {
    std::optional<Position> newest;
    for (rd_kafka_message_t* raw : messages) {
        const MessageHandle message(raw);
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) next_offset_ = message->offset + 1;
        if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
            message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
            spdlog::error("kafka state_topic_went_back");
            broken_ = true;
        }
        const std::string_view key(static_cast<const char*>(message->key), message->key_len);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->payload == nullptr ||
            key != kPositionKey)
            continue;
        const std::string_view value(static_cast<const char*>(message->payload), message->len);
        if (Result<Position> position = decode_position(value)) newest = std::move(*position);
    }
    return newest;
}

}  // namespace penstock
