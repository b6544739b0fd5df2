// The producers of one generation and whose turn it is. Internal to this room; sink thread only.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "engine/producer_turns.hpp"
#include "sink/producer.hpp"

namespace penstock {

class ProducerPair {
public:
    // `settings` must outlive it.
    ProducerPair(const KafkaSettings& settings, ChunkReleased released)
        : settings_(settings), released_(std::move(released)) {}

    // Destroys both, makes both anew, initialises both at the same time.
    KafkaStatus renew(const Cancelled& cancelled);

    KafkaStatus begin();
    KafkaStatus commit(const Cancelled& cancelled);

    // Whose Kafka transaction is open, or null.
    Producer* open();

    // Aborts what is open when there is `patience`, and destroys both.
    void destroy(std::chrono::milliseconds patience);

    // After a failure: neither is used again, until renew(). They are left in place, so that a
    // stop can still abort what is open.
    void fail() { turns_.failed(); }

private:
    Producer* current() { return producers_[static_cast<std::size_t>(turns_.turn())].get(); }
    bool transactional() const { return settings_.delivery == Delivery::kExactlyOnce; }

    const KafkaSettings& settings_;
    ChunkReleased released_;
    ProducerTurns turns_;
    Producer* open_ = nullptr;
    std::array<std::unique_ptr<Producer>, 2> producers_;
};

}  // namespace penstock
