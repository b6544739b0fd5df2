// Copies what both images of a change show alike: the fields of the image written first are
// remembered by their places in the record, so that runs of identical values are copied from there
// and not converted again. For one record at a time; knows no format.
#pragma once

#include <cstdint>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/row.hpp"

namespace penstock {

class SharedFields {
public:
    // The image written first, of `count` fields; and the other image of the same record.
    void begin_first(std::size_t count) {
        places_.resize(count + 1);
        first_ = nullptr;
        field_ = 0;
    }
    void begin_second(const Row& first) {
        first_ = &first;
        field_ = 0;
        run_ = 0;
    }

    // Asked in front of each field, in their order. True: the field is not to be written, a copy
    // of the first image's comes with the next field that is, or with end().
    bool has(ByteWriter& out, const Row& row, std::uint16_t slot) {
        const std::size_t field = field_++;
        if (first_ == nullptr) {
            places_[field] = out.position();
            return false;
        }
        if (shares(row, slot)) return true;
        copy_run(out, field);
        return false;
    }
    void end(ByteWriter& out) {
        if (first_ == nullptr) {
            places_[field_] = out.position();
        } else {
            copy_run(out, field_);
        }
    }

private:
    bool shares(const Row& row, std::uint16_t slot) const {
        const ColumnState state = row.states[slot];
        if (state != first_->states[slot]) return false;
        if (state == ColumnState::kNull) return true;
        return state == ColumnState::kValue && identical(row.values[slot], first_->values[slot]);
    }
    // The fields from run_ to the one in front of `field`.
    void copy_run(ByteWriter& out, std::size_t field) {
        if (field > run_) out.repeat(places_[run_], places_[field] - places_[run_]);
        run_ = field + 1;
    }

    std::vector<std::uint32_t> places_;  // Where fields begin, and where the last one ends.
    const Row* first_ = nullptr;         // While the second is written.
    std::size_t field_ = 0;
    std::size_t run_ = 0;
};

}  // namespace penstock
