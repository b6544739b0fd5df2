// Gives the fields of a change the numbers that the state of its topic remembers, in one walk over
// each row message. Only for relations whose columns have other numbers than the plugin writes;
// all others pass untouched. Holds the bytes it made until the next change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/error.hpp"
#include "engine/frame.hpp"
#include "engine/relation.hpp"

namespace penstock {

// By attnum; 0 is no column. Empty when every column's number is its attnum.
std::vector<std::uint32_t> changed_numbers(const Relation& relation);

class FieldRenumber {
public:
    // The change with the numbers of changed_numbers(), its whole bytes as well; good until the
    // next call. kFrameInvalid when a row is no row message or has a field that is no column.
    Result<const ChangeFrame*> renumber(const ChangeFrame& change,
                                        const std::vector<std::uint32_t>& numbers);

private:
    ChangeFrame change_;
    std::string before_;
    std::string after_;
    std::string whole_;
    std::vector<std::uint32_t> unchanged_;
    std::vector<std::uint32_t> same_as_after_;
    std::vector<MarkedValue> marked_;
};

}  // namespace penstock
