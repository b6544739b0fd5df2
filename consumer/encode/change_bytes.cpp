#include "encode/change_bytes.hpp"

#include <span>

#include "encode/protobuf_row.hpp"

namespace penstock {
namespace {

// Fields of penstock.v1.Change.
enum ChangeField : std::uint32_t {
    kOperation = 1,
    kBefore = 2,
    kAfter = 3,
    kBeforeImage = 4,
    kUnchanged = 5,
    kMarked = 6,
    kSameAsAfter = 7,
    kMarkedRaw = 8,
};

std::size_t varint_size(std::uint64_t value) {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7) ++size;
    return size;
}

void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value) {
    append_varint(out, varint_tag(number));
    append_varint(out, value);
}

void append_packed(std::string& out, std::uint32_t number, std::span<const std::uint32_t> values) {
    if (values.empty()) return;
    std::size_t size = 0;
    for (const std::uint32_t value : values) size += varint_size(value);
    append_varint(out, bytes_tag(number));
    append_varint(out, size);
    for (const std::uint32_t value : values) append_varint(out, value);
}

std::uint32_t marked_number(const MarkedValue& marked) {
    return marked.attnum + (marked.in_before ? kMarkedInBefore : 0);
}

void append_marked(std::string& out, std::span<const MarkedValue> values) {
    if (values.empty()) return;
    std::size_t size = 0;
    for (const MarkedValue& marked : values) {
        size += varint_size(marked_number(marked)) +
                varint_size(static_cast<std::uint64_t>(marked.reason));
    }
    append_varint(out, bytes_tag(kMarked));
    append_varint(out, size);
    for (const MarkedValue& marked : values) {
        append_varint(out, marked_number(marked));
        append_varint(out, static_cast<std::uint64_t>(marked.reason));
    }
}

}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
    char buffer[kVarintMax];
    out.append(buffer, static_cast<std::size_t>(put_varint(buffer, value) - buffer));
}

void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes) {
    append_varint(out, bytes_tag(number));
    append_varint(out, bytes.size());
    out.append(bytes);
}

void append_change(std::string& out, const ChangeFrame& change) {
    append_varint_field(out, kOperation, static_cast<std::uint64_t>(change.operation));
    if (change.has_before) append_bytes_field(out, kBefore, change.before);
    if (change.has_after) append_bytes_field(out, kAfter, change.after);
    if (change.before_image != BeforeImage::kNone) {
        append_varint_field(out, kBeforeImage, static_cast<std::uint64_t>(change.before_image));
    }
    append_packed(out, kUnchanged, change.unchanged);
    append_marked(out, change.marked);
    append_packed(out, kSameAsAfter, change.same_as_after);
    for (const MarkedValue& marked : change.marked) {
        if (marked.reason != MarkReason::kOversize) append_bytes_field(out, kMarkedRaw, marked.raw);
    }
}

}  // namespace penstock
