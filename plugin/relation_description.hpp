// Reads a relation's shape out of the catalogs, under the historic snapshot: names, types, keys,
// defaults, enum labels, and for each column how its values are encoded.
//
// Runs once when a relation entry is built. It takes no lock on the table itself, because a lock
// can wait for a backend that waits for us (synchronous replication).
#pragma once

#include "frames.hpp"
#include "notice_queue.hpp"
#include "options.hpp"

#include <type_traits>

namespace penstock {

struct DescribedRelation {
    const RelationDescription* description;
    ColumnPlan* columns;  // Those whose values can be in a tuple; a subset of the description's.
    int column_count;
    Oid* type_oids;  // Every type that the description depends on.
    int type_count;
};
static_assert(std::is_trivially_destructible_v<DescribedRelation>);

// `leaf` holds the rows, `published` gives names, field numbers and types; they are the same unless
// a partition is published as its root. Everything is allocated in CurrentMemoryContext, which is
// the relation entry's; passing scraps go to `scratch`.
DescribedRelation describe_relation(Relation leaf, Relation published, const Options& options,
                                    NoticeQueue& notices, MemoryContext scratch);

}  // namespace penstock
