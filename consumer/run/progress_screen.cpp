#include "run/progress_screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "run/log.hpp"
#include "run/progress_text.hpp"

namespace penstock {
namespace {

constexpr Duration kInterval{500'000};
constexpr std::size_t kLinesMax = 8;

bool can_draw() {
    const char* const terminal = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

std::size_t columns() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

ProgressScreen::ProgressScreen() : looked_at_(can_draw()) {}

ProgressScreen::~ProgressScreen() {
    if (shown_) show_footer({});
}

void ProgressScreen::refresh(const Engine& engine, Instant now, WallTime wall) {
    if (!looked_at_ || now < due_) return;
    due_ = now + kInterval;
    const auto lines = progress_bars(engine.snapshot_progress(wall), columns() - 1, kLinesMax);
    if (lines.empty() && !shown_) return;
    show_footer(lines);
    shown_ = !lines.empty();
}

std::optional<Instant> ProgressScreen::next() const {
    return shown_ ? std::optional(due_) : std::nullopt;
}

}  // namespace penstock
