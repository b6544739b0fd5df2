// The state topic as it has to be: its policy, and how it is read. Internal to this room;
// state_reader.hpp is its public face.
#pragma once

#include "sink/state_reader.hpp"
#include "sink/topic_admin.hpp"

namespace penstock {

// What the state topic must be set to; also what it is made with.
std::vector<std::pair<std::string, std::string>> state_topic_config();

// What is wrong with an existing state topic, as "name=value" pairs that mend it; empty is nothing.
// Tighter values than ours are accepted: they only cost the broker more cleaning.
std::string state_topic_remedy(const ConfigEntries& config);

// Makes the state topic when it is not there and checks it. topic_policy names what is wrong.
KafkaStatus ensure_state_topic(const KafkaSettings& settings, TopicAdmin& admin);

// As read_state(), with an admin client of the caller's. `cancelled` is asked now and then.
KafkaResult<StateReading> read_state(const KafkaSettings& settings, TopicAdmin& admin,
                                     ReadDepth depth, const Cancelled& cancelled);

}  // namespace penstock
