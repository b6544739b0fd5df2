#include "encode/row.hpp"

#include <algorithm>
#include <cstring>

#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace penstock {
namespace {

Failure invalid_row(const char* reason) {
    return fail(ErrorName::kFrameInvalid, std::string("invalid row in a change: ") + reason);
}

void start(Row& row, std::size_t size, bool present, ColumnState absent) {
    row.present = present;
    row.states.assign(size, absent);
    if (row.values.size() != size) row.values.resize(size);
    if (row.reasons.size() != size) row.reasons.resize(size);
}

std::uint64_t unzigzag(std::uint64_t value) {
    return (value >> 1) ^ (0U - (value & 1U));
}

// The wire types of the protobuf encoding.
constexpr std::uint64_t kVarintType = 0;
constexpr std::uint64_t kFixed64Type = 1;
constexpr std::uint64_t kBytesType = 2;
constexpr std::uint64_t kFixed32Type = 5;

template <class Number>
bool read_fixed(const char*& at, const char* end, FieldValue& value) {
    Number number = 0;
    if (static_cast<std::size_t>(end - at) < sizeof(number)) return false;
    std::memcpy(&number, at, sizeof(number));
    at += sizeof(number);
    value = {{}, number};
    return true;
}

// The value at `at`; false when it does not lie there as `form` says.
bool read_value(const char*& at, const char* end, std::uint64_t type, WireForm form,
                FieldValue& value) {
    switch (form) {
        case WireForm::kBytes: {
            if (type != kBytesType) return false;
            const std::uint64_t size = protozero::decode_varint(&at, end);
            if (size > static_cast<std::uint64_t>(end - at)) return false;
            value = {{at, size}, 0};
            at += size;
            return true;
        }
        case WireForm::kVarint:
            value = {{}, protozero::decode_varint(&at, end)};
            return type == kVarintType;
        case WireForm::kZigzag:
            value = {{}, unzigzag(protozero::decode_varint(&at, end))};
            return type == kVarintType;
        case WireForm::kFixed64:
            return type == kFixed64Type && read_fixed<std::uint64_t>(at, end, value);
        case WireForm::kFixed32:
            return type == kFixed32Type && read_fixed<std::uint32_t>(at, end, value);
    }
    return false;
}

constexpr int kUnordered = RowLayout::kNone + 1;  // Above all slots.

// How far a message is read.
struct FieldWalk {
    // The slot of the last field; kUnordered where they do not come in the order of their slots, as
    // the plugin writes them.
    int last = -1;
    // Where the next field's place is noted, if they are: one for each slot, as long as there is
    // order.
    FieldPlace* next = nullptr;
};

bool read_fields(const RowLayout& layout, std::string_view message, Row& row, FieldWalk& walk) {
    const char* at = message.data();
    const char* const end = at + message.size();
    ColumnState* const states = row.states.data();
    FieldValue* const values = row.values.data();
    int last = walk.last;
    FieldPlace* next = walk.next;
    while (at != end) {
        const std::uint64_t tag = protozero::decode_varint(&at, end);
        const std::uint16_t slot = layout.slot_of(tag >> 3);
        if (slot == RowLayout::kNone) return false;
        if (!read_value(at, end, tag & 7U, layout.slot(slot).form, values[slot])) return false;
        states[slot] = ColumnState::kValue;
        last = slot > last ? slot : kUnordered;
        if (next != nullptr && last == slot) {
            *next++ = {static_cast<std::uint32_t>(at - message.data()), slot};
        }
    }
    walk = {last, next};
    return true;
}

// protozero's decode_varint throws at bytes that are no varint.
bool read_row(const RowLayout& layout, std::string_view message, Row& row, FieldWalk& walk) {
    try {
        return read_fields(layout, message, row, walk);
    } catch (const protozero::exception&) {
        return false;
    }
}

bool equal_words(const char* a, const char* b) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a, sizeof(left));
    std::memcpy(&right, b, sizeof(right));
    return left == right;
}

