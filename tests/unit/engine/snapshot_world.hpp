// The scripted world with tables to read: rows are handed over one by one, as the reader would.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/engine/scripted_world.hpp"

namespace penstock::test {

inline EngineOptions initial() {
    EngineOptions options = ScriptedWorld::default_options();
    options.snapshot_mode = SnapshotMode::kInitial;
    options.snapshot_range_blocks = 10;
    options.batch_rows_max = 2;
    return options;
}

struct SnapshotWorld : ScriptedWorld {
    explicit SnapshotWorld(const EngineOptions& with = initial()) : ScriptedWorld(with) {
        opened.snapshot = "90:95:91";
        opened.next_xid = Xid{95};
    }
    void has_table(const std::string& name, std::uint64_t blocks) {
        SnapshotTable& table = opened.tables.emplace_back();
        table.oid = table.published_as = table.relfilenode =
            static_cast<std::uint32_t>(17000 + opened.tables.size());
        table.schema = "public";
        table.name = name;
        table.blocks = blocks;
        auto relation = std::make_shared<Relation>();
        relation->id = static_cast<std::uint32_t>(opened.tables.size());
        relation->oid = table.oid;
        relation->schema = "public";
        relation->name = name;
        relation->fingerprint = 7;
        table.relation = std::move(relation);
    }
    void row(std::size_t task, std::uint64_t block, const std::string& value) {
        ASSERT_TRUE(engine.wants_rows());
        engine.take_row({task, block, value}, now, WallTime{});
        serve();
    }
    void end(std::size_t task) { handle(SnapshotRangeRead{task}); }
    std::vector<SnapshotMarker> markers() const {
        std::vector<SnapshotMarker> found;
        for (const RowContext& context : encoder.contexts) found.push_back(context.snapshot);
        return found;
    }
    const SnapshotState& state_of(std::uint32_t oid) { return state.snapshots.at(oid); }
};

}  // namespace penstock::test
