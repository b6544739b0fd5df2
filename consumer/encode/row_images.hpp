// Both images of the change at hand, for the formats that convert values column by column: read
// once, then asked for by side. Not for formats that hand the bytes on.
#pragma once

#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/record_frame.hpp"
#include "encode/row.hpp"
#include "encode/shared_fields.hpp"
#include "encode/value_convert.hpp"

namespace penstock {

class RowImages {
public:
    // kFrameInvalid when the bytes are no row of this layout.
    Status read(const RowLayout& layout, const ChangeFrame& change) {
        return rows_.read(layout, change);
    }
    const Row& operator[](Side side) const {
        return side == Side::kBefore ? rows_.before() : rows_.after();
    }

    // The image of `side` as `row` writes it; where the record shows `both`, before comes first and
    // what after shares with it is copied.
    template <class Writer>
    Status put(ByteWriter& out, const Writer& row, Side side, bool both, ValueContext& context) {
        if (!both) return row.put(out, (*this)[side], context);
        if (side == Side::kBefore) {
            shared_.begin_first(row.size());
        } else {
            shared_.begin_second((*this)[Side::kBefore]);
        }
        return row.put(out, (*this)[side], context, &shared_);
    }

    // Whether the two images have different keys. Compares the wire first and, where that differs,
    // what readers would see: 1.0 and 1.00 are one key. `put_key(writer, row)` writes a key's
    // columns.
    template <class PutKey>
    Result<bool> key_changed(const std::vector<std::uint16_t>& columns, PutKey put_key) {
        if (same_on_the_wire(columns)) return false;
        for (const Side side : {Side::kBefore, Side::kAfter}) {
            RecordBuffer& key = side == Side::kBefore ? old_key_ : new_key_;
            key.clear();
            ByteWriter writer(key);
            Status status = put_key(writer, (*this)[side]);
            if (!status) return Failure(std::move(status.error()));
            writer.finish();
        }
        return old_key_.bytes() != new_key_.bytes();
    }

private:
    bool same_on_the_wire(const std::vector<std::uint16_t>& columns) const {
        const Row& before = rows_.before();
        const Row& after = rows_.after();
        for (const std::uint16_t slot : columns) {
            if (before.states[slot] != after.states[slot] ||
                !same_value(before.values[slot], after.values[slot])) {
                return false;
            }
        }
        return true;
    }

    ChangeRows rows_;
    SharedFields shared_;
    RecordBuffer old_key_;
    RecordBuffer new_key_;
};

}  // namespace penstock