// How many bytes the two have in common at their fronts, and at their backs among the last `most`.
std::size_t common_front(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    std::size_t count = 0;
    while (most - count >= 8 && equal_words(a.data() + count, b.data() + count)) count += 8;
    while (count < most && a[count] == b[count]) ++count;
    return count;
}

std::size_t common_back(std::string_view a, std::string_view b, std::size_t most) {
    const char* const a_end = a.data() + a.size();
    const char* const b_end = b.data() + b.size();
    std::size_t count = 0;
    while (most - count >= 8 && equal_words(a_end - count - 8, b_end - count - 8)) count += 8;
    while (count < most && a_end[-1 - static_cast<std::ptrdiff_t>(count)] ==
                               b_end[-1 - static_cast<std::ptrdiff_t>(count)]) {
        ++count;
    }
    return count;
}

// A key image tells of a null only for the columns that are in the identity.
void narrow_to_key(const RowLayout& layout, Row& row) {
    for (std::uint16_t i = 0; i < layout.size(); ++i) {
        if (!layout.slot(i).in_identity && row.states[i] == ColumnState::kNull) {
            row.states[i] = ColumnState::kNotInImage;
        }
    }
}

bool note_unchanged(const RowLayout& layout, const ChangeFrame& change, Row& after) {
    for (const std::uint32_t attnum : change.unchanged) {
        const std::uint16_t slot = layout.slot_of(attnum);
        if (slot == RowLayout::kNone) return false;
        after.states[slot] = ColumnState::kUnchanged;
    }
    return true;
}

bool note_marked(const RowLayout& layout, const ChangeFrame& change, Row& before, Row& after) {
    for (const MarkedValue& marked : change.marked) {
        const std::uint16_t slot = layout.slot_of(marked.attnum);
        if (slot == RowLayout::kNone) return false;
        Row& row = marked.in_before ? before : after;
        row.states[slot] = ColumnState::kMarked;
        row.values[slot] = {marked.raw, 0};
        row.reasons[slot] = marked.reason;
    }
    return true;
}

void copy(const Row& from, Row& to, std::uint16_t slot) {
    to.states[slot] = from.states[slot];
    to.values[slot] = from.values[slot];
    to.reasons[slot] = from.reasons[slot];
}

bool fill_before(const RowLayout& layout, const ChangeFrame& change, const Row& after,
                 Row& before) {
    for (const std::uint32_t attnum : change.same_as_after) {
        const std::uint16_t slot = layout.slot_of(attnum);
        if (slot == RowLayout::kNone) return false;
        copy(after, before, slot);
    }
    return true;
}

void fill_after(const ChangeFrame& change, const RowLayout& layout, const Row& before, Row& after) {
    if (change.before_image != BeforeImage::kFull || change.unchanged.empty()) return;
    for (const std::uint32_t attnum : change.unchanged) {
        const std::uint16_t slot = layout.slot_of(attnum);
        const ColumnState state = before.states[slot];
        if (state == ColumnState::kValue || state == ColumnState::kMarked)
            copy(before, after, slot);
    }
}

}  // namespace

WireForm wire_form(ValueKind kind) {
    switch (kind) {
        case ValueKind::kBool:
        case ValueKind::kUint32:
        case ValueKind::kUint64:
        case ValueKind::kTime:
            return WireForm::kVarint;
        case ValueKind::kInt32:
        case ValueKind::kInt64:
        case ValueKind::kDate:
        case ValueKind::kMoney:
            return WireForm::kZigzag;
        case ValueKind::kFloat:
            return WireForm::kFixed32;
        case ValueKind::kDouble:
        case ValueKind::kTimestamp:
        case ValueKind::kTimestamptz:
            return WireForm::kFixed64;
        default:
            return WireForm::kBytes;
    }
}

