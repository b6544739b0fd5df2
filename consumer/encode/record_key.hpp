// Which columns make the key of a table's records, and whether the table's old rows can be trusted
// to hold them. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "encode/encode_options.hpp"
#include "engine/error.hpp"
#include "engine/relation.hpp"

namespace penstock {

struct KeyChoice {
    std::vector<std::uint16_t>
        columns;                // Indexes into Relation::columns, in key order. Empty: null.
    bool logs_old_row = false;  // Whether an UPDATE or DELETE can have an old row at all.
};

// The key of `relation`: the columns chosen in the options; else with REPLICA IDENTITY USING INDEX
// the index's; else the primary key's; else those of a unique NOT NULL index; else none.
// kIdentityInsufficient when old rows are logged without some key column: a DELETE would then not
// say which record it deletes. kConfigurationInvalid when a chosen column does not exist or a
// pattern cannot be read.
Result<KeyChoice> choose_key(const Relation& relation, const EncodeOptions& options);

// The stop at an UPDATE or DELETE of a table that logs no old row.
Failure no_old_row(const Relation& relation);

}  // namespace penstock
