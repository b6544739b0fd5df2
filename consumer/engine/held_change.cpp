#include "engine/held_change.hpp"

namespace penstock {

HeldChange::HeldChange(const ChangeFrame& change)
    : frame_(change),
      before_(change.before),
      after_(change.after),
      change_(change.change),
      unchanged_(change.unchanged.begin(), change.unchanged.end()),
      same_as_after_(change.same_as_after.begin(), change.same_as_after.end()),
      marked_(change.marked.begin(), change.marked.end()) {
    for (const MarkedValue& value : change.marked) raw_ += value.raw;
    std::size_t offset = 0;
    for (MarkedValue& value : marked_) {
        const std::size_t size = value.raw.size();
        value.raw = std::string_view(raw_).substr(offset, size);
        offset += size;
    }
    frame_.before = before_;
    frame_.after = after_;
    frame_.change = change_;
    frame_.unchanged = unchanged_;
    frame_.same_as_after = same_as_after_;
    frame_.marked = marked_;
}

}  // namespace penstock
