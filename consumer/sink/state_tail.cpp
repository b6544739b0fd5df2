#include "sink/state_tail.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <span>

#include "sink/state_codec.hpp"

namespace penstock {

Result<std::unique_ptr<StateTail>> StateTail::start(const KafkaSettings& settings,
                                                    std::int64_t from, SinkOutbox& outbox) {
    std::unique_ptr<StateTail> tail(new StateTail(outbox));
    Result<ConfHandle> conf = client_conf(settings, {ClientKind::kTail, {}});
    if (!conf) return Failure(conf.error());
    Result<ClientHandle> client = make_client(std::move(*conf), ClientKind::kTail, tail->journal_);
    if (!client) return Failure(client.error());
    tail->client_ = std::move(*client);
    const std::string name = state_topic_name(settings);
    tail->topic_.reset(rd_kafka_topic_new(tail->client_.get(), name.c_str(), nullptr));
    tail->queue_.reset(rd_kafka_queue_new(tail->client_.get()));
    if (rd_kafka_consume_start_queue(tail->topic_.get(), 0, from, tail->queue_.get()) != 0)
        return Failure(
            kafka_failure(rd_kafka_last_error(), "could not follow the state topic").error);
    tail->thread_ = std::thread([t = tail.get()] { t->follow(); });
    return tail;
}

StateTail::~StateTail() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    rd_kafka_queue_yield(queue_.get());
    thread_.join();
    rd_kafka_consume_stop(topic_.get(), 0);
}

void StateTail::follow() {
    std::array<rd_kafka_message_t*, 1024> messages;
    while (!stopping_) {
        // The batch call would wait until its batch is full.
        messages[0] = rd_kafka_consume_queue(queue_.get(), 1000);
        if (messages[0] == nullptr) continue;
        const ssize_t more =
            rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data() + 1, messages.size() - 1);
        const auto count = 1 + static_cast<std::size_t>(std::max<ssize_t>(more, 0));
        if (auto newest = read(std::span(messages).first(count)))
            outbox_.post(PositionVisible{std::move(*newest)});
    }
}

std::optional<Position> StateTail::read(std::span<rd_kafka_message_t* const> messages) {
    std::optional<Position> newest;
    for (rd_kafka_message_t* raw : messages) {
        const MessageHandle message(raw);
        if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
            message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
            spdlog::error("component=kafka event=state_topic_went_back");
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
