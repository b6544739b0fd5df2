#include "engine/merge_key.hpp"

#include <algorithm>
#include <optional>

namespace penstock {
namespace {

// Wire types of protobuf.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;

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

// Drops the value behind a tag; false when the bytes end before it does.
bool skip_value(std::uint64_t wire_type, std::string_view& bytes) {
    std::uint64_t size = 0;
    switch (wire_type) {
        case kVarint:
            return take_varint(bytes).has_value();
        case kFixed64:
            size = 8;
            break;
        case kFixed32:
            size = 4;
            break;
        case kLengthDelimited: {
            const auto told = take_varint(bytes);
            if (!told) return false;
            size = *told;
            break;
        }
        default:
            return false;
    }
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
    return true;
}

}  // namespace

bool MergeKey::is_key(std::uint32_t attnum) const {
    return std::binary_search(columns_.begin(), columns_.end(), attnum);
}

// Each field with its tag, so that the keys of two columns cannot run into each other.
bool MergeKey::find(std::string_view row, Fields& fields) const {
    fields.assign(columns_.size(), {});
    while (!row.empty()) {
        const std::string_view field = row;
        const auto tag = take_varint(row);
        if (!tag || !skip_value(*tag & 7U, row)) return false;
        const auto attnum = static_cast<std::uint32_t>(*tag >> 3U);
        const auto place = std::lower_bound(columns_.begin(), columns_.end(), attnum);
        if (place == columns_.end() || *place != attnum) continue;
        fields[static_cast<std::size_t>(place - columns_.begin())] =
            field.substr(0, field.size() - row.size());
    }
    return true;
}

// A key column is never null, so an absent one stands in the other image or cannot be told.
bool MergeKey::join(const Fields& fields, const Fields* otherwise, std::string& key) {
    key.clear();
    for (std::size_t index = 0; index < fields.size(); ++index) {
        std::string_view field = fields[index];
        if (field.empty() && otherwise != nullptr) field = (*otherwise)[index];
        if (field.empty()) return false;
        key.append(field);
    }
    return !key.empty();
}

bool MergeKey::of_row(std::string_view row, std::string& key) const {
    return find(row, after_) && join(after_, nullptr, key);
}

bool MergeKey::of_change(const ChangeFrame& change, Touched& touched) const {
    touched.moved = false;
    touched.incomplete = std::any_of(change.unchanged.begin(), change.unchanged.end(),
                                     [this](std::uint32_t attnum) { return !is_key(attnum); });
    if (change.has_before && !find(change.before, before_)) return false;
    if (change.has_after && !find(change.after, after_)) return false;
    if (!change.has_after) return change.has_before && join(before_, nullptr, touched.key);
    if (!join(after_, change.has_before ? &before_ : nullptr, touched.key)) return false;
    if (!change.has_before) return true;
    if (!join(before_, &after_, touched.old_key)) return false;
    touched.moved = touched.old_key != touched.key;
    return true;
}

}  // namespace penstock
