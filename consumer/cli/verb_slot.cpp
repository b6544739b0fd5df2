// `penstock slot list` and `penstock slot drop`.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include "cli/invocation.hpp"
#include "cli/terminal.hpp"
#include "config/value_text.hpp"
#include "run/wiring.hpp"
#include "source/postgres_error.hpp"
#include "source/slot_list.hpp"

namespace penstock {
namespace {

std::vector<TableCell> line_of(const SlotRow& slot, const std::string& ours,
                               const Palette& palette) {
    std::string retained = "-";
    if (slot.retained_bytes) {
        retained =
            bytes_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, *slot.retained_bytes)));
    }
    const bool lost = slot.wal_status == "lost";
    std::string state = slot.active ? "active" : "idle";
    if (slot.temporary) state += ", temporary";
    return {{printable(slot.name), slot.name == ours ? palette.bold : std::string_view()},
            {printable(slot.plugin), {}},
            {printable(slot.database), {}},
            {state, slot.active ? palette.green : palette.yellow},
            {slot.confirmed_flush_lsn ? to_string(slot.confirmed_flush_lsn) : "-", {}},
            {retained, {}},
            {slot.wal_status.empty() ? "-" : slot.wal_status, lost ? palette.red : palette.dim}};
}

bool agreed_on_terminal(const std::string& slot) {
    if (::isatty(STDIN_FILENO) != 1) return false;
    std::fputs(("Drop slot \"" + slot +
                "\" for good? Changes that were not read are lost to this "
                "pipe. [y/N] ")
                   .c_str(),
               stdout);
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

}  // namespace

std::optional<Error> verb_slot_list(const Invocation& invocation) {
    const auto slots =
        list_slots(make_source_settings(invocation.configuration, invocation.stop_fd));
    if (!slots) return slots.error();
    if (slots->empty()) {
        std::fputs("the server has no replication slots\n", stdout);
        return std::nullopt;
    }
    const Palette palette = palette_for(STDOUT_FILENO);
    std::vector<std::vector<TableCell>> lines = {{{"slot", palette.dim},
                                                  {"plugin", palette.dim},
                                                  {"database", palette.dim},
                                                  {"state", palette.dim},
                                                  {"confirmed", palette.dim},
                                                  {"retained", palette.dim},
                                                  {"WAL", palette.dim}}};
    for (const SlotRow& slot : *slots) {
        lines.push_back(line_of(slot, invocation.configuration.slot_name, palette));
    }
    std::fputs(to_table(lines, palette).c_str(), stdout);
    return std::nullopt;
}

std::optional<Error> verb_slot_drop(const Invocation& invocation) {
    const std::string& name = invocation.configuration.slot_name;
    if (!invocation.yes && !agreed_on_terminal(name)) {
        return Error{ErrorName::kUsage,
                     "slot \"" + name + "\" was not dropped: nobody agreed",
                     {},
                     "Say so with --yes."};
    }
    PostgresSource source(make_source_settings(invocation.configuration, invocation.stop_fd));
    if (auto dropped = source.drop_slot(); !dropped) return dropped.error();
    std::fputs(("dropped slot \"" + name + "\"\n").c_str(), stdout);
    return std::nullopt;
}

}  // namespace penstock
