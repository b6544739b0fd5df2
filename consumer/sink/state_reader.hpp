// Reads the state topic, as the first steps of every recovery and as `penstock state show` do.
// Reads only; nothing here judges what the state means.
#pragma once

#include <cstdint>

#include "engine/command.hpp"
#include "sink/kafka_settings.hpp"

namespace penstock {

struct StateReading {
    StateView view;
    // Offset behind everything that was read; where a tail of the topic begins.
    std::int64_t end_offset = 0;
};

// kHint: read_committed, the newest position as it stands. kTrue: the high watermark is asked for
// read_uncommitted first, then the topic is read read_committed until the position of the reader
// has reached it: an end-of-partition event alone is no proof, because an open Kafka transaction
// holds the reader back. A missing topic is topic_exists = false, not an error. A reader that does
// not get there within settings.request_timeout is kafka_unreachable; a record that does not parse
// is state_incomplete. Blocks; makes its own clients; any thread.
Result<StateReading> read_state(const KafkaSettings& settings, ReadDepth depth);

}  // namespace penstock
