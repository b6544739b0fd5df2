// Shows the bars of a snapshot below the log while somebody looks: only where standard error is a
// terminal that can move its cursor. Decides when to draw; the text is progress_text's.
#pragma once

#include <optional>

#include "engine/clock.hpp"
#include "engine/engine.hpp"

namespace penstock {

class ProgressScreen {
public:
    ProgressScreen();
    ~ProgressScreen();
    ProgressScreen(const ProgressScreen&) = delete;
    ProgressScreen& operator=(const ProgressScreen&) = delete;

    // Draws, or takes away what was drawn, where it is time. Cheap at other times.
    void refresh(const Engine& engine, Instant now, WallTime wall);

    // When to come back; nothing where nobody looks or nothing is shown.
    std::optional<Instant> next() const;

private:
    bool looked_at_ = false;
    bool shown_ = false;
    Instant due_{};
};

}  // namespace penstock
