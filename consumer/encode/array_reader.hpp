// Reads the message of an array value: its elements in storage order with the nulls put back in
// their places, and its shape.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "encode/row.hpp"

namespace penstock {

class ArrayReader {
public:
    // PostgreSQL's MAXDIM.
    static constexpr std::size_t kDimensionsMax = 6;

    // False when `message` is no array of values of `kind`. Views `message`.
    bool open(std::string_view message, ValueKind kind);

    // Elements, nulls included.
    std::size_t size() const { return size_; }
    // 1 unless the array has more; 0 for an empty one.
    std::size_t dimensions() const { return dimensions_; }
    std::uint32_t dimension(std::size_t index) const { return lengths_[index]; }

    // The next element in storage order: size() calls are good. False: the bytes are broken.
    bool next(FieldValue& value, bool& is_null);

private:
    bool scan(std::string_view message);
    bool count();
    bool read_packed(FieldValue& value);
    bool read_message(FieldValue& value);

    WireForm form_ = WireForm::kBytes;
    std::string_view rest_;   // Of the packed elements, or of the message when they are bytes.
    std::string_view nulls_;  // Packed positions.
    std::size_t next_null_ = 0;
    bool null_left_ = false;
    std::size_t position_ = 0;
    std::size_t size_ = 0;
    std::size_t dimensions_ = 0;
    std::array<std::uint32_t, kDimensionsMax> lengths_{};
};

}  // namespace penstock
