#include "engine/topic_check.hpp"

#include "engine/mutant.hpp"

namespace penstock {
namespace {

Failure lost(const std::string& name, bool there) {
    return fail(ErrorName::kTopicLost,
                "topic \"" + name + "\" holds published records and was deleted",
                there ? "A topic of that name is there, but it is another one: its id differs."
                      : "No topic of that name is there.");
}

bool is_lost(const TopicState& topic, const TopicFacts* found) {
    if (topic.topic_id.empty() || mutant(Mutant::kIgnoreLostTopic)) return false;
    return found == nullptr || (!found->id.empty() && found->id != topic.topic_id);
}

}  // namespace

Result<TopicChanges> check_topics(std::map<std::string, TopicState>& topics, const TopicsSeen& seen,
                                  const EngineOptions& options) {
    TopicChanges changes;
    for (auto& [name, topic] : topics) {
        const auto entry = seen.topics.find(name);
        const TopicFacts* const found = entry == seen.topics.end() ? nullptr : &entry->second;
        if (is_lost(topic, found)) {
            if (options.topic_lost == TopicLost::kStop) return lost(name, found != nullptr);
            // As if it had never been used: its partitions are those that it is made with.
            topic.partitions = 0;
            topic.topic_id.clear();
            changes.emplace_back(name, topic);
            continue;
        }
        if (found == nullptr || topic.partitions == 0) continue;
        const auto partitions = static_cast<std::uint32_t>(found->partitions);
        if (partitions != topic.partitions && !mutant(Mutant::kIgnorePartitionCount)) {
            return fail(ErrorName::kPartitionsChanged,
                        "topic \"" + name + "\" has " + std::to_string(partitions) + " partitions",
                        "The state records " + std::to_string(topic.partitions) + ".");
        }
        if (!topic.topic_id.empty() || found->id.empty()) continue;
        topic.topic_id = found->id;
        changes.emplace_back(name, topic);
    }
    return changes;
}

}  // namespace penstock
