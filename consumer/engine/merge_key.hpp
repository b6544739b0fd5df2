// The key by which rows of a chunk and changes of the stream are told to be of one row: the bytes
// of the key columns' fields in row messages, in ascending attnum. Both come from one encoder, and
// a row that is changed gives the very bytes that it was written with, so equal means the same row
// version's key; that two keys are equal to the index and differ in their bytes does no harm, since
// the older one is deleted or updated by a change of its own. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/frame.hpp"

namespace penstock {

class MergeKey {
public:
    MergeKey() = default;
    // Attnums in ascending order, as the rows are published.
    explicit MergeKey(std::vector<std::uint32_t> columns) : columns_(std::move(columns)) {}

    // A table without a key: no row can be told from another.
    bool empty() const { return columns_.empty(); }

    // The key of a whole row in `key`. False when it cannot be told: a key column has no value
    // here, because it was marked.
    bool of_row(std::string_view row, std::string& key) const;

    // The keys that a change touches, each in a string of its own; the second only when it is
    // another. False when one of them cannot be told.
    struct Touched {
        std::string key;
        std::string old_key;
        bool moved = false;       // old_key is another.
        bool incomplete = false;  // `after` lacks a value that the server did not log.
    };
    bool of_change(const ChangeFrame& change, Touched& touched) const;

private:
    using Fields = std::vector<std::string_view>;  // By place in columns_; empty: absent.

    bool is_key(std::uint32_t attnum) const;
    bool find(std::string_view row, Fields& fields) const;
    static bool join(const Fields& fields, const Fields* otherwise, std::string& key);

    std::vector<std::uint32_t> columns_;
    // Memory that is used from change to change.
    mutable Fields after_;
    mutable Fields before_;
};

}  // namespace penstock
