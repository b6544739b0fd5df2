// A change that waits for a topic of its own, with every byte it refers to: the receive buffer it
// came in is used again before the topic is there. Made on a cold path, once per new topic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/frame.hpp"

namespace penstock {

class HeldChange {
public:
    explicit HeldChange(const ChangeFrame& change);
    HeldChange(const HeldChange&) = delete;
    HeldChange& operator=(const HeldChange&) = delete;

    // Good as long as this.
    const ChangeFrame& frame() const { return frame_; }

private:
    ChangeFrame frame_;
    std::string before_;
    std::string after_;
    std::string change_;
    std::string raw_;
    std::vector<std::uint32_t> unchanged_;
    std::vector<std::uint32_t> same_as_after_;
    std::vector<MarkedValue> marked_;
};

}  // namespace penstock
