// Rows outside of the stream, for the SQL functions: which options this session has chosen, and one
// row of a table to the row message that the stream would send for it.
//
// Runs in an ordinary backend under an ordinary snapshot: relations are as they are now. It has no
// part in decoding and shares nothing with a decoding session but the code. All state belongs to
// the statement (FmgrInfo.fn_mcxt) or to settings of the session, which a rollback takes back.
#pragma once

#include "options.hpp"
#include "relation_cache.hpp"
#include "row_message.hpp"
#include "tuple_walk.hpp"

#include <string_view>
#include <type_traits>

namespace penstock {

// In front of a row message with marked values stands this field: a Change of which only `marked`
// and `marked_raw` are set. No attribute has that number (MaxHeapAttributeNumber is 1600).
inline constexpr uint32 kRowMarksField = 2047;

// Sets the settings of this session that text depends on, and remembers the plugin's options:
// names and values in turn. An ERROR for an option that the plugin would refuse.
void pin_row_options(ArrayType* options);

// The options that were pinned, read into CurrentMemoryContext. An ERROR where the session has not
// been prepared, or where a setting has been changed since.
void read_row_options(Options& options);

// The relation's description as the wire has it: a Relation without id. `as` is the relation
// itself, or the ancestor it is published as. Allocated in CurrentMemoryContext. Errors: not a
// table, not an ancestor.
std::string_view describe_row_relation(Oid relid, Oid as);

// The relation that rows of this one are published as by the pinned options; InvalidOid where its
// inserts are not selected. An ERROR where a publication does not exist.
Oid published_as(Oid relid);

class RowEncoder {
public:
    // Lives as long as `context`, the statement's.
    static RowEncoder* create(MemoryContext context);

    // The row message of a whole row, allocated in CurrentMemoryContext. `as` is InvalidOid for the
    // row's own table. Errors: anonymous records, rows of anything but a table, no ancestor.
    bytea* encode(HeapTupleHeader row, Oid as);

    // For the error context.
    const ColumnPlan* column() const { return walk_.column(); }
    const RelationDescription& description() const { return *entry_.description; }

private:
    bool is_prepared(Oid type, Oid as, uint64 shape) const {
        return shape_ == shape && type_ == type && as_ == as && shape != 0;
    }
    void prepare(Oid type, Oid as, uint64 shape);
    RowImage gather(HeapTuple tuple);

    MemoryContext context_;
    MemoryContext plan_context_;  // Of one table; reset for the next.
    MemoryContext row_context_;   // Of one row.
    Options options_;
    bool options_read_;
    TupleWalk walk_;
    RelationEntry entry_;
    TupleDesc descriptor_;
    Oid type_;
    Oid as_;
    uint64 shape_;  // The type cache's number of the descriptor; changes with every shape.
};
static_assert(std::is_trivially_destructible_v<RowEncoder>);

}  // namespace penstock
