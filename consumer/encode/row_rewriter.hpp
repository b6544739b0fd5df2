// Rewrites the images of a change by the rules of a relation's shape, in one walk over each row
// message: fields are copied, left out or changed. Only for relations that have rules; all others
// pass untouched. Holds the bytes it made until the next change.
#pragma once

#include <string>
#include <vector>

#include "encode/relation_shape.hpp"
#include "engine/frame.hpp"

namespace penstock {

class RowRewriter {
public:
    explicit RowRewriter(const ShapeOptions& options) : changer_(options) {}

    // The change as the shape shows it; its views are good until the next call. With `whole` the
    // bytes of the whole Change message are made as well, for formats that hand them on.
    // kFrameInvalid when a row is no row message.
    Result<ChangeFrame> rewrite(const ChangeFrame& change, const std::vector<FieldRule>& rules,
                                bool whole);

private:
    bool rewrite_row(std::string_view row, const std::vector<FieldRule>& rules, bool key_only,
                     std::string& out);
    void rewrite_numbers(std::span<const std::uint32_t> numbers,
                         const std::vector<FieldRule>& rules, std::vector<std::uint32_t>& out);
    void rewrite_marked(const ChangeFrame& change, const std::vector<FieldRule>& rules);

    ValueChanger changer_;
    std::string before_;
    std::string after_;
    std::string whole_;
    std::vector<std::uint32_t> unchanged_;
    std::vector<std::uint32_t> same_as_after_;
    std::vector<MarkedValue> marked_;
};

}  // namespace penstock
