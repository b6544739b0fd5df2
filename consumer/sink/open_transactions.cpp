#include "sink/open_transactions.hpp"

#include <fmt/format.h>

#include <thread>

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{100};

}  // namespace

KafkaStatus OpenTransactions::await_end(TopicAdmin& admin, const std::string& topic,
                                        std::int32_t partitions, std::chrono::milliseconds patience,
                                        const Cancelled& cancelled) {
    const auto deadline = Clock::now() + patience;
    while (true) {
        const KafkaStatus ended = look(admin, topic, partitions);
        // A leader that was chosen a moment ago may not know it yet.
        if (ended || ended.error().error.error_class() != ErrorClass::kRetry) return ended;
        if (cancelled() || Clock::now() >= deadline) return ended;
        std::this_thread::sleep_for(kPause);
    }
}

KafkaStatus OpenTransactions::look(TopicAdmin& admin, const std::string& topic,
                                   std::int32_t partitions) {
    std::vector<std::int64_t>& wanted = ends_[topic];
    if (wanted.size() != static_cast<std::size_t>(partitions)) {
        auto ends = admin.ends(topic, partitions, Isolation::kReadUncommitted);
        if (!ends) return tl::unexpected(ends.error());
        wanted = std::move(*ends);
    }
    const auto stable = admin.ends(topic, partitions, Isolation::kReadCommitted);
    if (!stable) return tl::unexpected(stable.error());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if ((*stable)[i] < wanted[i])
            return tl::unexpected(
                transaction_hangs(topic, static_cast<std::int32_t>(i), (*stable)[i], wanted[i]));
    }
    ends_.erase(topic);
    return {};
}

KafkaFailure transaction_hangs(const std::string& topic, std::int32_t partition,
                               std::int64_t stable, std::int64_t end) {
    return {Error{ErrorName::kKafkaTransactionHangs,
                  fmt::format("a Kafka transaction in partition {} of topic \"{}\" does not end: "
                              "readers of committed records stand at offset {} of {}",
                              partition, topic, stable, end),
                  {},
                  {}},
            false};
}

}  // namespace penstock
