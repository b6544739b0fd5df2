// Row messages: the values of one row image as protobuf, field number = attnum, one field for each
// column with a value. Shared by the stream's sink and by the SQL function encode_row, so that a
// row has the same bytes whichever way it takes.
//
// Emit phase: everything here is noexcept, calls nothing and writes through a raw pointer into
// space that the caller has reserved by the sizes told beforehand.
#pragma once

#include "frames.hpp"

#include <type_traits>

namespace penstock {

// Added to a field number in Change.marked that belongs to `before`.
inline constexpr uint32 kMarkedBefore = 65536;

// Field numbers of Change that hold its marked values.
inline constexpr uint32 kChangeMarked = 6;
inline constexpr uint32 kChangeMarkedRaw = 8;

// The columns of an image and their values; `values` may be null, then there is no image.
struct RowImage {
    const ColumnPlan* columns;
    const GatheredValue* values;
    int count;
};
static_assert(std::is_trivially_destructible_v<RowImage>);

struct RowSize {
    Size row;        // Bytes of the row message.
    bool has_lists;  // A value is unchanged or marked.
};
RowSize row_size(const RowImage& image) noexcept;
char* put_row(char* out, const RowImage& image) noexcept;

struct MarkSizes {
    Size marked;      // Payload of Change.marked.
    Size marked_raw;  // All of Change.marked_raw, tags and lengths included.
};
// `offset` is 0 or kMarkedBefore.
MarkSizes mark_sizes(const RowImage& image, uint32 offset) noexcept;
// The pairs of Change.marked, without tag and length.
char* put_marked(char* out, const RowImage& image, uint32 offset) noexcept;
char* put_marked_raw(char* out, const RowImage& image) noexcept;

}  // namespace penstock
