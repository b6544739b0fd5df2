#include "engine/snapshot_row.hpp"

#include <optional>

namespace penstock {
namespace {

// Tags of one byte: number << 3 | wire type.
constexpr char kOperationTag = 1 << 3;
constexpr char kAfterTag = 3 << 3 | 2;
constexpr std::uint64_t kMarkedTag = 6 << 3 | 2;
constexpr std::uint64_t kMarkedRawTag = 8 << 3 | 2;
constexpr std::uint64_t kRowMarksTag = std::uint64_t{2047} << 3 | 2;
// penstock.v1.RecordOperation
constexpr char kReadOperation = 4;

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> take_bytes(std::string_view& bytes) {
    const auto size = take_varint(bytes);
    if (!size || *size > bytes.size()) return std::nullopt;
    const std::string_view taken = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    return taken;
}

void put_length(std::string& out, std::uint64_t size) {
    while (size >= 0x80) {
        out += static_cast<char>(size | 0x80);
        size >>= 7;
    }
    out += static_cast<char>(size);
}

bool read_pairs(std::string_view pairs, std::vector<MarkedValue>& marked) {
    while (!pairs.empty()) {
        const auto attnum = take_varint(pairs);
        const auto reason = take_varint(pairs);
        if (!attnum || !reason || *reason == 0 || *reason > 3) return false;
        marked.push_back(
            {static_cast<std::uint32_t>(*attnum), false, static_cast<MarkReason>(*reason), {}});
    }
    return true;
}

// One raw value for each mark but those for the size, in order.
bool read_marks(std::string_view marks, std::vector<MarkedValue>& marked) {
    std::size_t next = 0;
    while (!marks.empty()) {
        const auto tag = take_varint(marks);
        const auto bytes = take_bytes(marks);
        if (!tag || !bytes) return false;
        if (*tag == kMarkedTag) {
            if (!read_pairs(*bytes, marked)) return false;
        } else if (*tag == kMarkedRawTag) {
            while (next < marked.size() && marked[next].reason == MarkReason::kOversize) ++next;
            if (next == marked.size()) return false;
            marked[next++].raw = *bytes;
        } else {
            return false;
        }
    }
    return true;
}

bool starts_with_marks(std::string_view row) {
    std::string_view rest = row;
    const auto tag = take_varint(rest);
    return tag && *tag == kRowMarksTag;
}

}  // namespace

Result<ChangeFrame> SnapshotChange::make(std::uint32_t relation_id, std::string_view row) {
    marked_.clear();
    change_.assign({kOperationTag, kReadOperation});
    std::string_view marks;
    if (starts_with_marks(row)) {
        take_varint(row);
        const auto bytes = take_bytes(row);
        if (!bytes || !read_marks(*bytes, marked_)) {
            return fail(ErrorName::kFrameInvalid, "the marks of a snapshot row do not parse");
        }
        marks = *bytes;
    }
    change_ += kAfterTag;
    put_length(change_, row.size());
    change_.append(row).append(marks);
    ChangeFrame change;
    change.relation_id = relation_id;
    change.operation = Operation::kRead;
    change.has_after = true;
    change.after = row;
    change.marked = marked_;
    change.change = change_;
    return change;
}

}  // namespace penstock
