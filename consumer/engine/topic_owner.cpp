#include "engine/topic_owner.hpp"

#include <algorithm>
#include <vector>

namespace penstock {
namespace {

std::uint32_t owner_oid(const TopicState& topic) {
    return topic.table.oid != 0 ? topic.table.oid : topic.relation_oid;
}

std::vector<const TopicStates::value_type*> topics_of(const TopicStates& topics,
                                                      std::uint32_t oid) {
    std::vector<const TopicStates::value_type*> found;
    for (const auto& known : topics) {
        if (owner_oid(known.second) == oid) found.push_back(&known);
    }
    return found;
}

Failure renamed(const std::string& table, const std::string& detail) {
    return fail(ErrorName::kTableRenamed, "table \"" + table + "\" has another name than before",
                detail);
}

}  // namespace

std::string table_name(const Relation& relation) {
    return relation.schema + "." + relation.name;
}

Result<std::shared_ptr<const Relation>> as_published(OnRename rule, const TopicStates& topics,
                                                     std::shared_ptr<const Relation> relation) {
    if (rule != OnRename::kKeep) return relation;
    const std::string known_as = table_name(*relation);
    auto had = topics_of(topics, relation->oid);
    // Of several, which it got while its rows followed its name, the one of this very name.
    const auto same = std::find_if(had.begin(), had.end(), [&](const auto* known) {
        return known->second.table.known_as == known_as;
    });
    if (same != had.end()) had = {*same};
    if (had.size() > 1) {
        return renamed(known_as, "Its rows have gone to topic \"" + had[0]->first +
                                     "\" and to topic \"" + had[1]->first + "\".");
    }
    if (had.empty() || had[0]->second.table.oid == 0) return relation;
    const TopicState::Table& table = had[0]->second.table;
    if (table.schema == relation->schema && table.name == relation->name) return relation;
    auto published = std::make_shared<Relation>(*relation);
    published->schema = table.schema;
    published->name = table.name;
    return published;
}

Status check_owner(OnRename rule, const TopicStates& topics, const std::string& topic,
                   const Relation& published, const std::string& known_as) {
    if (rule == OnRename::kFollow) return {};
    const auto own = topics.find(topic);
    if (own != topics.end() && owner_oid(own->second) == published.oid) return {};
    const auto others = topics_of(topics, published.oid);
    if (!others.empty()) {
        return renamed(known_as, "Its rows went to topic \"" + others[0]->first +
                                     "\" and would go to \"" + topic + "\" now.");
    }
    if (rule != OnRename::kKeep || own == topics.end()) return {};
    const TopicState::Table& table = own->second.table;
    if (table.oid == 0 || table.known_as == known_as) return {};
    return fail(ErrorName::kTopicCollision, "table \"" + known_as + "\" would share the topic \"" +
                                                topic + "\" with table \"" + table.known_as +
                                                "\", which had that name");
}

bool note_owner(TopicState& topic, const Relation& published, const std::string& known_as) {
    TopicState::Table table{published.oid, published.schema, published.name, known_as};
    if (topic.table == table) return false;
    topic.table = std::move(table);
    return true;
}

}  // namespace penstock
