// Whether a row version was visible in an earlier snapshot, judged by its raw xmin alone: how the
// rest of a snapshot that was interrupted is read without meeting anything that is newer than it.
//
// Asked about rows that the current snapshot sees, so their transaction has committed. xmin is
// stored in 32 bits and stays when a row is frozen, so an old frozen row may carry the number of a
// much newer transaction; where that could be, the answer is "unknown", never a guess.
#pragma once

#include "pg.hpp"

#include <type_traits>

namespace penstock {

enum class Visibility : uint8 { kVisible, kInvisible, kUnknown };

class VisibilityJudge {
public:
    // Lives as long as `context`, the statement's.
    static VisibilityJudge* create(MemoryContext context);

    // `snapshot` as pg_current_snapshot() prints it. An ERROR where it is none.
    Visibility visible(TransactionId xmin, text* snapshot);

private:
    void read(text* snapshot);

    MemoryContext context_;
    text* text_;      // What snapshot_ was read from; null at first.
    Datum snapshot_;  // pg_snapshot
};
static_assert(std::is_trivially_destructible_v<VisibilityJudge>);

}  // namespace penstock
