// What the engine asks of an encoder: the port behind which every record format lives. All calls
// come from the engine's thread; an encoder does no I/O and reads no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/error.hpp"
#include "engine/frame.hpp"
#include "engine/record_buffer.hpp"
#include "engine/relation.hpp"

namespace penstock {

// A schema that readers find by an id in the record: what a schema registry is asked to know.
struct SchemaText {
    std::string subject;  // "<topic>-key" or "<topic>-value".
    std::string type;     // As the registry's API names it: "AVRO" or "PROTOBUF".
    std::string text;
    bool operator==(const SchemaText&) const = default;
};

// Where the records of a relation go.
struct TopicRoute {
    TopicId topic = 0;
    std::int32_t partitions = 1;
    // The registry's ids of what schemas_of() named, in that order.
    std::vector<std::uint32_t> schema_ids{};
};

// Facts of one item that its records may show.
struct RowContext {
    const BeginFrame* transaction = nullptr;
    Lsn lsn;                 // Of the change's WAL record.
    Lsn last_commit_lsn;     // commit_lsn of the transaction published before this one; 0 unknown.
    std::uint64_t item = 0;  // 0-based number of the item in its transaction, as received.
    WallTime now{};          // When the engine took the change.
};

class RecordEncoder {
public:
    virtual ~RecordEncoder() = default;

    // The topic of this relation's records. Pure.
    virtual Result<std::string> topic_of(const Relation& relation) const = 0;

    // The schemas that records of this relation refer to, key before value; none for formats that
    // carry no schema ids. Asked before prepare(), which gets their ids. Pure.
    virtual std::vector<SchemaText> schemas_of(const Relation&) const { return {}; }

    // Builds the plan for rows of `relation`; replaces an earlier plan of the same relation.id.
    // Called before the first row, never per row. Refuses what cannot be published by name
    // (identity_insufficient, ...).
    virtual Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) = 0;

    // Forgets all plans: a new session numbers relations anew.
    virtual void reset() = 0;

    // Whether encode() judges marked values itself, by what the user chose and the format has room
    // for. The engine stops at a change with one before an encoder that does not.
    virtual bool judges_marked_values() const { return false; }

    // Appends the records of one change (none, one, or several for a key update: never cut apart).
    virtual Status encode(const ChangeFrame& change, const RowContext& context,
                          RecordBuffer& out) = 0;

    // Appends the record of a truncate of one relation, where the format has one.
    virtual Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                                   const RowContext& context, RecordBuffer& out) = 0;

    // Appends the record of a logical message, where the configuration publishes them.
    virtual Status encode_message(const MessageFrame& message, const RowContext& context,
                                  RecordBuffer& out) = 0;
};

}  // namespace penstock