RowLayout::RowLayout(const Relation& relation) {
    std::uint32_t last = 0;
    for (const Column& column : relation.columns) last = std::max(last, column.attnum);
    slot_of_.assign(last + 1, kNone);
    slots_.reserve(relation.columns.size());
    for (const Column& column : relation.columns) {
        slot_of_[column.attnum] = static_cast<std::uint16_t>(slots_.size());
        const WireForm form = column.array ? WireForm::kBytes : wire_form(column.kind);
        slots_.push_back({form, column.replica_key_position != 0});
    }
}

bool ChangeRows::read_after(const RowLayout& layout, const ChangeFrame& change) {
    FieldWalk walk;
    if (change.before_image == BeforeImage::kFull) {
        if (places_.size() != layout.size()) places_.resize(layout.size());
        walk.next = places_.data();
    }
    const bool read = read_row(layout, change.after, after_, walk);
    const bool noted = walk.next != nullptr && walk.last != kUnordered;
    place_count_ = noted ? static_cast<std::size_t>(walk.next - places_.data()) : 0;
    return read;
}

// The images of an UPDATE share all but a few fields: what their messages have in common in front
// of those and behind them is `after`'s already. False when that is not to be told: where the
// message's fields do not end where `after` goes on, or are not in order.
bool ChangeRows::read_between(const RowLayout& layout, std::string_view message,
                              std::string_view after) {
    const FieldPlace* const places = places_.data();
    const auto begin_of = [&](std::size_t i) { return i == 0 ? 0U : places[i - 1].end; };
    const std::size_t front = common_front(message, after);
    std::size_t first = 0;
    while (first < place_count_ && places[first].end <= front) ++first;
    const std::size_t from = begin_of(first);
    const std::size_t rest_max = std::min(message.size(), after.size()) - from;
    const std::size_t back = common_back(message, after, rest_max);
    std::size_t behind = place_count_;
    while (behind > first && after.size() - begin_of(behind - 1) <= back) --behind;
    const std::size_t to = message.size() - (after.size() - begin_of(behind));

    before_.present = true;
    before_.states = after_.states;
    before_.values = after_.values;
    before_.reasons.resize(layout.size());
    for (std::size_t i = first; i < behind; ++i)
        before_.states[places[i].slot] = ColumnState::kNull;
    FieldWalk walk{.last = first == 0 ? -1 : places[first - 1].slot};
    if (!read_row(layout, message.substr(from, to - from), before_, walk)) return false;
    return walk.last < (behind < place_count_ ? places[behind].slot : kUnordered);
}

bool ChangeRows::read_before(const RowLayout& layout, const ChangeFrame& change) {
    const bool full = change.before_image == BeforeImage::kFull && change.has_after;
    if (full && place_count_ != 0 && read_between(layout, change.before, change.after)) return true;
    start(before_, layout.size(), change.has_before, ColumnState::kNull);
    FieldWalk walk;
    return !change.has_before || read_row(layout, change.before, before_, walk);
}

Status ChangeRows::read(const RowLayout& layout, const ChangeFrame& change) {
    start(after_, layout.size(), change.has_after, ColumnState::kNull);
    if (change.has_after && !read_after(layout, change)) {
        return invalid_row("the new row does not fit its relation");
    }
    const bool alone = !change.has_before && change.marked.empty();
    before_.present = false;
    if (!alone && !read_before(layout, change)) {
        return invalid_row("the old row does not fit its relation");
    }
    if (!note_unchanged(layout, change, after_)) {
        return invalid_row("unchanged column unrecognized");
    }
    if (alone) return {};
    if (change.before_image == BeforeImage::kKey) narrow_to_key(layout, before_);
    if (!note_marked(layout, change, before_, after_)) {
        return invalid_row("marked column unrecognized");
    }
    if (!change.has_before) return {};
    if (!fill_before(layout, change, after_, before_)) {
        return invalid_row("repeated column unrecognized");
    }
    fill_after(change, layout, before_, after_);
    return {};
}

}  // namespace penstock
