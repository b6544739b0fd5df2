#include "relation_cache.hpp"

#include "compat.hpp"
#include "relation_wire.hpp"

namespace penstock {

namespace {

// Key of what was described: the id is sent once for each, whatever happens to the entry.
struct DescribedKey {
    uint64 fingerprint;
    Oid relid;
    uint32 padding;  // Zero; hashed with the rest.
};

struct Described {
    DescribedKey key;
    uint32 relation_id;
};

// The only mutable state of the process: where invalidations go, and whether they do.
RelationCache* target = nullptr;
bool callbacks_registered = false;

void on_relation_invalidated(Datum, Oid relid) {
    if (target != nullptr) target->mark_relation(relid);
}

void on_type_invalidated(Datum, compat::SyscacheId, uint32 hash) {
    if (target != nullptr) target->mark_type(hash);
}

void on_names_invalidated(Datum, compat::SyscacheId, uint32) {
    if (target != nullptr) target->mark_all();
}

void on_publications_invalidated(Datum, compat::SyscacheId, uint32) {
    if (target != nullptr) target->mark_publications();
}

void register_callbacks() {
    if (callbacks_registered) return;
    CacheRegisterRelcacheCallback(on_relation_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(TYPEOID, on_type_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(ENUMOID, on_names_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(NAMESPACEOID, on_names_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(PUBLICATIONOID, on_publications_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(PUBLICATIONRELMAP, on_publications_invalidated, Datum{0});
    CacheRegisterSyscacheCallback(PUBLICATIONNAMESPACEMAP, on_publications_invalidated, Datum{0});
    callbacks_registered = true;
}

HTAB* create_table(const char* name, Size key_size, Size entry_size, MemoryContext context) {
    HASHCTL control = {};
    control.keysize = key_size;
    control.entrysize = entry_size;
    control.hcxt = context;
    return hash_create(name, 128, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

// Calls `mark` for each entry; marks change no structure, so an open scan is allowed at any time.
template <typename Mark>
void for_each_entry(HTAB* entries, Mark mark) {
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, entries);
    while (auto* entry = static_cast<RelationEntry*>(hash_seq_search(&scan))) mark(*entry);
}

bool has_ancestor(const RelationEntry& entry, Oid relid) {
    for (int i = 0; i < entry.ancestor_count; i++) {
        if (entry.ancestors[i] == relid) return true;
    }
    return false;
}

DescribedKey described_key(const RelationEntry& entry) {
    return {entry.fingerprint, entry.relid, 0};
}

}  // namespace

void RelationCache::open(const Options* options, NoticeQueue* notices, MemoryContext session) {
    options_ = options;
    notices_ = notices;
    context_ = AllocSetContextCreate(session, "penstock relation cache", ALLOCSET_DEFAULT_SIZES);
    entries_ = create_table("penstock relations", sizeof(Oid), sizeof(RelationEntry), context_);
    described_ = create_table("penstock described relations", sizeof(DescribedKey),
                              sizeof(Described), context_);
    last_ = nullptr;
    last_id_ = 0;
    has_partitions_ = false;
    selection_.open(options, notices, session);
    register_callbacks();
    target = this;
}

// After an error in a block that catches it, the memory of a dead session may go away only after
// the next session has begun.
void RelationCache::close() {
    if (target == this) target = nullptr;
}

RelationEntry& RelationCache::look_up(Relation relation, MemoryContext scratch) {
    const Oid relid = RelationGetRelid(relation);
    bool found = false;
    auto* entry = static_cast<RelationEntry*>(hash_search(entries_, &relid, HASH_ENTER, &found));
    if (!found) {
        *entry = {};
        entry->relid = relid;
    }
    if (!is_usable(*entry, relation)) build(*entry, relation, scratch);
    last_ = entry;
    return *entry;
}

void RelationCache::build(RelationEntry& entry, Relation relation, MemoryContext scratch) {
    MemoryContext context = entry.context;
    if (context == nullptr) {
        context = AllocSetContextCreate(context_, "penstock relation entry", ALLOCSET_SMALL_SIZES);
    } else {
        MemoryContextReset(context);
    }
    const Oid relid = entry.relid;
    entry = {};
    entry.relid = relid;
    entry.context = context;
    entry.attribute_count = RelationGetDescr(relation)->natts;
    // True from here on: an invalidation that arrives while the catalogs are read must win.
    entry.valid = true;

    MemoryContext caller = MemoryContextSwitchTo(scratch);
    const RelationSelection selection = selection_.judge(relation);
    MemoryContextSwitchTo(context);
    entry.ancestor_count = list_length(selection.ancestors);
    entry.ancestors = static_cast<Oid*>(palloc(sizeof(Oid) * (entry.ancestor_count + 1)));
    for (int i = 0; i < entry.ancestor_count; i++) {
        entry.ancestors[i] = list_nth_oid(selection.ancestors, i);
    }
    has_partitions_ = has_partitions_ || entry.ancestor_count > 0;
    entry.actions = selection.actions;
    if (entry.actions.any()) {
        describe(entry, relation, selection, scratch);
    } else {
        // What is not sent depends on no type: a list, but an empty one.
        entry.type_hashes = static_cast<uint32*>(palloc(sizeof(uint32)));
    }
    MemoryContextSwitchTo(caller);
}

void RelationCache::describe(RelationEntry& entry, Relation relation,
                             const RelationSelection& selection, MemoryContext scratch) {
    Relation published = relation;
    if (selection.publish_as != entry.relid) {
        published = RelationIdGetRelation(selection.publish_as);
        // A root that the snapshot does not know cannot have this leaf; the leaf then stands for
        // itself rather than stopping the stream.
        if (!RelationIsValid(published)) published = relation;
    }
    const DescribedRelation described =
        describe_relation(relation, published, *options_, *notices_, scratch);
    if (published != relation) RelationClose(published);

    entry.description = described.description;
    entry.columns = described.columns;
    entry.column_count = described.column_count;
    entry.replica_identity = described.description->replica_identity;
    entry.type_count = described.type_count;
    entry.type_hashes = static_cast<uint32*>(palloc(sizeof(uint32) * (entry.type_count + 1)));
    for (int i = 0; i < entry.type_count; i++) {
        entry.type_hashes[i] =
            GetSysCacheHashValue1(TYPEOID, ObjectIdGetDatum(described.type_oids[i]));
    }
    entry.wire = serialize_relation(*described.description);
    entry.fingerprint = fingerprint(entry.wire);
    const DescribedKey key = described_key(entry);
    const auto* known =
        static_cast<const Described*>(hash_search(described_, &key, HASH_FIND, nullptr));
    entry.relation_id = known != nullptr ? known->relation_id : 0;
}

uint32 RelationCache::assign_id(RelationEntry& entry) {
    const DescribedKey key = described_key(entry);
    auto* described = static_cast<Described*>(hash_search(described_, &key, HASH_ENTER, nullptr));
    described->relation_id = ++last_id_;
    entry.relation_id = last_id_;
    return last_id_;
}

void RelationCache::mark_relation(Oid relid) {
    if (!OidIsValid(relid)) {
        mark_all();
        return;
    }
    auto* entry = static_cast<RelationEntry*>(hash_search(entries_, &relid, HASH_FIND, nullptr));
    if (entry != nullptr) entry->valid = false;
    // A partition is selected, and published, by its ancestors' names and columns too.
    if (!has_partitions_) return;
    for_each_entry(entries_, [relid](RelationEntry& each) {
        if (has_ancestor(each, relid)) each.valid = false;
    });
}

void RelationCache::mark_type(uint32 hash) {
    for_each_entry(entries_, [hash](RelationEntry& entry) {
        // A hash of 0 means all of them. The list is missing while an entry is built; then it is
        // marked as well.
        bool depends = hash == 0 || entry.type_hashes == nullptr;
        for (int i = 0; i < entry.type_count && !depends; i++) {
            depends = entry.type_hashes[i] == hash;
        }
        if (depends) entry.valid = false;
    });
}

void RelationCache::mark_all() {
    for_each_entry(entries_, [](RelationEntry& entry) { entry.valid = false; });
}

void RelationCache::mark_publications() {
    selection_.forget_publications();
    mark_all();
}

}  // namespace penstock
