// How long to wait before another try: doubled from try to try, up to a limit, and blurred, so that
// many pipes do not come back to a registry at the same moment. Decides nothing else.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace penstock {

class RequestBackoff {
public:
    RequestBackoff(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                   unsigned seed)
        : first_(first), longest_(longest), next_(first), random_(seed) {}

    // Between half and the whole of the step that is due.
    std::chrono::milliseconds next() {
        const auto step = std::min(next_, longest_);
        next_ = std::min(next_ * 2, longest_);
        std::uniform_int_distribution<std::chrono::milliseconds::rep> blur(step.count() / 2,
                                                                           step.count());
        return std::chrono::milliseconds(blur(random_));
    }

    void reset() { next_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds next_;
    std::mt19937 random_;
};

}  // namespace penstock
