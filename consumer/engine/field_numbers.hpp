// Which field numbers the columns of a table have in records that number their fields. A number
// means one column of one kind for as long as its topic lives: not a table that was dropped and
// made anew, nor a column that changed its type, takes over the number of something else. What was
// given is kept in the state of the topic. Pure; asked once per relation frame, never per row.
#pragma once

#include "engine/relation.hpp"
#include "engine/state.hpp"

namespace penstock {

// The first number for what cannot have its attnum; no attribute has one as large.
inline constexpr std::uint32_t kFirstGivenNumber = 2048;

// Sets Column::number of all columns, and Relation::retired to what the topic's records have had
// and these have not. The table that the topic first belonged to has its attnums. Columns of
// another table have the number of a column of the same name and kind; what matches none, and a
// column that changed its kind, has the next free number from kFirstGivenNumber on. True when
// `topic` has learned something that has to be remembered.
bool assign_field_numbers(TopicState& topic, Relation& relation);

}  // namespace penstock
