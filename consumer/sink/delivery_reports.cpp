#include "sink/delivery_reports.hpp"

#include <array>

namespace penstock {

DeliveryReports::DeliveryReports(rd_kafka_t* client, ChunkReleased released,
                                 ClientError client_error)
    : released_(std::move(released)),
      client_error_(std::move(client_error)),
      queue_(rd_kafka_queue_get_main(client)) {
    thread_ = std::thread([this] { serve(); });
}

DeliveryReports::~DeliveryReports() {
    stopping_ = true;
    rd_kafka_queue_yield(queue_.get());
    thread_.join();
}

void DeliveryReports::serve() {
    while (!stopping_) {
        const EventHandle event(rd_kafka_queue_poll(queue_.get(), 1000));
        if (!event) continue;
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR)
            take(*event);
        else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR)
            client_error_(rd_kafka_event_error(event.get()),
                          rd_kafka_event_error_string(event.get()));
    }
}

void DeliveryReports::take(rd_kafka_event_t& event) {
    std::array<const rd_kafka_message_t*, 256> messages;
    std::uint64_t count = 0;
    while (const std::size_t got =
               rd_kafka_event_message_array(&event, messages.data(), messages.size())) {
        for (std::size_t i = 0; i < got; ++i) {
            const rd_kafka_message_t& message = *messages[i];
            if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) note_failure(message);
            if (message._private != nullptr) let_go(static_cast<BorrowedChunk*>(message._private));
        }
        count += got;
    }
    {
        const std::scoped_lock lock(mutex_);
        reported_.fetch_add(count, std::memory_order_release);
    }
    progressed_.notify_all();
}

void DeliveryReports::note_failure(const rd_kafka_message_t& message) {
    failed_.fetch_add(1, std::memory_order_release);
    const std::scoped_lock lock(mutex_);
    if (first_failure_) return;
    first_failure_ =
        Failure{message.err, message.rkt == nullptr ? "" : rd_kafka_topic_name(message.rkt)};
}

std::optional<DeliveryReports::Failure> DeliveryReports::first_failure() const {
    const std::scoped_lock lock(mutex_);
    return first_failure_;
}

void DeliveryReports::await_progress(std::uint64_t seen, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    progressed_.wait_for(lock, patience, [&] { return reported_ != seen; });
}

void DeliveryReports::let_go(BorrowedChunk* chunk) {
    if (chunk->holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
        released_(std::unique_ptr<BorrowedChunk>(chunk));
}

}  // namespace penstock
