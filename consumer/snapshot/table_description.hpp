// One table as the stream would describe it now, told by the extension: what the schemas of its
// records are made of. Looks once over a connection of its own and changes nothing; reads no row.
#pragma once

#include <memory>
#include <string>

#include "engine/error.hpp"
#include "engine/relation.hpp"
#include "snapshot/snapshot_reader.hpp"

namespace penstock {

struct TableDescription {
    std::shared_ptr<const Relation> relation;  // A partition as what it is published as.
    std::string database;                      // As the server knows it.
};

// `name`: schema.table, quoted where SQL wants it so. Errors: extension_missing, usage (there is no
// such table), frame_invalid, whatever a connection can fail with. Blocks.
Result<TableDescription> describe_table(const SnapshotSettings& settings, const std::string& name);

}  // namespace penstock
