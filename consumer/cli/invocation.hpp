// What a verb is called with: the configuration after file, environment and flags, the words that
// are left, and the descriptor by which the process is asked to stop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

struct Invocation {
    Configuration configuration;
    std::string word;                  // Of verbs that take one: what to show.
    std::vector<std::string> tables;   // Of `snapshot`, as they were written.
    std::string where;                 // --where of `snapshot`.
    std::vector<std::string> actions;  // Of `snapshot`: "list", "pause", ..., as flags were given.
    bool yes = false;                  // --yes: do not ask.
    int stop_fd = -1;                  // Readable when the process is asked to stop.
};

// A verb: nothing when it did what it says, otherwise why not.
using Verb = std::optional<Error> (*)(const Invocation&);

std::optional<Error> verb_run(const Invocation& invocation);
std::optional<Error> verb_tail(const Invocation& invocation);
std::optional<Error> verb_check(const Invocation& invocation);
std::optional<Error> verb_slot_list(const Invocation& invocation);
std::optional<Error> verb_slot_drop(const Invocation& invocation);
std::optional<Error> verb_status(const Invocation& invocation);
std::optional<Error> verb_snapshot(const Invocation& invocation);
std::optional<Error> verb_state_show(const Invocation& invocation);
std::optional<Error> verb_schema_value(const Invocation& invocation);
std::optional<Error> verb_schema_key(const Invocation& invocation);
std::optional<Error> verb_errors(const Invocation& invocation);
std::optional<Error> verb_reference(const Invocation& invocation);
std::optional<Error> verb_version(const Invocation& invocation);

}  // namespace penstock
