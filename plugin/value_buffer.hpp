// A byte buffer in the current memory context for values whose size on the wire is not known before
// they are written: JSON text of a jsonb, messages of arrays. It grows up to a limit and then says
// so instead of raising an error, because a small stored value can have a huge text.
#pragma once

#include "pg.hpp"

#include <cstring>
#include <type_traits>

#include "wire.hpp"

namespace penstock {

class ValueBuffer {
public:
    // `size_hint` is the first allocation; more than `size_max` bytes are never held.
    ValueBuffer(Size size_hint, Size size_max)
        : size_max_(size_max < kSizeMax ? size_max : kSizeMax),
          capacity_(size_hint < size_max_ ? size_hint : size_max_),
          begin_(static_cast<char*>(palloc(capacity_ + 1))) {}

    // True when `count` more bytes may be written at end(). False, for good, over the limit.
    bool reserve(Size count) { return !overflowed_ && (capacity_ - size_ >= count || grow(count)); }

    void put(char byte) {
        if (reserve(1)) {
            begin_[size_++] = byte;
        }
    }

    void put(const char* data, Size count) {
        if (reserve(count)) {
            memcpy(begin_ + size_, data, count);
            size_ += count;
        }
    }

    void put_varint(uint64 value) {
        if (reserve(wire::kVarintSizeMax)) {
            advance_to(wire::put_varint(end(), value));
        }
    }

    void put_fixed32(uint32 value) {
        if (reserve(sizeof(value))) {
            advance_to(wire::put_fixed32(end(), value));
        }
    }

    void put_fixed64(uint64 value) {
        if (reserve(sizeof(value))) {
            advance_to(wire::put_fixed64(end(), value));
        }
    }

    char* end() { return begin_ + size_; }
    void advance_to(const char* end) { size_ = static_cast<Size>(end - begin_); }

    char* begin() { return begin_; }
    Size size() const { return size_; }
    bool overflowed() const { return overflowed_; }

private:
    static constexpr Size kSizeMax = MaxAllocSize / 2;

    bool grow(Size count) {
        if (count > size_max_ - size_) {
            overflowed_ = true;
            return false;
        }
        Size capacity = capacity_ * 2 > size_ + count ? capacity_ * 2 : size_ + count;
        capacity_ = capacity < size_max_ ? capacity : size_max_;
        begin_ = static_cast<char*>(repalloc(begin_, capacity_ + 1));
        return true;
    }

    Size size_max_;
    Size capacity_;
    Size size_ = 0;
    char* begin_;
    bool overflowed_ = false;
};
static_assert(std::is_trivially_destructible_v<ValueBuffer>);

}  // namespace penstock
