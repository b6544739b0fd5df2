#include "relation_keys.hpp"

namespace penstock {

namespace {

// The index is read from the syscache, not opened: opening takes a lock.
bool is_plain_unique_key(Relation relation, Oid index) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto* form = reinterpret_cast<const FormData_pg_index*>(GETSTRUCT(tuple));
    bool plain = form->indisunique && form->indisvalid && form->indimmediate &&
                 heap_attisnull(tuple, Anum_pg_index_indpred, nullptr) &&
                 heap_attisnull(tuple, Anum_pg_index_indexprs, nullptr);
    for (int i = 0; plain && i < form->indnkeyatts; i++) {
        const AttrNumber attnum = form->indkey.values[i];
        plain = attnum > 0 && TupleDescAttr(RelationGetDescr(relation), attnum - 1)->attnotnull;
    }
    ReleaseSysCache(tuple);
    return plain;
}

}  // namespace

KeyPositions KeyPositions::of_index(Relation relation, Oid index) {
    KeyPositions key;
    key.count_ = RelationGetDescr(relation)->natts;
    key.positions_ = static_cast<uint32*>(palloc0(sizeof(uint32) * (key.count_ + 1)));
    if (!OidIsValid(index)) return key;
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return key;
    const auto* form = reinterpret_cast<const FormData_pg_index*>(GETSTRUCT(tuple));
    for (int i = 0; i < form->indnkeyatts; i++) {
        const AttrNumber attnum = form->indkey.values[i];
        if (attnum >= 1 && attnum <= key.count_) key.positions_[attnum - 1] = i + 1;
    }
    ReleaseSysCache(tuple);
    return key;
}

Oid unique_key_index(Relation relation) {
    Oid smallest = InvalidOid;
    ListCell* cell;
    foreach (cell, RelationGetIndexList(relation)) {
        const Oid index = lfirst_oid(cell);
        if (OidIsValid(smallest) && smallest < index) continue;
        if (is_plain_unique_key(relation, index)) smallest = index;
    }
    return smallest;
}

}  // namespace penstock
