#include "engine/router.hpp"
#include "engine/mutant.hpp"

#include <algorithm>
#include <limits>

namespace penstock {
namespace {

// Ids are small by the wire's rules; the bound keeps a broken stream from taking all memory.
constexpr std::uint32_t kRelationIdMax = 1U << 22;
constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();

}  // namespace

void Router::resume(std::map<std::string, TopicState> topics) {
    relations_.clear();
    topics_ = std::move(topics);
    changed_.clear();
    held_.reset();
    message_bytes_max_ = kNoLimit;
    for (TopicSlot& topic : slots_) {
        topic.ready = false;
        topic.oid = 0;
        topic.table.clear();
    }
    encoder_.reset();
}

Result<std::optional<EnsureTopic>> Router::describe(std::shared_ptr<const Relation> relation) {
    if (relation->id >= kRelationIdMax) {
        return fail(ErrorName::kFrameInvalid,
                    "a relation has the id " + std::to_string(relation->id));
    }
    Result<std::string> name = encoder_.topic_of(*relation);
    if (!name) return Failure(name.error());
    const TopicId id = topic_id(*name);
    if (Status claimed = claim(slots_[id], *relation); !claimed) return Failure(claimed.error());
    if (relations_.size() <= relation->id) relations_.resize(relation->id + 1);
    relations_[relation->id].reset();
    if (slots_[id].ready) {
        if (Status done = prepare(std::move(relation), id); !done) return Failure(done.error());
        return std::nullopt;
    }
    held_ = std::move(relation);
    held_topic_ = id;
    return EnsureTopic{id, *name};
}

// A renamed table keeps its oid, a recreated one its name; two tables with neither in common would
// mix their rows.
Status Router::claim(TopicSlot& topic, const Relation& relation) {
    std::string table = relation.schema + "." + relation.name;
    if (topic.oid != 0 && topic.oid != relation.oid && topic.table != table) {
        return fail(ErrorName::kTopicCollision, "tables \"" + topic.table + "\" and \"" + table +
                                                    "\" would share the topic \"" + topic.name +
                                                    "\"");
    }
    topic.oid = relation.oid;
    topic.table = std::move(table);
    return {};
}

Status Router::topic_ready(const TopicReady& ready) {
    if (!held_ || ready.topic != held_topic_) return {};
    TopicSlot& topic = slots_[ready.topic];
    if (Status checked = check_partitions(topic, ready); !checked) return checked;
    topic.ready = true;
    topic.partitions = ready.partitions;
    topic.message_bytes_max =
        ready.max_message_bytes > 0 ? static_cast<std::size_t>(ready.max_message_bytes) : kNoLimit;
    message_bytes_max_ = std::min(message_bytes_max_, topic.message_bytes_max);
    return prepare(std::exchange(held_, nullptr), ready.topic);
}

Status Router::check_partitions(TopicSlot& topic, const TopicReady& ready) {
    if (ready.partitions <= 0) {
        return fail(ErrorName::kTopicPolicy, "topic \"" + topic.name + "\" has no partitions");
    }
    const auto partitions = static_cast<std::uint32_t>(ready.partitions);
    const auto [entry, added] = topics_.try_emplace(topic.name);
    if (added) {
        entry->second.partitions = partitions;
        entry->second.relation_oid = topic.oid;
        changed_.push_back(topic.name);
        return {};
    }
    if (entry->second.partitions == partitions || mutant(Mutant::kIgnorePartitionCount)) return {};
    return fail(ErrorName::kPartitionsChanged,
                "topic \"" + topic.name + "\" has " + std::to_string(partitions) + " partitions",
                "The state records " + std::to_string(entry->second.partitions) + ".");
}

Status Router::prepare(std::shared_ptr<const Relation> relation, TopicId topic) {
    const std::uint32_t id = relation->id;
    Status prepared = encoder_.prepare(relation, {topic, slots_[topic].partitions});
    if (prepared) relations_[id] = std::move(relation);
    return prepared;
}

TopicId Router::topic_id(const std::string& name) {
    const auto [entry, added] = ids_.try_emplace(name, static_cast<TopicId>(slots_.size()));
    if (added) slots_.emplace_back().name = name;
    return entry->second;
}

std::vector<std::pair<std::string, TopicState>> Router::take_changed() {
    std::vector<std::pair<std::string, TopicState>> changed;
    for (const std::string& name : changed_) changed.emplace_back(name, topics_.at(name));
    changed_.clear();
    return changed;
}

}  // namespace penstock
