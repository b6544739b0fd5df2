// Time as the engine sees it: always an argument, never read. Instants come from a monotonic clock
// of arbitrary origin (or from the simulator); wall times only ever travel into records, and no
// decision looks at them.
#pragma once

#include <chrono>

namespace penstock {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::microseconds;  // Monotonic, since an arbitrary origin.
using WallTime = std::chrono::nanoseconds;  // Since 1970-01-01 UTC.

}  // namespace penstock
