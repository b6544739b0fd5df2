// Writes bytes into a RecordBuffer through a raw pointer: room is asked for in lumps, then filled
// without checks. What is written counts for the buffer only from finish() on; positions are
// offsets into the buffer and survive its growth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "encode/block_text.hpp"
#include "engine/record_buffer.hpp"

namespace penstock {

// Copies `bytes` without a call, if they are few; returns one past the last.
inline char* put_short_copy(char* out, std::string_view bytes) {
    const std::size_t size = bytes.size();
    const char* const from = bytes.data();
    if (size >= 8 && size <= 16) {
        std::memcpy(out, from, 8);
        std::memcpy(out + size - 8, from + size - 8, 8);
    } else if (size > 16 && size <= 32) {
        std::memcpy(out, from, 16);
        std::memcpy(out + size - 16, from + size - 16, 16);
    } else {
        std::memcpy(out, from, size);
    }
    return out + size;
}

class ByteWriter {
public:
    explicit ByteWriter(RecordBuffer& buffer) : buffer_(buffer) { reserve(kLump); }
    ByteWriter(const ByteWriter&) = delete;
    ByteWriter& operator=(const ByteWriter&) = delete;

    // Makes sure that `size` more bytes fit at at().
    void ensure(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) reserve(size);
    }
    // Where the next byte goes; good until the next ensure().
    char* at() { return at_; }
    // `end`: one past the last byte written at at().
    void advance(char* end) { at_ = end; }

    void put(std::string_view bytes) {
        ensure(bytes.size());
        std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    void put(char byte) {
        ensure(1);
        *at_++ = byte;
    }

    void put(const BlockText& text) {
        ensure(text.room());
        at_ = text.put(at_);
    }

    // Writes once more what lies at `from`, a position.
    void repeat(std::uint32_t from, std::uint32_t size) {
        ensure(size);
        std::memcpy(at_, at_ - (position() - from), size);
        at_ += size;
    }

    // Offset of the next byte in the buffer.
    std::uint32_t position() const {
        return static_cast<std::uint32_t>(buffer_.size_bytes() +
                                          static_cast<std::size_t>(at_ - begin_));
    }
    // What was written since `from`; good until the next ensure().
    std::string_view since(std::uint32_t from) const {
        const std::uint32_t size = position() - from;
        return {at_ - size, size};
    }
    // Hands over what is written; the writer can go on.
    void finish() {
        buffer_.commit(static_cast<std::size_t>(at_ - begin_));
        begin_ = at_;
    }

private:
    static constexpr std::size_t kLump = 4096;

    void reserve(std::size_t size) {
        if (at_ != nullptr) finish();
        if (size < kLump) size = kLump;
        begin_ = buffer_.reserve(size);
        at_ = begin_;
        end_ = begin_ + size;
    }

    RecordBuffer& buffer_;
    char* begin_ = nullptr;
    char* at_ = nullptr;
    char* end_ = nullptr;
};

}  // namespace penstock
