// Encoded records on their way from the encoder to the sink: one growing run of bytes and a list of
// records that point into it. One buffer is one chunk of a Kafka transaction; it is filled by the
// engine's thread, handed over whole, emptied by the sink and handed back for reuse, so that no row
// allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace penstock {

// Index into the sink's table of topics; given by the engine's router, dense from 0.
using TopicId = std::uint32_t;

struct Record {
    static constexpr std::uint32_t kNull = 0xFFFFFFFFU;

    TopicId topic = 0;
    std::int32_t partition = 0;
    std::uint32_t key_offset = 0;
    std::uint32_t key_size = kNull;
    std::uint32_t value_offset = 0;
    std::uint32_t value_size = kNull;
    std::uint32_t header_index = 0;  // Into RecordBuffer::headers().
    std::uint32_t header_count = 0;
    std::int64_t timestamp_ms = 0;  // Since 1970-01-01 UTC; 0: when it is produced.
};

struct RecordHeader {
    std::uint32_t name_offset = 0;
    std::uint32_t name_size = 0;
    std::uint32_t value_offset = 0;
    std::uint32_t value_size = 0;  // Record::kNull for a header without value.
};

class RecordBuffer {
public:
    // Makes room for `size` more bytes and returns where they go; the pointer and every earlier one
    // is good until the next reserve. Nothing counts as written until commit().
    char* reserve(std::size_t size) {
        if (capacity_ - size_ < size) grow(size);
        return bytes_.get() + size_;
    }
    // Declares `size` bytes at the reserved place written; returns their offset.
    std::uint32_t commit(std::size_t size) {
        const auto offset = static_cast<std::uint32_t>(size_);
        size_ += size;
        return offset;
    }
    std::uint32_t append(std::string_view bytes) {
        char* place = reserve(bytes.size());
        if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
        return commit(bytes.size());
    }
    // Into place: a copy of what was put together just now would wait for it.
    void add(const Record& record) { records_.emplace_back() = record; }
    void add_header(const RecordHeader& header) { headers_.push_back(header); }

    const std::vector<Record>& records() const { return records_; }
    const std::vector<RecordHeader>& headers() const { return headers_; }
    std::string_view bytes() const { return {bytes_.get(), size_}; }
    std::string_view view(std::uint32_t offset, std::uint32_t size) const {
        return {bytes_.get() + offset, size};
    }
    std::size_t size_bytes() const { return size_; }
    bool empty() const { return records_.empty(); }
    // Forgets the records after the first `count`; their bytes stay behind unused.
    void keep_records(std::size_t count) {
        if (count < records_.size()) records_.resize(count);
    }
    void clear() {
        size_ = 0;
        records_.clear();
        headers_.clear();
    }

private:
    void grow(std::size_t size) {
        std::size_t capacity = capacity_ == 0 ? kInitialBytes : capacity_ * 2;
        while (capacity - size_ < size) capacity *= 2;
        std::unique_ptr<char[]> bytes(new char[capacity]);
        if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
        bytes_ = std::move(bytes);
        capacity_ = capacity;
    }

    static constexpr std::size_t kInitialBytes = 320 * 1024;

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::vector<Record> records_;
    std::vector<RecordHeader> headers_;
};

}  // namespace penstock
