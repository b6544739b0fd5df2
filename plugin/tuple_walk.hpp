// The gather phase: from a tuple of the reorder buffer to one GatheredValue per column.
//
// It may call PostgreSQL (deforming, detoasting, output functions) and so may be left by longjmp;
// it owns nothing but arrays of the session and memory of the per-change context. It never fetches
// an unchanged TOAST value: the TOAST table cannot be read under the historic snapshot, and the
// value may be gone.
#pragma once

#include "frames.hpp"
#include "options.hpp"
#include "relation_cache.hpp"

#include <type_traits>

namespace penstock {

// The row images of one change; either may be null.
struct RowImages {
    GatheredValue* before;
    GatheredValue* after;
};

class TupleWalk {
public:
    // The arrays grow in `session`, which must live as long as the session.
    void open(const Options* options, MemoryContext session);

    // Gathers both images of a change. The result is good until the next call or until
    // CurrentMemoryContext, the per-change one, is reset.
    RowImages gather(const RelationEntry& entry, TupleDesc descriptor, HeapTuple before,
                     HeapTuple after);

    // The column in work, for the error context; null outside of gather().
    const ColumnPlan* column() const { return column_; }

private:
    void grow(int attributes);
    void gather_after(const RelationEntry& entry, TupleDesc descriptor, HeapTuple tuple);
    void gather_before(const RelationEntry& entry, TupleDesc descriptor, HeapTuple tuple);
    void gather_column(ColumnPlan& column, Datum datum, GatheredValue& out);
    void drop_unchanged(const RelationEntry& entry);
    void fit_row(const RelationEntry& entry, const RowImages& images);

    const Options* options_;
    MemoryContext session_;
    int capacity_;
    Datum* datums_;
    bool* nulls_;
    GatheredValue* before_;
    GatheredValue* after_;
    const ColumnPlan* column_;
    Size bytes_;  // Of all length-delimited values of the change.
};
static_assert(std::is_trivially_destructible_v<TupleWalk>);

}  // namespace penstock
