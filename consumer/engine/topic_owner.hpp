// Whose rows a topic has, by what the state remembers of it, and what becomes of a table that has
// another name than before. A table is known by its oid: renamed it keeps that, recreated its name.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/error.hpp"
#include "engine/relation.hpp"
#include "engine/state.hpp"

namespace penstock {

// What a table does to the pipe that has another name than when its topic was made.
enum class OnRename : std::uint8_t {
    kFollow,  // Its rows go to the topic of the new name.
    kStop,
    kKeep,  // They go on where they went, under the name that the table had then.
};

using TopicStates = std::map<std::string, TopicState>;

// "schema.name"
std::string table_name(const Relation& relation);

// The table as its records call it. table_renamed where kKeep finds several topics that it had.
Result<std::shared_ptr<const Relation>> as_published(OnRename rule, const TopicStates& topics,
                                                     std::shared_ptr<const Relation> relation);

// Whether the table may have the topic: `published` as its records call it, `known_as` as the
// stream does. table_renamed; topic_collision where the topic is kept for another table.
Status check_owner(OnRename rule, const TopicStates& topics, const std::string& topic,
                   const Relation& published, const std::string& known_as);

// The topic has the rows of this table from here on. True when the state did not know.
bool note_owner(TopicState& topic, const Relation& published, const std::string& known_as);

}  // namespace penstock
