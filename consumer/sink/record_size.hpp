// What a record weighs, and which values are copied. Pure. Internal to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/record_buffer.hpp"

namespace penstock {

// Upper bound of the record batch that holds this record alone, without compression: what a topic's
// max.message.bytes is compared with (Kafka protocol guide, "Record Batch").
std::size_t batch_bytes_of(const Record& record, const RecordBuffer& records);

// The first record that its topic would refuse for its size, or null. `max_message_bytes` is
// indexed by TopicId. Known before anything is produced: librdkafka cannot split a batch that was
// refused, and the abort that follows costs both producers.
const Record* find_oversize(const RecordBuffer& records,
                            std::span<const std::int64_t> max_message_bytes);

// Values below are copied by librdkafka, from here on they are borrowed from the chunk: copying
// 10 kB costs more than keeping the chunk until its reports are in.
inline constexpr std::uint32_t kBorrowBytes = 4096;

inline bool is_borrowed(const Record& record) {
    return record.value_size != Record::kNull && record.value_size >= kBorrowBytes;
}

}  // namespace penstock
