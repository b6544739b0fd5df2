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

// What has to hold of the state where a new slot takes the place of a lost one: the tables are read
// again, but records go to the topics that there are. Errors: configuration_changed,
// state_incomplete.
Status check_renewal(const StateView& state, const EngineOptions& options);

}  // namespace penstock
