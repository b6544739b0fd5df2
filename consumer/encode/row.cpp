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

bool read_fields(const RowLayout& layout, std::string_view message, Row& row) {
    const char* at = message.data();
    const char* const end = at + message.size();
    ColumnState* const states = row.states.data();
    FieldValue* const values = row.values.data();
    while (at != end) {
        const std::uint64_t tag = protozero::decode_varint(&at, end);
        const std::uint16_t slot = layout.slot_of(tag >> 3);
        if (slot == RowLayout::kNone) return false;
        if (!read_value(at, end, tag & 7U, layout.slot(slot).form, values[slot])) return false;
        states[slot] = ColumnState::kValue;
    }
    return true;
}

// protozero's decode_varint throws at bytes that are no varint.
bool read_row(const RowLayout& layout, std::string_view message, Row& row) {
    try {
        return read_fields(layout, message, row);
    } catch (const protozero::exception&) {
        return false;
    }
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

Status ChangeRows::read(const RowLayout& layout, const ChangeFrame& change) {
    start(after_, layout.size(), change.has_after, ColumnState::kNull);
    if (change.has_after && !read_row(layout, change.after, after_)) {
        return invalid_row("the new row does not fit its relation");
    }
    if (!note_unchanged(layout, change, after_))
        return invalid_row("unchanged column unrecognized");
    if (!change.has_before && change.marked.empty()) {
        before_.present = false;
        return {};
    }
    start(before_, layout.size(), change.has_before, ColumnState::kNull);
    if (change.has_before && !read_row(layout, change.before, before_)) {
        return invalid_row("the old row does not fit its relation");
    }
    if (change.before_image == BeforeImage::kKey) narrow_to_key(layout, before_);
    if (!note_marked(layout, change, before_, after_))
        return invalid_row("marked column unrecognized");
    if (!change.has_before) return {};
    if (!fill_before(layout, change, after_, before_)) {
        return invalid_row("repeated column unrecognized");
    }
    fill_after(change, layout, before_, after_);
    return {};
}

}  // namespace penstock
