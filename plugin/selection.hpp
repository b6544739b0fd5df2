// Which relations and which of their actions are sent: publications with the meaning they have for
// pgoutput, name patterns, or everything that can be published.
//
// Asked once when a relation entry is built, never per row. It may read catalogs under the historic
// snapshot; it raises no ERROR for what it finds there: a publication that the snapshot does not
// know is a notice, or the slot could never get past that point. Row filters and column lists of
// publications are not applied yet: their place is judge(), and until then each is told by a
// notice.
#pragma once

#include "notice_queue.hpp"
#include "options.hpp"

#include <type_traits>

namespace penstock {

struct PublishedActions {
    bool insert;
    bool update;
    bool remove;
    bool truncate;

    bool any() const { return insert || update || remove || truncate; }
};

struct RelationSelection {
    PublishedActions actions;
    Oid publish_as;   // The relation itself, or the ancestor it is published as.
    List* ancestors;  // Oids of a partition's ancestors, nearest first.
};

struct PublicationState;

class Selection {
public:
    // `session` is where loaded publications live; `options` and `notices` must outlive this.
    void open(const Options* options, NoticeQueue* notices, MemoryContext session);

    // To be called by invalidation callbacks, and therefore only a mark.
    void forget_publications() { publications_valid_ = false; }

    // Needs catalog access. Allocates in CurrentMemoryContext.
    RelationSelection judge(Relation relation);

private:
    void load_publications();
    void add_publications(Relation relation, RelationSelection& selection);
    void note_unapplied(const PublicationState& publication, Oid publish_as);

    const Options* options_;
    NoticeQueue* notices_;
    PublicationState* publications_;
    int publication_count_;
    bool publications_valid_;
};
static_assert(std::is_trivially_destructible_v<Selection>);

}  // namespace penstock
