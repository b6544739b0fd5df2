// The verbs that stay: run and tail.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/invocation.hpp"
#include "cli/plan.hpp"
#include "cli/preflight.hpp"
#include "cli/tail.hpp"
#include "run/log.hpp"
#include "run/run.hpp"

namespace penstock {
namespace {

// True when the process was asked to stop in the meantime.
bool wait_or_stop(int stop_fd, int milliseconds) {
    pollfd entry{stop_fd, POLLIN, 0};
    return ::poll(&entry, 1, milliseconds) > 0;
}

// Looks until PostgreSQL answers, for nothing can be planned before: the name of the database
// stands in every record. Nothing when the process was asked to stop.
std::optional<Preflight> look_until_answered(const Invocation& invocation) {
    constexpr int kFirstWait = 200;
    constexpr int kLongestWait = 5000;
    for (int wait = kFirstWait;; wait = std::min(wait * 2, kLongestWait)) {
        Preflight found = look_at_all(invocation.configuration, PluginTrial::kLeaveToTheStart,
                                      invocation.stop_fd);
        if (found.report.facts || refusal(found.all(), true)) return found;
        const auto reason = refusal(found.all(), false);
        write_log({LogLine::Level::kWarning,
                   "run",
                   "waiting_for_postgres",
                   {{"error", reason ? std::string(error_row(reason->name).text) : ""},
                    {"message", reason ? reason->message : "it does not answer"}}});
        if (wait_or_stop(invocation.stop_fd, wait)) return std::nullopt;
    }
}

// The plan names some; whoever looks for rows that never came reads the log.
void log_not_carried(const PostgresReport& report) {
    for (const NotCarried& one : report.not_carried) {
        write_log({LogLine::Level::kWarning,
                   "run",
                   "table_not_carried",
                   {{"table", one.schema + "." + one.name}, {"kind", one.kind}}});
    }
}

}  // namespace

std::optional<Error> verb_run(const Invocation& invocation) {
    const Configuration& configuration = invocation.configuration;
    start_log(configuration.log_level);
    const auto found = look_until_answered(invocation);
    if (!found) return std::nullopt;
    const Palette palette = palette_for(STDOUT_FILENO);
    std::vector<CheckItem> troubles;
    for (const CheckItem& item : found->all()) {
        if (item.verdict != CheckItem::Verdict::kOk) troubles.push_back(item);
    }
    std::string text;
    if (found->report.facts) {
        text = plan_text(configuration, found->report, palette, found->snapshot_forecast);
    }
    text += to_text(troubles, palette);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    log_not_carried(found->report);
    if (auto refused = refusal(found->all(), true)) return refused;
    return run_pipe(configuration, found->report.facts->database, invocation.stop_fd);
}

std::optional<Error> verb_tail(const Invocation& invocation) {
    return run_tail(invocation.configuration, invocation.stop_fd);
}

}  // namespace penstock
