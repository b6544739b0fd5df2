// Whether the topics that the state knows are still those that hold the published records: asked
// once at every start and recovery, for all of them. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "engine/error.hpp"
#include "engine/state.hpp"

namespace penstock {

// What has to be written down again, by topic name.
using TopicChanges = std::vector<std::pair<std::string, TopicState>>;

// Compares `topics` with what Kafka has and brings them up to date: an id that an older release did
// not record, and a lost topic where options.topic_lost says so. A topic whose id was never
// recorded and that is not there has lost nothing that we know of. Errors: partitions_changed,
// topic_lost.
Result<TopicChanges> check_topics(std::map<std::string, TopicState>& topics, const TopicsSeen& seen,
                                  const EngineOptions& options);

}  // namespace penstock
