// Which topic records go to: relation map, topic ids, partition counts, schema ids. A relation's
// rows may be encoded only once its topic is known to have the partitions that the state records
// and its schemas have their ids; until then the stream is held. The same holds for the topics that
// no relation leads to. Asks the encoder for names, does no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.hpp"
#include "engine/error.hpp"
#include "engine/outbox.hpp"
#include "engine/record_encoder.hpp"
#include "engine/relation.hpp"
#include "engine/state.hpp"
#include "engine/topic_owner.hpp"

namespace penstock {

struct RouterRules {
    OnRename on_rename = OnRename::kFollow;
    std::size_t row_topics_max = std::numeric_limits<std::size_t>::max();
    std::string registry{};  // Which one gives the ids: those of another mean nothing.
};

class Router {
public:
    Router(RecordEncoder& encoder, Outbox& outbox, RouterRules rules = {})
        : encoder_(encoder), outbox_(outbox), rules_(rules) {}

    // A new session: relations are numbered anew, `topics` is what the state records, and each
    // topic is looked at again before its first row. Holds until the encoder's own topics are
    // routed. Topic ids and schema ids last as long as the process.
    void resume(std::map<std::string, TopicState> topics);

    // A relation frame; kept under other names where its records go on under those. Errors:
    // topic_collision, table_renamed, frame_invalid, whatever the encoder
    // refuses.
    Status describe(std::shared_ptr<const Relation> relation);

    // A topic that a change needs. Errors: topic_name, topic_limit, topic_collision, bug (it has
    // its route).
    Status want(WantedTopic wanted);

    // Answers; one that nothing waits for changes nothing. Errors: partitions_changed,
    // topic_policy, topic_collision, bug, whatever the encoder refuses.
    Status topic_ready(const TopicReady& ready);
    Status schemas_ready(const SchemasReady& ready);
    bool waits_for_schemas(std::uint64_t ticket) const { return asked_ticket_ == ticket; }

    bool held() const { return !pending_.empty(); }

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
    const std::string& topic_name(TopicId topic) const { return slots_[topic].name; }
    // Whether the topics take the records from `from_record` on: known before produce, since
    // Kafka's refusal would cost both producers. Error: record_too_large.
    Status check_size(const RecordBuffer& buffer, std::size_t from_record) const;

private:
    // One topic, by TopicId.
    struct TopicSlot {
        std::string name;
        bool ready = false;   // Looked at in this session.
        bool wanted = false;  // No relation leads to it; routed in this session.
        std::int32_t partitions = 0;
        std::size_t message_bytes_max = 0;
        std::uint32_t oid = 0;  // The table that uses it in this session.
        std::string table;      // "schema.table", as the stream calls it.
    };
    // What the stream is held for.
    struct Pending {
        TopicId topic = 0;
        std::shared_ptr<const Relation> relation;  // Null: the topic itself is wanted.
        std::vector<SchemaText> schemas;           // Of a relation once its topic is ready.
        bool described = false;                    // The relation has its schemas and numbers.
        std::string known_as{};                    // The table, as the stream calls it.
    };

    Status describe_without_topic(std::shared_ptr<const Relation> relation);
    Status check_row_topics(const std::string& topic) const;
    Status claim(TopicSlot& topic, const Relation& relation, const std::string& table);
    Status claim(TopicSlot& topic) const;
    Status proceed();
    void settle_description(Pending& next);
    bool ask_for_schemas(const Pending& next);
    Status settle(Pending done);
    std::vector<std::uint32_t> schema_ids(const Pending& done);
    TopicId topic_id(const std::string& name);
    Status check_partitions(TopicSlot& topic, const TopicReady& ready);
    void note_change(const std::string& topic);

    RecordEncoder& encoder_;
    Outbox& outbox_;
    RouterRules rules_;
    std::set<std::string> own_topics_;  // Of the encoder, whatever the rows are.
    std::vector<std::shared_ptr<const Relation>> relations_;  // By Relation.id.
    std::vector<TopicSlot> slots_;                            // By TopicId.
    std::map<std::string, TopicId> ids_;
    std::map<std::string, TopicState> topics_;
    std::vector<std::string> changed_;
    std::size_t message_bytes_max_ = 0;
    std::deque<Pending> pending_;  // Only the first one is asked for.
    std::map<std::pair<std::string, std::string>, std::uint32_t> schema_ids_;  // Subject and text.
    std::vector<SchemaText> asked_schemas_;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t asked_ticket_ = 0;  // Of the answer that is waited for; 0 is none.
};

}  // namespace penstock
