// Which topic the rows of a relation go to: relation map, topic ids, partition counts. A relation's
// rows may be encoded only once its topic is known to have the partitions that the state records;
// until then the stream is held. Asks the encoder for names, does no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "engine/error.hpp"
#include "engine/record_encoder.hpp"
#include "engine/relation.hpp"
#include "engine/state.hpp"

namespace penstock {

class Router {
public:
    explicit Router(RecordEncoder& encoder) : encoder_(encoder) {}

    // A new session: relations are numbered anew, `topics` is what the state records, and each
    // topic is looked at again before its first row. Topic ids last as long as the process.
    void resume(std::map<std::string, TopicState> topics);

    // A relation frame. Gives the command to send when its topic has to be looked at; held() until
    // the answer. Errors: topic_collision, frame_invalid, whatever the encoder refuses.
    Result<std::optional<EnsureTopic>> describe(std::shared_ptr<const Relation> relation);

    // Errors: partitions_changed, topic_policy, whatever the encoder refuses.
    Status topic_ready(const TopicReady& ready);

    bool held() const { return held_ != nullptr; }

    // Whether rows of this relation may be encoded (I6).
    bool routed(std::uint32_t relation_id) const {
        return relation_id < relations_.size() && relations_[relation_id] != nullptr;
    }
    // Only when routed().
    const Relation& relation(std::uint32_t relation_id) const { return *relations_[relation_id]; }

    // topic/ keys that no closed batch carries yet; they are the caller's then.
    std::vector<std::pair<std::string, TopicState>> take_changed();
    std::size_t topic_keys() const { return topics_.size(); }

    // The size of record that every topic of this session takes, and what one topic takes.
    std::size_t message_bytes_max() const { return message_bytes_max_; }
    std::size_t message_bytes_max(TopicId topic) const { return slots_[topic].message_bytes_max; }
    const std::string& topic_name(TopicId topic) const { return slots_[topic].name; }

private:
    // One topic, by TopicId.
    struct TopicSlot {
        std::string name;
        bool ready = false;  // Looked at in this session.
        std::int32_t partitions = 0;
        std::size_t message_bytes_max = 0;
        std::uint32_t oid = 0;  // The table that uses it in this session.
        std::string table;      // "schema.table"
    };

    Status claim(TopicSlot& topic, const Relation& relation);
    Status prepare(std::shared_ptr<const Relation> relation, TopicId topic);
    TopicId topic_id(const std::string& name);
    Status check_partitions(TopicSlot& topic, const TopicReady& ready);

    RecordEncoder& encoder_;
    std::vector<std::shared_ptr<const Relation>> relations_;  // By Relation.id.
    std::vector<TopicSlot> slots_;                            // By TopicId.
    std::map<std::string, TopicId> ids_;
    std::map<std::string, TopicState> topics_;
    std::vector<std::string> changed_;
    std::size_t message_bytes_max_ = 0;
    std::shared_ptr<const Relation> held_;
    TopicId held_topic_ = 0;
};

}  // namespace penstock
