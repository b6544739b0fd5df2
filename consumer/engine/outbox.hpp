// Where the parts of the engine put their commands, in the order in which the driver executes them.
// Holds no decision and drops nothing: a part that must not be executed any more is told so by a
// command of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"

namespace penstock {

class Outbox {
public:
    using Values = std::vector<std::pair<std::string, std::string>>;

    template <class T>
    void put(T command) {
        commands_.emplace_back(std::move(command));
    }

    // One line for the log; `component` of the engine's parts is always "engine".
    void log(LogLine::Level level, std::string event, Values values = {}) {
        put(LogLine{level, "engine", std::move(event), std::move(values)});
    }

    std::vector<Command> drain() { return std::exchange(commands_, {}); }

private:
    std::vector<Command> commands_;
};

}  // namespace penstock
