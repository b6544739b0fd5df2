// The records of the state topic: proto/state.proto to the engine's plain structs and back. The
// only file that knows the generated code of that contract. Pure: no I/O, no clock.
#pragma once

#include <string>
#include <string_view>

#include "engine/error.hpp"
#include "engine/state.hpp"

namespace penstock {

inline constexpr std::string_view kPositionKey = "position";
inline constexpr std::string_view kTopicKeyPrefix = "topic/";
inline constexpr std::string_view kSnapshotKeyPrefix = "snapshot/";
inline constexpr std::uint32_t kStateVersion = 1;  // The newest we know.

std::string encode_position(const Position& position);
std::string encode_snapshot_state(std::uint32_t table_oid, const SnapshotState& snapshot);
std::string encode_topic_state(const TopicState& topic);

// Nothing but kStateIncomplete: the bytes are no such record.
Result<Position> decode_position(std::string_view bytes);
Result<TopicState> decode_topic_state(std::string_view bytes);
Result<SnapshotState> decode_snapshot_state(std::string_view bytes);

// Adds one record of the state topic to what earlier offsets said: the later one of a key wins, a
// record without a value takes its key away. Keys of no known kind are passed over, so that an
// older release can look at what a newer one wrote.
class StateCollector {
public:
    Status add(std::string_view key, const std::string_view* value);

    // What has been collected, with topic_exists set.
    StateView view() const;

private:
    StateView view_;
};

}  // namespace penstock
