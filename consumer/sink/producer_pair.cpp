#include "sink/producer_pair.hpp"

#include <fmt/format.h>

#include <thread>

#include "engine/mutant.hpp"

namespace penstock {
namespace {

KafkaFailure out_of_turn(std::string_view attempt) {
    return {Error{ErrorName::kBug, fmt::format("{}: it is out of turn", attempt), {}, {}}, false};
}

}  // namespace

KafkaStatus ProducerPair::renew(const Cancelled& cancelled) {
    destroy(std::chrono::milliseconds{0});
    for (std::size_t i = 0; i < producers_.size(); ++i) {
        const char which = i == 0 ? 'a' : 'b';
        auto made = Producer::create(
            settings_, transactional() ? transactional_id(settings_, which) : "", released_);
        if (!made) return tl::unexpected(KafkaFailure{made.error(), false});
        producers_[i] = std::move(*made);
    }
    KafkaStatus second;
    std::thread beside([&] { second = producers_[1]->init(cancelled); });
    KafkaStatus first = producers_[0]->init(cancelled);
    beside.join();
    if (!first) return first;
    if (!second) return second;
    turns_.fenced();
    return {};
}

KafkaStatus ProducerPair::begin() {
    if (!turns_.may_begin()) return tl::unexpected(out_of_turn("cannot begin a Kafka transaction"));
    if (KafkaStatus began = current()->begin(); !began) return began;
    turns_.began();
    open_ = current();
    return {};
}

KafkaStatus ProducerPair::commit(const Cancelled& cancelled) {
    if (open_ == nullptr) return tl::unexpected(out_of_turn("cannot commit a Kafka transaction"));
    Producer& producer = *open_;
    const unsigned before = producer.end_txn_requests();
    turns_.committing();
    const KafkaStatus committed = producer.commit(cancelled);
    unsigned requests = producer.end_txn_requests() - before;
    // Without Kafka transactions there is no EndTxn that could be late.
    if (!transactional() || mutant(Mutant::kBelieveUncleanCommit)) requests = 1;
    const ProducerTurns::Verdict verdict = turns_.committed(committed.has_value(), requests);
    if (!committed) return committed;
    open_ = nullptr;
    if (verdict.clean) return {};
    return tl::unexpected(
        KafkaFailure{Error{ErrorName::kKafkaFailed,
                           fmt::format("could not commit a Kafka transaction: {}", verdict.reason),
                           {},
                           {}},
                     false});
}

Producer* ProducerPair::open() {
    return open_;
}

void ProducerPair::destroy(std::chrono::milliseconds patience) {
    if (open_ != nullptr && patience.count() > 0) open_->abort(patience);
    open_ = nullptr;
    turns_.failed();
    for (auto& producer : producers_) producer.reset();
}

}  // namespace penstock
