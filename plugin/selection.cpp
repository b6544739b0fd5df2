#include "selection.hpp"

#include "compat.hpp"
#include "utf8_name.hpp"

extern "C" {
#include "catalog/pg_publication_rel.h"
}

namespace penstock {

struct PublicationState {
    const char* name;  // Server encoding.
    Oid oid;           // Invalid while the snapshot does not know it.
    bool all_tables;
    bool via_root;
    PublishedActions actions;
};
static_assert(std::is_trivially_destructible_v<PublicationState>);

namespace {

constexpr PublishedActions kAllActions = {true, true, true, true};

void add_actions(PublishedActions& actions, const PublishedActions& more) {
    actions.insert |= more.insert;
    actions.update |= more.update;
    actions.remove |= more.remove;
    actions.truncate |= more.truncate;
}

bool matches(const NamePatterns& patterns, Oid relid, Oid schema_oid) {
    const char* schema = get_namespace_name(schema_oid);
    const char* name = get_rel_name(relid);
    if (schema == nullptr || name == nullptr) return false;
    const std::string_view names[] = {schema, name};
    return any_pattern_matches(patterns, names);
}

// A partition is meant by its own name and by that of each of its ancestors.
bool matches_relation_or_ancestor(const NamePatterns& patterns, Relation relation,
                                  List* ancestors) {
    if (patterns.empty()) return false;
    if (matches(patterns, RelationGetRelid(relation), RelationGetNamespace(relation))) return true;
    ListCell* cell;
    foreach (cell, ancestors) {
        if (matches(patterns, lfirst_oid(cell), get_rel_namespace(lfirst_oid(cell)))) return true;
    }
    return false;
}

bool publishes_nothing(const PublicationState& publication) {
    return !publication.all_tables &&
           GetPublicationRelations(publication.oid, PUBLICATION_PART_ROOT) == NIL &&
           GetPublicationSchemas(publication.oid) == NIL;
}

void load_publication(PublicationState& state) {
    const Publication* found = GetPublicationByName(state.name, true);
    state.oid = InvalidOid;
    if (found == nullptr) return;
    state.oid = found->oid;
    state.all_tables = found->alltables;
    state.via_root = found->pubviaroot;
    state.actions = {found->pubactions.pubinsert, found->pubactions.pubupdate,
                     found->pubactions.pubdelete, found->pubactions.pubtruncate};
}

// How a publication covers a relation: at which ancestor (0 is the relation itself), or not at all.
struct Coverage {
    bool published;
    int ancestor_level;
    Oid publish_as;
};

Coverage coverage_of(const PublicationState& publication, Relation relation, List* ancestors) {
    const Oid relid = RelationGetRelid(relation);
    Coverage coverage = {false, 0, relid};
    if (publication.all_tables) {
        const Oid topmost = ancestors == NIL ? relid : llast_oid(ancestors);
        coverage.published = !compat::publication_excludes(publication.oid, topmost);
        if (publication.via_root && ancestors != NIL) {
            coverage.publish_as = topmost;
            coverage.ancestor_level = list_length(ancestors);
        }
        return coverage;
    }
    if (ancestors != NIL) {
        int level = 0;
        const Oid ancestor = GetTopMostAncestorInPublication(publication.oid, ancestors, &level);
        if (OidIsValid(ancestor)) {
            coverage.published = true;
            if (publication.via_root) {
                coverage.publish_as = ancestor;
                coverage.ancestor_level = level;
            }
        }
    }
    coverage.published =
        coverage.published ||
        list_member_oid(compat::publications_of_relation(relid), publication.oid) ||
        list_member_oid(GetSchemaPublications(RelationGetNamespace(relation)), publication.oid);
    return coverage;
}

}  // namespace

void Selection::open(const Options* options, NoticeQueue* notices, MemoryContext session) {
    options_ = options;
    notices_ = notices;
    publications_valid_ = false;
    publication_count_ = list_length(options->publications);
    publications_ = static_cast<PublicationState*>(
        MemoryContextAllocZero(session, sizeof(PublicationState) * (publication_count_ + 1)));
    for (int i = 0; i < publication_count_; i++) {
        publications_[i].name = static_cast<const char*>(list_nth(options->publications, i));
    }
}

void Selection::load_publications() {
    // Set before the catalogs are read: an invalidation that arrives meanwhile must survive.
    publications_valid_ = true;
    bool all_empty = publication_count_ > 0 && options_->tables.empty();
    for (int i = 0; i < publication_count_; i++) {
        PublicationState& publication = publications_[i];
        load_publication(publication);
        const std::string_view name = utf8_name(publication.name);
        if (!OidIsValid(publication.oid)) {
            all_empty = false;
            notices_->add(NoticeCode::kPublicationMissing, name,
                          "The publication does not exist at this point of the log.");
            continue;
        }
        notices_->forget(NoticeCode::kPublicationMissing, name);
        all_empty = all_empty && publishes_nothing(publication);
    }
    if (all_empty) {
        notices_->add(NoticeCode::kSelectionEmpty, "publications",
                      "The chosen publications publish no table.");
    } else {
        notices_->forget(NoticeCode::kSelectionEmpty, "publications");
    }
}

RelationSelection Selection::judge(Relation relation) {
    RelationSelection selection = {};
    selection.publish_as = RelationGetRelid(relation);
    if (!is_publishable_relation(relation)) return selection;
    if (!publications_valid_) load_publications();
    if (relation->rd_rel->relispartition) {
        selection.ancestors = get_partition_ancestors(RelationGetRelid(relation));
    }
    if (matches_relation_or_ancestor(options_->exclude_tables, relation, selection.ancestors)) {
        return selection;
    }
    add_publications(relation, selection);
    // What truncates a partitioned table truncates its leaves, each with its own entry.
    const bool partitioned = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
    if (!partitioned &&
        (options_->selects_everything() ||
         matches_relation_or_ancestor(options_->tables, relation, selection.ancestors))) {
        selection.actions = kAllActions;
    }
    return selection;
}

// As pgoutput: the actions of all publications add up, and the topmost ancestor of all of them is
// what the relation is published as.
void Selection::add_publications(Relation relation, RelationSelection& selection) {
    const bool partitioned = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
    int topmost_level = 0;
    for (int i = 0; i < publication_count_; i++) {
        const PublicationState& publication = publications_[i];
        if (!OidIsValid(publication.oid)) continue;
        const Coverage coverage = coverage_of(publication, relation, selection.ancestors);
        if (!coverage.published || (partitioned && !publication.via_root)) continue;
        add_actions(selection.actions, publication.actions);
        note_unapplied(publication, coverage.publish_as);
        if (coverage.ancestor_level > topmost_level) {
            topmost_level = coverage.ancestor_level;
            selection.publish_as = coverage.publish_as;
        }
    }
}

void Selection::note_unapplied(const PublicationState& publication, Oid publish_as) {
    HeapTuple tuple = SearchSysCache2(PUBLICATIONRELMAP, ObjectIdGetDatum(publish_as),
                                      ObjectIdGetDatum(publication.oid));
    if (!HeapTupleIsValid(tuple)) return;
    const bool filtered = !heap_attisnull(tuple, Anum_pg_publication_rel_prqual, nullptr);
    const bool listed = !heap_attisnull(tuple, Anum_pg_publication_rel_prattrs, nullptr);
    ReleaseSysCache(tuple);
    if (!filtered && !listed) return;
    const std::string_view table = utf8_name(get_rel_name(publish_as));
    const char* what = filtered && listed ? "row filter and the column list"
                       : filtered         ? "row filter"
                                          : "column list";
    const char* detail = psprintf("The %s for table \"%.*s\" is not applied.", what,
                                  static_cast<int>(table.size()), table.data());
    notices_->add(NoticeCode::kOptionIgnored, utf8_name(publication.name), detail);
}

}  // namespace penstock
