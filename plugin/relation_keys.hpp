// Which columns make a relation's keys, in the keys' own order.
//
// Reads indexes from the syscache and never opens one: opening takes a lock, and a lock can wait
// for a backend that waits for us. Which key a record is published under is the consumer's choice.
#pragma once

#include "pg.hpp"

#include <type_traits>

namespace penstock {

// Positions of one key by attribute number: at(attnum) is the 1-based place, 0 is not in it.
class KeyPositions {
public:
    // Allocates in CurrentMemoryContext; `index` may be invalid, then no column is in the key.
    static KeyPositions of_index(Relation relation, Oid index);

    uint32 at(AttrNumber attnum) const {
        return attnum >= 1 && attnum <= count_ ? positions_[attnum - 1] : 0;
    }

private:
    uint32* positions_;
    int count_;
};
static_assert(std::is_trivially_destructible_v<KeyPositions>);

// The first unique index (smallest oid) that is valid, not partial, not deferrable, without
// expressions and over NOT NULL columns only; InvalidOid when there is none. A key for tables
// without a primary key.
Oid unique_key_index(Relation relation);

}  // namespace penstock
