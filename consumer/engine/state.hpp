// What the state topic says, as plain structs: penstock.state.v1 of proto/state.proto. The sink
// turns them into records and back; only the engine decides what they hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/lsn.hpp"

namespace penstock {

enum class Phase : std::uint8_t { kUnspecified = 0, kCreating, kAdopting, kSnapshot, kStreaming };

// A large transaction that is published in pieces: the first next_item items of it are out.
struct OpenTransaction {
    Xid xid;
    Lsn commit_lsn;
    std::uint64_t next_item = 0;
    bool operator==(const OpenTransaction&) const = default;
};

struct Position {
    std::uint32_t version = 1;
    std::uint64_t system_identifier = 0;
    std::uint32_t database_oid = 0;
    std::uint32_t timeline = 0;
    Phase phase = Phase::kUnspecified;
    Lsn lsn;  // Everything that ends at or below it is published or passed over.
    std::optional<OpenTransaction> open;
    std::uint64_t instance = 0;
    std::uint64_t configuration_hash = 0;
    std::uint64_t selection_hash = 0;
    std::uint64_t sequence = 0;
    std::uint32_t topic_keys = 0;
    std::uint32_t snapshot_keys = 0;
    std::int64_t wall_time_us = 0;  // Stamped by the sink when it produces the record.
    bool operator==(const Position&) const = default;
};

struct TopicState {
    std::uint32_t partitions = 0;
    std::uint32_t relation_oid = 0;
    struct Field {
        std::uint32_t relation_oid = 0;
        std::uint32_t attnum = 0;
        std::uint32_t number = 0;
        std::string name;
        std::uint32_t kind = 0;
        bool operator==(const Field&) const = default;
    };
    std::vector<Field> fields;
    std::string topic_id{};  // Kafka's own; empty where it was never told.
    struct Schema {
        std::string subject;
        std::string digest;  // Of registry, kind and text (remembered_schemas.hpp).
        std::uint32_t id = 0;
        bool operator==(const Schema&) const = default;
    };
    std::vector<Schema> schemas{};  // Newest last.
    // The table that has the topic. relation_oid is the first one that had it.
    struct Table {
        std::uint32_t oid = 0;
        std::string schema;  // By which names its records call it.
        std::string name;
        std::string known_as;  // "schema.name" as the stream called it last.
        bool operator==(const Table&) const = default;
    };
    Table table{};
    bool operator==(const TopicState&) const = default;
};

// Blocks [from, to) of a table.
struct BlockRange {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool operator==(const BlockRange&) const = default;
};

enum class SnapshotProgress : std::uint8_t {
    kUnspecified = 0,
    kQueued,
    kReading,
    kDone,
    kCancelled,
    kPaused,
};

// How far the snapshot of one table is; written with the rows that it counts.
struct SnapshotState {
    bool initial = true;
    SnapshotProgress progress = SnapshotProgress::kQueued;
    std::string snapshot;  // S0, as the first reader that adopted the export saw it.
    std::uint32_t relfilenode = 0;
    std::uint64_t fingerprint = 0;
    std::vector<BlockRange> finished;  // Sorted, without overlaps.
    std::string schema;
    std::string table;
    std::uint64_t rows = 0;
    std::string predicate{};     // Which rows are wanted, as SQL; empty is every one.
    std::uint64_t blocks = 0;    // Of the table when its reading began, for people.
    std::int64_t begun_us = 0;   // When that was, since 1970-01-01 UTC, likewise.
    std::string requested_by{};  // An initial one: kMarkDue where a truncate mark goes first.

    // On demand only (chunk.hpp).
    std::string cursor{};  // Everything up to this row is in.
    std::string until{};   // The last row that belongs to the snapshot.
    bool operator==(const SnapshotState&) const = default;
};

// What a read of the state topic found.
struct StateView {
    bool topic_exists = false;
    bool too_new = false;  // A record carries a version we do not know.
    std::optional<Position> position;
    std::map<std::string, TopicState> topics;          // By topic name. Filled by a true read only.
    std::map<std::uint32_t, SnapshotState> snapshots;  // By table oid, likewise.
    std::uint32_t snapshot_keys = 0;                   // Number of snapshot/ keys found.
};

}  // namespace penstock
