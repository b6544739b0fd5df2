// `penstock snapshot`: asks the running pipe to publish tables as they are, or to pause, go on,
// give up or tell how far it is. Everything is done by the pipe; this only asks and shows.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "cli/invocation.hpp"
#include "cli/snapshot_progress.hpp"
#include "cli/terminal.hpp"
#include "control/control_client.hpp"
#include "run/wiring.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = SnapshotRequest::Kind;

// The pipe answers when the request is in Kafka for good.
constexpr Duration kAnswerPatience = std::chrono::minutes(2);
// A pipe that is being restarted goes on by itself.
constexpr std::chrono::seconds kRestartPatience{60};
constexpr std::chrono::milliseconds kLookEvery{250};

constexpr std::pair<std::string_view, Kind> kActions[] = {
    {"list", Kind::kList},
    {"pause", Kind::kPause},
    {"resume", Kind::kResume},
    {"cancel", Kind::kCancel},
};

Failure usage(std::string message, std::string hint = {}) {
    return fail(ErrorName::kUsage, std::move(message), {}, std::move(hint));
}

bool has(const Invocation& invocation, std::string_view action) {
    const auto& actions = invocation.actions;
    return std::find(actions.begin(), actions.end(), action) != actions.end();
}

Result<SnapshotRequest> request_of(const Invocation& invocation) {
    SnapshotRequest request;
    request.tables = invocation.tables;
    request.predicate = invocation.where;
    int given = 0;
    for (const auto& [name, kind] : kActions) {
        if (!has(invocation, name)) continue;
        request.kind = kind;
        ++given;
    }
    if (given > 1) {
        return usage(
            "cannot do several things at once: give one of --list, --pause, --resume, "
            "--cancel");
    }
    if (given == 1 && !invocation.where.empty()) {
        return usage("cannot use --where here: it belongs to a snapshot that begins");
    }
    if (given == 1 || !request.tables.empty()) return request;
    if (!has(invocation, "wait")) {
        return usage(
            "cannot take a snapshot: no table is named",
            "`penstock snapshot public.orders` takes one, `penstock snapshot --list` shows "
            "those there are.");
    }
    request.kind = Kind::kList;
    return request;
}

Result<SnapshotReport> ask(const Invocation& invocation, const SnapshotRequest& request) {
    return ask_pipe(control_candidates(invocation.configuration), request, kAnswerPatience,
                    invocation.stop_fd);
}

std::string name_of(const SnapshotReport::Table& table) {
    return table.schema + "." + table.name;
}

// What --list shows of all; with names only those.
SnapshotReport selected(SnapshotReport report, const std::set<std::string>& names) {
    std::erase_if(report.tables, [&](const auto& table) {
        return !names.empty() && !names.contains(name_of(table));
    });
    return report;
}

// Prints what has changed: on a terminal all lines over the last ones, elsewhere a line for each
// table whose progress is another.
class Display {
public:
    explicit Display(int fd) : terminal_(::isatty(fd) != 0), view_(palette_for(fd)) {}

    void show(const SnapshotReport& report) {
        const auto now =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch());
        if (terminal_) {
            if (lines_ != 0) std::printf("\x1b[%zuA\x1b[J", lines_);
            std::fputs(view_.lines(report, now).c_str(), stdout);
            lines_ = report.tables.size();
        } else {
            for (const SnapshotReport::Table& table : report.tables) tell(table);
        }
        std::fflush(stdout);
    }

private:
    void tell(const SnapshotReport::Table& table) {
        std::string& last = told_[name_of(table)];
        const std::string news = table.progress + table.waits_for;
        if (last == news) return;
        last = news;
        std::fputs(snapshot_table({{table}}, plain_palette()).c_str(), stdout);
    }

    bool terminal_;
    SnapshotProgressView view_;
    std::size_t lines_ = 0;
    std::map<std::string, std::string> told_;
};

std::optional<Error> cancelled(const SnapshotReport& report) {
    for (const SnapshotReport::Table& table : report.tables) {
        if (table.progress != "cancelled") continue;
        return Error{ErrorName::kSnapshotCancelled,
                     "the snapshot of table " + printable(name_of(table)) + " was cancelled",
                     table.waits_for,
                     {}};
    }
    return std::nullopt;
}

// Until all of these tables are done. A request to stop ends the watching, not the snapshot.
std::optional<Error> watch(const Invocation& invocation, SnapshotReport report) {
    std::set<std::string> names;
    for (const SnapshotReport::Table& table : report.tables) {
        if (!is_over(table)) names.insert(name_of(table));
    }
    if (names.empty()) return std::nullopt;
    SnapshotRequest list;
    list.kind = Kind::kList;
    Display display(STDOUT_FILENO);
    auto answered = Clock::now();
    for (;;) {
        report = selected(std::move(report), names);
        display.show(report);
        // A pipe that begins anew does not know its tables at once.
        const bool all = report.tables.size() == names.size();
        if (all && std::all_of(report.tables.begin(), report.tables.end(), is_over)) {
            return cancelled(report);
        }
        pollfd stop{invocation.stop_fd, POLLIN, 0};
        if (::poll(&stop, 1, static_cast<int>(kLookEvery.count())) > 0) return std::nullopt;
        auto news = ask(invocation, list);
        if (!news) {
            if (Clock::now() - answered > kRestartPatience) return news.error();
            continue;
        }
        answered = Clock::now();
        report = std::move(*news);
    }
}

}  // namespace

std::optional<Error> verb_snapshot(const Invocation& invocation) {
    const auto request = request_of(invocation);
    if (!request) return request.error();
    auto report = ask(invocation, *request);
    if (!report) return report.error();
    if (has(invocation, "wait")) return watch(invocation, std::move(*report));
    if (report->tables.empty()) {
        std::puts("no snapshot was asked for");
        return std::nullopt;
    }
    std::fputs(snapshot_table(*report, palette_for(STDOUT_FILENO)).c_str(), stdout);
    return std::nullopt;
}

}  // namespace penstock
