// The language between the engine and the world. The engine does no I/O: it answers every event by
// putting commands into its outbox; whoever drives it (run/ for real, the simulator in tests)
// executes them in order and feeds the results back as events.
//
//   PostgreSQL commands are executed on the engine's own thread, in order, and may block for as
//   long as a statement takes. Kafka commands are queued to the sink thread and never block the
//   engine; the sink executes them strictly in order and its answers come back as events, also in
//   order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/clock.hpp"
#include "engine/error.hpp"
#include "engine/lsn.hpp"
#include "engine/record_buffer.hpp"
#include "engine/record_encoder.hpp"
#include "engine/snapshot.hpp"
#include "engine/state.hpp"

namespace penstock {

// ---- to PostgreSQL ---------------------------------------------------------------------------

// Connect (both connections, if not connected) and look: IDENTIFY_SYSTEM, pg_control, the slot.
// Answer: ServerInspected or PostgresFailed.
struct InspectServer {};

// START_REPLICATION SLOT ... LOGICAL at. Answer: ReplicationStarted or PostgresFailed (slot_active
// is a failure of class retry).
struct StartReplication {
    Lsn at;
};

// CREATE_REPLICATION_SLOT on the replication connection. Answer: SlotCreated or PostgresFailed.
struct CreateSlot {};

// Drop our half-made slot. Answer: SlotDropped or PostgresFailed.
struct DropSlot {};

// pg_terminate_backend of the walsender that holds the slot (slot.takeover = "terminate"). Answer:
// HolderTerminated or PostgresFailed.
struct TerminateHolder {};

// Standby status update: `confirmed` as written, flushed and applied. No answer. 0/0 answers
// without confirming anything: until sanity has passed the slot may not be moved, not even
// backwards.
struct SendStatus {
    Lsn confirmed;
    bool reply_requested = false;
};

// Close both connections; with copy_done send CopyDone first and wait (bounded by the driver) for
// the server's. No answer: whatever arrives later from the old connection is dropped by the driver.
struct ClosePostgres {
    bool copy_done = false;
};

// Whether the server is going down: the second connection is closed and a new one is refused with
// SQLSTATE 57P03. Answer: ServerProbed.
struct ProbeShutdown {};

// Open the transaction that tables are read in, with as many connections as are configured, all of
// one snapshot. Without `resumed`: the one that the last CreateSlot exported, and the tables that
// the plugin selects in it. With it: a new one, and these tables. Every table is locked in ACCESS
// SHARE until CloseSnapshot or ClosePostgres and looked at under the lock; one that is another than
// the adopted snapshot says is snapshot_table_changed, a failure of class retry, because nothing
// has been published yet. Answer: SnapshotOpened or PostgresFailed.
struct ResumedTable {
    std::uint32_t oid = 0;
    SnapshotState state;
};
struct OpenSnapshot {
    std::optional<std::vector<ResumedTable>> resumed;
};

// Read these ranges. Their rows are handed over by Engine::take_row() while wants_rows(), the end
// of each as SnapshotRangeRead; both in the order that SnapshotRow tells. Or PostgresFailed.
struct ReadSnapshot {
    std::vector<SnapshotTask> tasks;
};

// The reading transaction is over. No answer.
struct CloseSnapshot {};

// ---- to Kafka --------------------------------------------------------------------------------

// Read the state topic. kHint: read_committed, as it stands. kTrue: high watermark read_uncommitted
// first, then read_committed until the position reaches it; fills topics and snapshot keys too.
// Answer: StateRead or KafkaFailed.
enum class ReadDepth : std::uint8_t { kHint, kTrue };
struct ReadState {
    ReadDepth depth = ReadDepth::kHint;
};

// Create the state topic if it is not there and check its policy. Answer: StateTopicReady or
// KafkaFailed.
struct EnsureStateTopic {};

// Destroy both producers, forget every queued Kafka command and chunk before this one, create both
// anew and init_transactions on both in parallel. Answer: ProducersFenced or KafkaFailed. Every
// event of an earlier generation that is still on its way carries the old generation number and is
// ignored by the engine.
struct FenceProducers {
    std::uint32_t generation = 0;
};

// Create the topic (or find it) with its declared policy and tell its partition count. Answer:
// TopicReady or KafkaFailed.
struct EnsureTopic {
    TopicId topic = 0;
    std::string name;
};

// Look at these topics, all of them at once. Answer: TopicsSeen or KafkaFailed.
struct LookAtTopics {
    std::vector<std::string> names;
};

using BatchId = std::uint64_t;  // One Kafka transaction; counts up from 1 over the process.

// Begin a Kafka transaction on the producer whose turn it is.
struct OpenBatch {
    BatchId batch = 0;
};

// Produce these records, in order, in the open batch. Answer: ChunkDone when the sink has handed
// all of them to the producer and the bytes no longer count against the window.
struct ProduceChunk {
    BatchId batch = 0;
    std::unique_ptr<RecordBuffer> records;
};

// Produce changed topic/ keys and, last of all, the position; flush; commit. Answer: BatchClosed.
struct CloseBatch {
    BatchId batch = 0;
    Position position;
    std::vector<std::pair<std::string, TopicState>> topics;            // Changed topic/ keys.
    std::vector<std::pair<std::uint32_t, SnapshotState>> snapshots{};  // Changed snapshot/ keys.
};

// Abort whatever is open; destroys both producers. Used by a clean stop. No answer.
struct AbortBatch {};

// ---- to the schema registry ------------------------------------------------------------------

// Have these schemas registered under their subjects, or found there, and tell their ids. Never
// blocks the engine. Answer: SchemasReady or SchemasFailed, in the order of the commands. An answer
// to a ticket that is not the newest is ignored by the engine.
struct EnsureSchemas {
    std::uint64_t ticket = 0;  // Counts up over the process.
    std::vector<SchemaText> schemas;
};

// ---- to the reader of chunks -----------------------------------------------------------------

// FindTables, LookAtSnapshot and ReadChunk (chunk.hpp): each has exactly one answer, whatever
// becomes of the connections of the stream. One that carries an old ticket is ignored.

// ---- to the driver ---------------------------------------------------------------------------

// AnswerRequest (chunk.hpp): to whoever sent a SnapshotRequest and waits.

// The pipeline is over: with an error, or without one after a clean stop.
struct Finish {
    std::optional<Error> error;
};

// One line for the log: a state change, never a row.
struct LogLine {
    enum class Level : std::uint8_t { kInfo, kWarning, kError } level = Level::kInfo;
    std::string component;
    std::string event;
    std::vector<std::pair<std::string, std::string>> values;
};

using Command =
    std::variant<InspectServer, StartReplication, CreateSlot, DropSlot, TerminateHolder, SendStatus,
                 ClosePostgres, ProbeShutdown, OpenSnapshot, ReadSnapshot, CloseSnapshot, ReadState,
                 EnsureStateTopic, FenceProducers, EnsureTopic, LookAtTopics, OpenBatch,
                 ProduceChunk, CloseBatch, AbortBatch, EnsureSchemas, FindTables, LookAtSnapshot,
                 ReadChunk, AnswerRequest, Finish, LogLine>;

// ---- events ----------------------------------------------------------------------------------

struct SlotFacts {
    std::string plugin;
    std::string database;
    bool logical = true;
    bool temporary = false;
    bool synced = false;
    bool active = false;
    bool held = false;  // Active, and the holder is our own replication connection.
    Lsn restart_lsn;
    Lsn confirmed_flush_lsn;
    std::string wal_status;           // "reserved", "extended", "unreserved", "lost".
    std::string invalidation_reason;  // 17 and newer; empty is none.
    // Age of the holder's last reply; nothing when there is no holder or it cannot be seen.
    std::optional<Duration> holder_reply_age;
    // What the server may still write before it gives the slot up; nothing where there is no limit.
    std::optional<std::uint64_t> safe_wal_bytes;
    bool operator==(const SlotFacts&) const = default;
};

struct ServerFacts {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    std::uint32_t database_oid = 0;
    std::string database;
    std::uint32_t version_num = 0;
    Lsn wal_insert_lsn;
    Duration wal_sender_timeout{};
    // Where each earlier timeline ended: (timeline, switch point), oldest first.
    std::vector<std::pair<std::uint32_t, Lsn>> timeline_history;
    std::optional<SlotFacts> slot;
};

struct ServerInspected {
    ServerFacts facts;
};
struct ReplicationStarted {};
struct SlotCreated {
    Lsn consistent_point;
};
struct SlotDropped {};
struct HolderTerminated {};
struct ServerProbed {
    bool shutting_down = false;
};
struct SnapshotOpened {
    bool resumed = false;
    std::string snapshot;  // As pg_current_snapshot() prints it in an adopting reader.
    Xid next_xid;
    std::int64_t time_us = 0;  // When the transaction began, since 1970-01-01 UTC.
    Lsn insert_lsn;            // Every commit that it sees, and more, ends at or below it.
    std::vector<SnapshotTable> tables;
};
struct SnapshotRangeRead {
    std::size_t task = 0;  // Index into ReadSnapshot::tasks.
};
// Any failure on the PostgreSQL side, of a command or of the stream. Both connections are closed.
struct PostgresFailed {
    Error error;
};

// A primary keepalive ('k'): wal_end is the server's position, sent after everything before it. It
// is handed over in its place in the stream: never before a frame that was received before it.
struct Keepalive {
    Lsn wal_end;
    bool reply_requested = false;
};
// The socket has nothing more to read right now.
struct SocketDrained {};

struct StateRead {
    ReadDepth depth = ReadDepth::kHint;
    StateView state;
};
struct StateTopicReady {};
struct ProducersFenced {
    std::uint32_t generation = 0;
};
struct TopicReady {
    TopicId topic = 0;
    std::int32_t partitions = 0;
    std::int64_t max_message_bytes = 0;
    std::string id{};  // Kafka's own, which no other topic ever has; empty where it is not told.
};
struct TopicFacts {
    std::int32_t partitions = 0;
    std::string id{};
};
// Those that are there; a name that is missing was looked for several times.
struct TopicsSeen {
    std::map<std::string, TopicFacts> topics;
};
struct SchemasReady {
    std::uint64_t ticket = 0;
    std::vector<std::uint32_t> ids;  // One for each schema asked, in their order.
};
// A registry that is down or slow is a failure of class retry.
struct SchemasFailed {
    Error error;
    std::uint64_t ticket = 0;
};
struct ChunkDone {
    std::uint32_t generation = 0;
    std::size_t bytes = 0;
};
struct BatchClosed {
    std::uint32_t generation = 0;
    BatchId batch = 0;
    // Clean = commit returned OK and exactly one EndTxn request was seen on that producer. Anything
    // else is an unknown outcome: `error` says what was seen.
    bool clean = false;
    std::optional<Error> error;
};
// What the read_committed reader of the state partition returned; the only source of what may be
// confirmed to PostgreSQL.
struct PositionVisible {
    Position position;
};
// Any other failure on the Kafka side. fenced: a newer epoch of our transactional id exists.
struct KafkaFailed {
    std::uint32_t generation = 0;
    Error error;
    bool fenced = false;
};

struct StopRequested {};  // SIGTERM, SIGINT.
// Time passed; sent when next_deadline() is reached.
struct Tick {
    WallTime wall{};  // The wall clock, for records that only time makes.
};

using Event =
    std::variant<ServerInspected, ReplicationStarted, SlotCreated, SlotDropped, SnapshotOpened,
                 SnapshotRangeRead, HolderTerminated, ServerProbed, PostgresFailed, Keepalive,
                 SocketDrained, StateRead, StateTopicReady, ProducersFenced, TopicReady, TopicsSeen,
                 SchemasReady, SchemasFailed, ChunkDone, BatchClosed, PositionVisible, KafkaFailed,
                 TablesFound, TablesNotFound, SnapshotLooked, ChunkRead, ChunkFailed,
                 SnapshotRequest, StopRequested, Tick>;

}  // namespace penstock
