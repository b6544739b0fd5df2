// What the modelled database wrote: the truth that every published record is compared with. Plain
// data, shared by the server model (which sends it), the encoder of the tests (which carries its
// identity into records) and the oracle.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/clock.hpp"
#include "engine/lsn.hpp"

namespace penstock::simulation {

enum class ItemKind : std::uint8_t {
    kInsert,
    kUpdate,
    kDelete,
    kKeyUpdate,
    kTruncate,
    kMessage,
    kBegin,  // Only in records: made by the encoder, of no item.
    kEnd,
    kHeartbeat,
    kRead,  // A row of a snapshot.
};

// One change, one relation of a truncate, or one logical message.
struct SourceItem {
    ItemKind kind = ItemKind::kInsert;
    std::uint32_t table = 0;    // Index of the modelled table.
    std::uint32_t key = 0;      // The new key.
    std::uint32_t old_key = 0;  // Of a key update.
    std::uint32_t version = 0;  // Counts up over the whole log.
    std::uint32_t padding = 0;  // Bytes of payload beyond the identity.
    std::uint32_t group = 0;    // Truncates of one group came as one statement, one frame.
    Lsn lsn;                    // Rows of one multi-insert share it.
    bool captured = true;       // False: the plugin's selection leaves it out.
    bool published = true;      // False: the consumer's own filter leaves it out.
    bool marked = false;        // Holds a value the plugin could not carry.
    bool unchanged = false;     // Of an update: its large value was not logged.
};

// A transaction, or a message outside of any (`transactional` false: one item, no Begin, no
// Commit, end_lsn is its own LSN).
struct SourceTransaction {
    Xid xid;
    std::uint64_t full_xid = 0;  // With its epoch.
    bool transactional = true;
    bool captured = true;  // False: of another database, or nothing in it is captured.
    bool notice = false;   // Carries Notice{publication_missing}.
    bool miscounted = false;
    Lsn first_lsn;
    Lsn commit_lsn;
    Lsn end_lsn;
    std::vector<SourceItem> items;
    Instant committed_at{};
    // A session of the server sees the rows only now; a walsender has sent them long before.
    Instant visible_at{};
};

using SourceTransactionPtr = std::shared_ptr<const SourceTransaction>;

constexpr std::uint32_t kTableCount = 4;
constexpr std::uint32_t kKeyCount = 6;                // Of every table.
constexpr std::uint32_t kMessageTable = kTableCount;  // Messages go to a topic of their own.

// The `part` of the records at both ends of a transaction, which go with its first and last item.
constexpr std::uint32_t kBeginPart = 10;
constexpr std::uint32_t kEndPart = 11;

// The identity of a record, as the encoder of the tests writes it into the value.
struct DataPayload {
    std::uint64_t end_lsn = 0;      // Of a row of a snapshot: where in the stream it entered.
    std::uint64_t item = 0;         // As received, before the consumer's filters. Of a row of a
                                    // snapshot: the request that it was read for.
    std::uint64_t engine_item = 0;  // What the engine said it was.
    std::uint32_t part = 0;         // A key update makes two records.
    std::uint32_t table = 0;
    std::uint32_t key = 0;
    std::uint32_t version = 0;  // Of an end: the events that the encoder counted.
    std::int32_t partition = 0;
    std::uint32_t body = 0;  // Of a row of a snapshot: the version that wrote its large value.
    ItemKind kind = ItemKind::kInsert;
    std::uint8_t reserved[7] = {0, 0, 0, 0, 0, 0, 0};
};

}  // namespace penstock::simulation
