// The hash by which Kafka's Java producer chooses a partition, so that a key stays in the partition
// where Debezium put it. Source: org.apache.kafka.common.utils.Utils.murmur2 and
// BuiltInPartitioner.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

// Kafka's murmur2 with its fixed seed.
std::uint32_t murmur2(std::string_view bytes);

// The partition of a key that is not null. `partitions` is at least 1.
inline std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
    if (partitions == 1) return 0;
    return static_cast<std::int32_t>(murmur2(key) & 0x7FFFFFFFU) % partitions;
}

}  // namespace penstock
