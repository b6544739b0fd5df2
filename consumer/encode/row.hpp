// Reads row messages: from the bytes of a Change to one state and one value per column, found by
// position and not by name. Every length is judged before the read. Knows nothing of formats.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/error.hpp"
#include "engine/frame.hpp"
#include "engine/relation.hpp"

namespace penstock {

// What an image says of a column. Exactly one holds.
enum class ColumnState : std::uint8_t {
    kNull,
    kValue,
    kUnchanged,   // A TOAST value that the server did not log.
    kMarked,      // There is a value, it could not be carried; bytes: what is known of it.
    kNotInImage,  // A key-only image does not tell.
};

// A value in the form of its ValueKind: integers, dates and times as two's complement, floating
// point as its bits, all else as bytes (that view the change).
struct FieldValue {
    std::string_view bytes;
    std::uint64_t number = 0;

    std::int64_t integer() const { return static_cast<std::int64_t>(number); }
};

// How a value of a kind lies in a protobuf message.
enum class WireForm : std::uint8_t { kVarint, kZigzag, kFixed32, kFixed64, kBytes };
WireForm wire_form(ValueKind kind);

// The places of a relation's columns. Slots are numbered as Relation::columns is.
class RowLayout {
public:
    explicit RowLayout(const Relation& relation);

    struct Slot {
        WireForm form = WireForm::kBytes;
        bool in_identity = false;
    };

    static constexpr std::uint16_t kNone = 0xFFFF;
    std::uint16_t slot_of(std::uint64_t attnum) const {
        return attnum < slot_of_.size() ? slot_of_[attnum] : kNone;
    }
    const Slot& slot(std::uint16_t index) const { return slots_[index]; }
    std::size_t size() const { return slots_.size(); }

private:
    std::vector<Slot> slots_;
    std::vector<std::uint16_t> slot_of_;  // By attnum.
};

// Where a field lies in a row message: behind the one before it.
struct FieldPlace {
    std::uint32_t end = 0;  // Offset.
    std::uint16_t slot = 0;
};

// One image. The vectors are as long as the layout.
struct Row {
    bool present = false;
    std::vector<ColumnState> states;
    std::vector<FieldValue> values;
    std::vector<MarkReason> reasons;  // Where kMarked.
};

// Both images of a change, with what is known from one filled into the other: a value left out of
// `before` because it is the same in `after`, and the value of an unchanged column of `after` where
// a full `before` has it.
class ChangeRows {
public:
    // kFrameInvalid when the bytes are no row of this layout.
    Status read(const RowLayout& layout, const ChangeFrame& change);

    const Row& before() const { return before_; }
    const Row& after() const { return after_; }

private:
    bool read_after(const RowLayout& layout, const ChangeFrame& change);
    bool read_before(const RowLayout& layout, const ChangeFrame& change);
    bool read_between(const RowLayout& layout, std::string_view message, std::string_view after);

    Row before_;
    Row after_;
    std::vector<FieldPlace> places_;  // Of after's fields; as many count as are known.
    std::size_t place_count_ = 0;
};

// Whether two values of one column are one: the same number, or the same place in memory. Asks for
// no look at bytes, so that equal ones may be called different. ChangeRows gives both images one
// value wherever it sees that they share it.
inline bool identical(const FieldValue& a, const FieldValue& b) {
    return a.number == b.number && a.bytes.data() == b.bytes.data() &&
           a.bytes.size() == b.bytes.size();
}

// Whether two values of one column are equal as they lie on the wire.
inline bool same_value(const FieldValue& a, const FieldValue& b) {
    return identical(a, b) || (a.number == b.number && a.bytes == b.bytes);
}

}  // namespace penstock
