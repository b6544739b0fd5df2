// Whether the true state, the slot and the server belong together, judged after the slot is held
// and both producers are fenced. Refuses by name; mends nothing. Pure.
#pragma once

#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "engine/error.hpp"
#include "engine/state.hpp"

namespace penstock {

// Whether `position` was written for this cluster and database: other_server.
Status check_server(const Position& position, const ServerFacts& facts);

// `facts` must have been read after START_REPLICATION was accepted: from then on only we move
// confirmed_flush_lsn. Errors: other_server, timeline_diverged, state_ahead_of_server,
// slot_ahead_of_state, configuration_changed, state_incomplete.
Status check_sanity(const StateView& state, const ServerFacts& facts, const EngineOptions& options);

}  // namespace penstock
