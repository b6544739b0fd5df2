#include "sink/record_size.hpp"

namespace penstock {
namespace {

constexpr std::size_t kBatchHeaderBytes = 61;
// Length, attributes, timestamp delta, offset delta, key length, value length, number of headers,
// each at its longest.
constexpr std::size_t kRecordOverheadBytes = 5 + 1 + 10 + 5 + 5 + 5 + 5;
constexpr std::size_t kHeaderOverheadBytes = 5 + 5;

std::size_t size_of(std::uint32_t size) {
    return size == Record::kNull ? 0 : size;
}

}  // namespace

std::size_t batch_bytes_of(const Record& record, const RecordBuffer& records) {
    std::size_t bytes = kBatchHeaderBytes + kRecordOverheadBytes + size_of(record.key_size) +
                        size_of(record.value_size);
    for (std::uint32_t i = 0; i < record.header_count; ++i) {
        const RecordHeader& header = records.headers()[record.header_index + i];
        bytes += kHeaderOverheadBytes + header.name_size + size_of(header.value_size);
    }
    return bytes;
}

const Record* find_oversize(const RecordBuffer& records,
                            std::span<const std::int64_t> max_message_bytes) {
    for (const Record& record : records.records()) {
        const auto limit = static_cast<std::size_t>(max_message_bytes[record.topic]);
        if (batch_bytes_of(record, records) > limit) return &record;
    }
    return nullptr;
}

}  // namespace penstock
