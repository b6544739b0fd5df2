// The rows of [snapshot] in the table of keys: data only.
#include "config/key_table.hpp"

namespace penstock {
namespace {

using C = Configuration;
using E = EngineOptions;
using enum KeyUnit;
using enum KeyBound;

constexpr KeyRow kRows[] = {
    {.name = "snapshot.mode",
     .place = &C::snapshot_mode,
     .choices = "never|initial|only|when_needed",
     .help = "never: rows that are in the tables already are not published; initial: they are, "
             "once, before the stream begins; only: they are, and then the pipe ends and drops its "
             "slot; when_needed: as initial, and again when the slot is lost"},
    {.name = "snapshot.readers",
     .place = &C::snapshot_readers,
     .unit = kCount,
     .maximum = 32,
     .help = "connections that read tables at the same time; 0 is the number of cores, at most 4"},
    {.name = "snapshot.range_bytes",
     .place = &C::snapshot_range_bytes,
     .unit = kBytes,
     .minimum = 1U << 20,
     .maximum = 1U << 30,
     .help = "a table is read in pieces of this size"},
    {.name = "snapshot.tables",
     .place = &C::snapshot_tables,
     .bound = kSelection,
     .help = "of the captured tables those to read, as patterns schema.name; none is every one"},
    {.name = "snapshot.exclude_tables",
     .place = &C::snapshot_exclude_tables,
     .bound = kSelection,
     .help = "tables that are captured, but not read first, as patterns"},
    {.name = "snapshot.where",
     .place = &C::snapshot_where,
     .unit = kPatterns,
     .bound = kSelection,
     .help = "which rows of a table to read: pattern of schema.table:condition in SQL; the first "
             "that fits counts, and the stream carries every row all the same"},
    {.name = "snapshot.first",
     .place = &C::snapshot_first,
     .help = "tables to read before the others, in this order, as patterns; the others follow by "
             "size"},
    {.name = "snapshot.max_rows_per_second",
     .place = &E::snapshot_rows_per_second_max,
     .unit = kCount,
     .help = "rows to read in a second, over all tables; 0 is as many as go"},
    {.name = "snapshot.max_transaction_age",
     .place = &E::snapshot_transaction_age_max,
     .unit = kTime,
     .minimum = 1'000'000,
     .help = "age of the reading transaction, which holds back vacuum, from which on the log warns "
             "of it"},
};

}  // namespace

std::span<const KeyRow> snapshot_rows() {
    return kRows;
}

}  // namespace penstock
