// The rows of the modelled tables: versions by transaction, as a server keeps them, with the locks
// that keep two transactions from writing one row at once. A row is locked until its writer is
// visible to others, which may be long after its commit is in the WAL.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "source_log.hpp"

namespace penstock::simulation {

class TableModel {
public:
    using Owner = std::shared_ptr<SourceTransaction>;
    struct Row {
        std::uint32_t version = 0;
        std::uint32_t body = 0;  // The version that wrote the large value.
        bool operator==(const Row&) const = default;
    };

    // Writes for an open transaction. What cannot be is made into what can: nobody inserts a key
    // that is there, or updates one that is not. False: a lock is in the way, nothing is written.
    bool write(const Owner& owner, SourceItem& item, Instant now);
    void aborted(const SourceTransaction* owner);

    // By key, as a transaction sees them that begins now.
    std::map<std::uint32_t, Row> rows(std::uint32_t table, Instant now) const;

private:
    struct Version {
        Owner owner;
        bool exists = false;
        Row row;
    };
    using Versions = std::vector<Version>;  // Oldest first.

    static bool visible(const Owner& owner, Instant now) {
        return owner->end_lsn && owner->visible_at <= now;
    }
    static bool locked(const Versions& versions, const Owner& owner, Instant now);
    static bool exists(const Versions& versions) {
        return !versions.empty() && versions.back().exists;
    }
    static void push(Versions& versions, Version version, Instant now);
    bool truncate(const Owner& owner, std::uint32_t table, Instant now);

    std::array<std::array<Versions, kKeyCount>, kTableCount> tables_;
    std::array<Owner, kTableCount> truncated_by_;
};

}  // namespace penstock::simulation
