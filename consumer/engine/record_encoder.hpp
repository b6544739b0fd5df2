// What the engine asks of an encoder: the port behind which every record format lives. All calls
// come from the engine's thread; an encoder does no I/O and reads no clock.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/error.hpp"
#include "engine/frame.hpp"
#include "engine/record_buffer.hpp"
#include "engine/relation.hpp"

namespace penstock {

class TransactionCounts;

// A schema that readers find by an id in the record: what a schema registry is asked to know.
struct SchemaText {
    std::string subject;  // "<topic>-key" or "<topic>-value".
    std::string type;     // As the registry's API names it: "AVRO" or "PROTOBUF".
    std::string text;
    // Of what the engine asks for only: the id that the registry gave this very schema before an
    // earlier end of the process. Good for as long as the registry does not answer.
    std::optional<std::uint32_t> remembered{};
    bool operator==(const SchemaText&) const = default;
};

// What Kafka's record batch adds to the bytes of a record, generously.
inline constexpr std::size_t kRecordOverhead = 128;

// Where the records of a relation go.
struct TopicRoute {
    TopicId topic = 0;
    std::int32_t partitions = 1;
    // The registry's ids of what schemas_of() named, in that order.
    std::vector<std::uint32_t> schema_ids{};
    std::size_t message_bytes_max = std::numeric_limits<std::size_t>::max();  // Of one record.
};

// A topic that an encoder writes to and that no relation leads to.
struct WantedTopic {
    std::string name;
    std::vector<SchemaText> schemas{};  // As schemas_of() names those of a relation.
    bool operator==(const WantedTopic&) const = default;
};

// Where in a snapshot a row stands: the words of Debezium's source.snapshot, in its order of
// precedence from the end.
enum class SnapshotMarker : std::uint8_t {
    kNone,  // A row of the stream: "false".
    kTrue,
    kFirstInTable,  // "first_in_data_collection"
    kLastInTable,   // "last_in_data_collection"
    kFirst,
    kLast,
    kIncremental,  // A row that was read while the stream flows.
};

// Facts of one item that its records may show.
struct RowContext {
    const BeginFrame* transaction = nullptr;
    Lsn lsn;                 // Of the change's WAL record.
    Lsn last_commit_lsn;     // end_lsn of the transaction before this one; 0 is unknown. A message
                             // outside of transactions counts as one that ends at its own LSN.
    std::uint64_t item = 0;  // 0-based number of the item in its transaction, as received.
    WallTime now{};          // When the engine took the change.
    // What an encoder hands to the one it wraps: where events of the transaction are counted. Null
    // where envelopes show no place in it. The engine leaves it alone.
    TransactionCounts* counts = nullptr;
    SnapshotMarker snapshot = SnapshotMarker::kNone;
};

class RecordEncoder {
public:
    virtual ~RecordEncoder() = default;

    // The topic of this relation's records. Empty: its rows make none, or go to topics that
    // wanted_topic() names; then prepare() gets an empty route. Pure.
    virtual Result<std::string> topic_of(const Relation& relation) const = 0;

    // Whether records number their fields: then schemas_of() and prepare() get relations with the
    // numbers that the state of the topic remembers (Column::number, Relation::retired).
    virtual bool numbers_fields() const { return false; }

    // The schemas that records of this relation refer to, key before value; none for formats that
    // carry no schema ids. Asked before prepare(), which gets their ids. Pure.
    virtual std::vector<SchemaText> schemas_of(const Relation&) const { return {}; }

    // Builds the plan for rows of `relation`; replaces an earlier plan of the same relation.id.
    // Called before the first row, never per row. Refuses what cannot be published by name
    // (identity_insufficient, ...).
    virtual Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) = 0;

    // Forgets all plans and routes: a new session numbers relations anew.
    virtual void reset() = 0;

    // The topics that this encoder writes to whatever the rows are (transaction metadata, logical
    // messages, heartbeat). All of them have their route() before the first frame of a session.
    // Pure.
    virtual std::vector<WantedTopic> topics() const { return {}; }

    // Where the records for a topic of topics() or wanted_topic() go; good until reset().
    virtual Status route(const std::string& /*topic*/, const TopicRoute& /*route*/) { return {}; }

    // The topic that encode() needs before it can go on, or nothing. Asked only after encode() has
    // returned without error and without a byte appended: nothing then means that the change makes
    // no record. Otherwise the engine holds the stream, has the topic made (its schemas too), gives
    // it to route() and calls encode() again with the same change and context. So an encoder that
    // wants a topic has changed nothing that it counts, and it never wants a topic whose route it
    // was given in this session. How an encoder that routes by a value uses it:
    //     const auto route = routes_.find(name);
    //     if (route == routes_.end()) { wanted_ = WantedTopic{name}; return {}; }
    // The engine refuses by name what is no legal topic, the topic of a table and a state topic.
    virtual std::optional<WantedTopic> wanted_topic() { return std::nullopt; }

    // Whether begin_transaction() and end_transaction() are wanted. Then encode(),
    // encode_truncate() and encode_message() see every item of a transaction that is published in
    // part, in order and from the first one on, also those that were published before a restart:
    // the engine throws the records of these away, and what the encoder counts is right.
    virtual bool follows_transactions() const { return false; }
    // Before the first item; context.lsn is the transaction's first_lsn.
    virtual Status begin_transaction(const RowContext& /*context*/, RecordBuffer& /*out*/) {
        return {};
    }
    // After the last item of a transaction that has any; context.lsn is its end_lsn.
    virtual Status end_transaction(const RowContext& /*context*/, RecordBuffer& /*out*/) {
        return {};
    }

    // A sign of life, made by time alone.
    virtual Status encode_heartbeat(WallTime /*now*/, RecordBuffer& /*out*/) { return {}; }

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
