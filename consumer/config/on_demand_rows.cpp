// The rows of what a running pipe is asked for: its socket and the limits of snapshots on demand.
// Data only.
#include "config/key_table.hpp"

namespace penstock {
namespace {

using C = Configuration;
using E = EngineOptions;
using enum KeyUnit;

constexpr KeyRow kRows[] = {
    {.name = "run.socket",
     .place = &C::run_socket,
     .help = "Unix socket by which a running pipe takes commands (penstock snapshot); empty is a "
             "folder of its own below $XDG_RUNTIME_DIR, /run/penstock or $TMPDIR; \"off\" is none"},
    {.name = "snapshot.chunk_rows",
     .place = &E::snapshot_chunk_rows,
     .unit = kCount,
     .minimum = 1,
     .maximum = 1'000'000,
     .help = "rows that a snapshot of a running pipe reads in one transaction"},
    {.name = "snapshot.chunk_bytes",
     .place = &E::snapshot_chunk_bytes,
     .unit = kBytes,
     .minimum = 64U << 10,
     .maximum = 256U << 20,
     .help = "the same in bytes"},
    {.name = "snapshot.chunk_note_bytes",
     .place = &E::snapshot_note_bytes,
     .unit = kBytes,
     .minimum = 1U << 20,
     .maximum = 1U << 30,
     .help = "memory for the keys that are changed while a chunk is read; over it the chunk is "
             "thrown away and the next one is smaller"},
    {.name = "snapshot.keyless_bytes",
     .place = &E::snapshot_keyless_bytes,
     .unit = kBytes,
     .minimum = 1U << 20,
     .maximum = 1U << 30,
     .help = "largest table without a key that a running pipe reads; the stream stands still "
             "meanwhile and the whole of it is in memory"},
    {.name = "snapshot.hold_max",
     .place = &E::snapshot_hold_max,
     .unit = kTime,
     .minimum = 1'000'000,
     .help = "the longest that the stream stands still for a table without a key"},
};

}  // namespace

std::span<const KeyRow> on_demand_rows() {
    return kRows;
}

}  // namespace penstock
