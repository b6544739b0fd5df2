// Buffers that come back from the sink and are filled again, so that a batch in a steady stream
// allocates nothing. A few are kept, and none with the memory of a huge row (I7). Pure.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/record_encoder.hpp"

namespace penstock {

class SpareBuffers {
public:
    // An empty buffer: one that came back, or a new one.
    std::unique_ptr<RecordBuffer> take() {
        if (spare_.empty()) return std::make_unique<RecordBuffer>();
        std::unique_ptr<RecordBuffer> buffer = std::move(spare_.back());
        spare_.pop_back();
        return buffer;
    }

    void give_back(std::unique_ptr<RecordBuffer> buffer) {
        if (!buffer || spare_.size() >= kBuffersMax || buffer->size_bytes() > kBytesMax) return;
        buffer->clear();
        spare_.push_back(std::move(buffer));
    }

private:
    static constexpr std::size_t kBuffersMax = 8;
    static constexpr std::size_t kBytesMax = 4U << 20;

    std::vector<std::unique_ptr<RecordBuffer>> spare_;
};

}  // namespace penstock
