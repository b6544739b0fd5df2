// Whether somebody's Kafka transaction is still open where we are about to write. Internal to this
// room. One thread.
//
// Both producers of a pipe are fenced before anything is written, and a fence ends what was open. A
// partition whose last stable offset stays behind its end all the same holds a transaction of
// another program, or one of ours whose end a broker never wrote: Kafka 4.3 skips the markers of
// partitions that have no leader at the moment, as all of a lone broker that was just started. Of
// the latter the next commit of the same producer would commit the records too, and they would be
// there twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sink/topic_admin.hpp"

namespace penstock {

class OpenTransactions {
public:
    // Waits until readers of committed records can read each partition up to where it ended when
    // first asked about; kafka_transaction_hangs when they cannot after `patience`. What was open
    // then is what is waited for, also by later calls: other programs may begin new ones.
    KafkaStatus await_end(TopicAdmin& admin, const std::string& topic, std::int32_t partitions,
                          std::chrono::milliseconds patience, const Cancelled& cancelled);

private:
    KafkaStatus look(TopicAdmin& admin, const std::string& topic, std::int32_t partitions);

    std::map<std::string, std::vector<std::int64_t>> ends_;  // Of topics that are waited for.
};

// The error: readers of committed records stand at `stable`, the records go on to `end`.
KafkaFailure transaction_hangs(const std::string& topic, std::int32_t partition,
                               std::int64_t stable, std::int64_t end);

}  // namespace penstock
