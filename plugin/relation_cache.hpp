// What the plugin knows of each relation: whether and how it is sent, how its columns are encoded,
// and the id under which the session has described it.
//
// An entry is built at its first use and again at the first use after an invalidation. Invalidation
// callbacks only set marks: they run in the middle of any catalog access, also while the current
// change holds pointers into an entry. They are registered once per process, because the server
// has few places and no way to give one back; the pointer they go through is null between sessions.
#pragma once

#include "frames.hpp"
#include "relation_description.hpp"
#include "selection.hpp"

#include <type_traits>

namespace penstock {

struct RelationEntry {
    Oid relid;  // The hash key, and therefore first.
    bool valid;
    PublishedActions actions;
    ReplicaIdentity replica_identity;
    int32 attribute_count;  // Of the relation's tuple descriptor.
    uint32 relation_id;     // 0 until this shape has been described in the session.
    uint64 fingerprint;
    const RelationDescription* description;
    std::string_view wire;  // Serialized, for fingerprint and frame.
    ColumnPlan* columns;
    int32 column_count;
    Oid* ancestors;
    int32 ancestor_count;
    uint32* type_hashes;  // Syscache hashes of the types it depends on.
    int32 type_count;
    MemoryContext context;  // All of the above; reset when the entry is built again.
};
static_assert(std::is_trivially_destructible_v<RelationEntry>);

class RelationCache {
public:
    // Registers the callbacks if this process has not, and becomes their target. `session` must
    // live as long as the session; `options` and `notices` must outlive this.
    void open(const Options* options, NoticeQueue* notices, MemoryContext session);

    // From now on the callbacks have no target, unless a newer session is theirs. Called when the
    // session's memory goes away, also after an error; calls nothing.
    void close();

    // The entry of an open relation, built if need be. Valid for the current change. Needs catalog
    // access. `scratch` is the per-change context.
    RelationEntry& entry_of(Relation relation, MemoryContext scratch) {
        if (last_ != nullptr && last_->relid == RelationGetRelid(relation) &&
            is_usable(*last_, relation)) {
            return *last_;
        }
        return look_up(relation, scratch);
    }

    // The relation id of an entry whose shape is about to be described for the first time.
    uint32 assign_id(RelationEntry& entry);

    // For the callbacks.
    void mark_relation(Oid relid);
    void mark_type(uint32 hash);
    void mark_all();
    void mark_publications();

private:
    // The second test is a belt: a missed invalidation must not make the walk leave the tuple.
    static bool is_usable(const RelationEntry& entry, Relation relation) {
        return entry.valid && entry.attribute_count == RelationGetDescr(relation)->natts;
    }
    RelationEntry& look_up(Relation relation, MemoryContext scratch);
    void build(RelationEntry& entry, Relation relation, MemoryContext scratch);
    void describe(RelationEntry& entry, Relation relation, const RelationSelection& selection,
                  MemoryContext scratch);

    const Options* options_;
    NoticeQueue* notices_;
    MemoryContext context_;
    HTAB* entries_;    // RelationEntry by relid.
    HTAB* described_;  // Relation id by (relid, fingerprint).
    RelationEntry* last_;
    uint32 last_id_;
    bool has_partitions_;
    Selection selection_;
};
static_assert(std::is_trivially_destructible_v<RelationCache>);

}  // namespace penstock
