#include "encode/field_renumber.hpp"

#include <algorithm>
#include <span>

#include "encode/change_bytes.hpp"
#include "encode/protobuf_row.hpp"

namespace penstock {
namespace {

using Numbers = std::vector<std::uint32_t>;

std::uint32_t number_of(const Numbers& numbers, std::uint64_t attnum) {
    return attnum < numbers.size() ? numbers[attnum] : 0;
}

// The wire type is in the last three bits of the first byte of a tag, whatever its length.
bool renumber_row(std::string_view row, const Numbers& numbers, std::string& out) {
    out.clear();
    RawFields fields(row);
    while (fields.next()) {
        const std::uint32_t number = number_of(numbers, fields.number());
        if (number == 0) return false;
        std::string_view field = fields.bytes();
        const auto wire_type = static_cast<unsigned char>(field.front()) & 7U;
        while ((static_cast<unsigned char>(field.front()) & 0x80U) != 0) field.remove_prefix(1);
        field.remove_prefix(1);
        append_varint(out, number << 3 | wire_type);
        out.append(field);
    }
    return !fields.failed();
}

bool renumber_list(std::span<const std::uint32_t> attnums, const Numbers& numbers, Numbers& out) {
    out.clear();
    for (const std::uint32_t attnum : attnums) out.push_back(number_of(numbers, attnum));
    return std::find(out.begin(), out.end(), 0U) == out.end();
}

}  // namespace

std::vector<std::uint32_t> changed_numbers(const Relation& relation) {
    const bool same =
        std::all_of(relation.columns.begin(), relation.columns.end(),
                    [](const Column& column) { return field_number(column) == column.attnum; });
    if (same) return {};
    std::vector<std::uint32_t> numbers;
    for (const Column& column : relation.columns) {
        if (numbers.size() <= column.attnum) numbers.resize(column.attnum + 1);
        numbers[column.attnum] = field_number(column);
    }
    return numbers;
}

Result<const ChangeFrame*> FieldRenumber::renumber(const ChangeFrame& change,
                                                   const std::vector<std::uint32_t>& numbers) {
    bool right = renumber_row(change.before, numbers, before_) &&
                 renumber_row(change.after, numbers, after_) &&
                 renumber_list(change.unchanged, numbers, unchanged_) &&
                 renumber_list(change.same_as_after, numbers, same_as_after_);
    marked_.assign(change.marked.begin(), change.marked.end());
    for (MarkedValue& marked : marked_) {
        marked.attnum = number_of(numbers, marked.attnum);
        right = right && marked.attnum != 0;
    }
    if (!right) {
        return fail(ErrorName::kFrameInvalid,
                    "invalid row in a change: bytes are no row message of its table");
    }
    change_ = change;
    change_.before = before_;
    change_.after = after_;
    change_.unchanged = unchanged_;
    change_.same_as_after = same_as_after_;
    change_.marked = marked_;
    whole_.clear();
    append_change(whole_, change_);
    change_.change = whole_;
    return &change_;
}

}  // namespace penstock
