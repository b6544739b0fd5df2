// A row as penstock.encode_row gives it, made into the change that an encoder takes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/error.hpp"
#include "engine/frame.hpp"

namespace penstock {

class SnapshotChange {
public:
    // The change views `row` and memory of this object, both until the next call. Where the row has
    // marked values they stand in front of it, in a field that no column has (penstock.proto).
    // Errors: frame_invalid.
    Result<ChangeFrame> make(std::uint32_t relation_id, std::string_view row);

private:
    std::vector<MarkedValue> marked_;
    std::string change_;
};

}  // namespace penstock
