// What differs between PostgreSQL's major versions, spelled once. The only file that tests
// PG_VERSION_NUM; the bodies elsewhere read as the newest version does.
//
// Supported are 15 to 18. A newer server compiles as far as its headers allow and is reported as
// untested at start-up; an older one lacks half of what publications need and is refused here.
#pragma once

#include "pg.hpp"

#if PG_VERSION_NUM < 150000
#error "penstock needs PostgreSQL 15 or newer"
#endif

extern "C" {
#include "access/xlogrecovery.h"
#include "catalog/partition.h"
}

namespace penstock::compat {

inline constexpr bool kServerTested = PG_VERSION_NUM < 190000;

// Before 16 the reorder buffer does not report progress inside a long transaction; the plugin must,
// or a client that sees no row of it runs into wal_sender_timeout.
inline constexpr bool kPluginReportsProgress = PG_VERSION_NUM < 160000;

#if PG_VERSION_NUM >= 190000
using OriginId = ReplOriginId;
using SyscacheId = SysCacheIdentifier;
#else
using OriginId = RepOriginId;
using SyscacheId = int;
#endif

// Null when the record holds no such image.
inline HeapTuple old_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
    return change->data.tp.oldtuple;
#else
    return change->data.tp.oldtuple != nullptr ? &change->data.tp.oldtuple->tuple : nullptr;
#endif
}

inline HeapTuple new_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
    return change->data.tp.newtuple;
#else
    return change->data.tp.newtuple != nullptr ? &change->data.tp.newtuple->tuple : nullptr;
#endif
}

inline TimestampTz commit_time(const ReorderBufferTXN* txn) {
#if PG_VERSION_NUM >= 190000
    return txn->commit_time;
#else
    return txn->xact_time.commit_time;
#endif
}

inline TimeLineID current_timeline() {
    TimeLineID timeline = 0;
    if (RecoveryInProgress()) {
        GetXLogReplayRecPtr(&timeline);
    } else {
        timeline = GetWALInsertionTimeLine();
    }
    return timeline;
}

inline Oid primary_key_index(Relation relation) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(relation, false);
#else
    return RelationGetPrimaryKeyIndex(relation);
#endif
}

// Publications that name the table itself, not its schema and not an ancestor.
inline List* publications_of_relation(Oid relid) {
#if PG_VERSION_NUM >= 190000
    return GetRelationIncludedPublications(relid);
#else
    return GetRelationPublications(relid);
#endif
}

// Whether a publication for all tables leaves this one out by name.
inline bool publication_excludes(Oid publication, Oid topmost_relid) {
#if PG_VERSION_NUM >= 190000
    return list_member_oid(GetRelationExcludedPublications(topmost_relid), publication);
#else
    (void)publication;
    (void)topmost_relid;
    return false;
#endif
}

// A column whose value is in no tuple: virtual generated columns, from 18 on.
inline bool is_virtual_column(const FormData_pg_attribute* attribute) {
    return attribute->attgenerated == 'v';
}

}  // namespace penstock::compat
