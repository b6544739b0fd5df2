// A world for the engine in which everything goes well unless the test says otherwise: it executes
// the engine's commands at once, answers them, and keeps a history by name. Knobs hold an answer
// back; the test then gives it by hand.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"

namespace penstock::test {

constexpr Duration operator""_ms(unsigned long long value) {
    return Duration(static_cast<Duration::rep>(value) * 1000);
}
constexpr Lsn operator""_lsn(unsigned long long value) {
    return Lsn{value};
}

// One record per change whose value is the after image; a value "key update" makes three, a value
// "filtered" none, a value "refused" an error, a value "to NAME" goes to the topic NAME.
class FakeEncoder : public RecordEncoder {
public:
    Result<std::string> topic_of(const Relation& relation) const override;
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override {
        routes.clear();
        topic_routes.clear();
    }
    std::vector<SchemaText> schemas_of(const Relation&) const override { return schemas; }
    std::vector<WantedTopic> topics() const override { return own_topics; }
    Status route(const std::string& topic, const TopicRoute& route) override;
    std::optional<WantedTopic> wanted_topic() override { return std::exchange(wanted_, {}); }
    bool follows_transactions() const override { return follows; }
    Status begin_transaction(const RowContext& context, RecordBuffer& out) override;
    Status end_transaction(const RowContext& context, RecordBuffer& out) override;
    Status encode_heartbeat(WallTime now, RecordBuffer& out) override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override;

    std::vector<SchemaText> schemas;  // Of every relation.
    std::vector<WantedTopic> own_topics;
    bool follows = false;      // Then the end of a transaction says how many items it had.
    bool wants_again = false;  // Wants topics whose route it has.
    std::string refuses;       // A row with this image is refused; empty: none.

    std::map<std::uint32_t, TopicRoute> routes;
    std::map<std::string, TopicRoute> topic_routes;
    std::vector<RowContext> contexts;
    std::vector<ChangeFrame> seen;  // Their views are gone.

private:
    void add(std::uint32_t relation_id, std::string_view value, RecordBuffer& out);
    void add_to(TopicId topic, std::string_view value, RecordBuffer& out);
    Status encode_to(const std::string& topic, RecordBuffer& out);

    std::optional<WantedTopic> wanted_;
    std::uint64_t counted_ = 0;
};

class ScriptedWorld {
public:
    explicit ScriptedWorld(EngineOptions options = default_options());
    static EngineOptions default_options();

    // A state of our own configuration and server, in phase streaming.
    static Position position(Lsn lsn, std::uint64_t sequence = 7);
    static SlotFacts slot(Lsn confirmed);
    // Slot there, position there, everything confirmed up to `lsn`.
    void has_streamed_to(Lsn lsn);
    void start();
    // has_streamed_to + start, which ends in streaming; history and statuses begin there.
    void stream_from(Lsn lsn);

    void handle(Event event);
    // Lets time pass to `now + passed`, with a Tick at each deadline on the way.
    void pass(Duration passed);
    void serve();

    // Frames. Each takes effect at once.
    void relation(std::uint32_t id, const std::string& name, std::uint32_t oid = 0);
    void begin(std::uint32_t xid, Lsn commit_lsn, Lsn end_lsn);
    void change(std::string_view value, std::uint32_t relation_id = 1);
    void commit(Lsn end_lsn, std::uint64_t sent);
    void message(Lsn lsn, std::string_view content);
    void take(const Frame& frame);
    // Begin, one change per value, commit; end_lsn is commit_lsn + 8. Relation 1 must be known.
    void transaction(std::uint32_t xid, Lsn commit_lsn, const std::vector<std::string>& values);
    void drained() { handle(SocketDrained{}); }

    // Answers of held commands.
    void close_batch(bool clean = true, std::optional<Error> error = std::nullopt);
    void show(const Position& position) { handle(PositionVisible{position}); }
    SchemasReady schema_ids(const EnsureSchemas& command);

    std::size_t count(const std::string& name) const;
    bool finished_with(ErrorName name) const;

    EngineOptions options;
    FakeEncoder encoder;
    Engine engine;
    Instant now{1'000'000'000};

    ServerFacts facts;
    StateView state;
    std::map<std::string, std::int32_t> partitions;  // By topic name; 1 unless said.
    std::map<std::string, std::string> topic_ids;    // By topic name; none unless said.
    std::set<std::string> missing_topics;            // Of those that the state knows.
    std::vector<std::string> topics_looked_at;
    std::int64_t max_message_bytes = 1'000'000;
    bool holds_commits = false;  // CloseBatch is not answered.
    bool holds_chunks = false;
    bool holds_topics = false;
    bool holds_schemas = false;
    bool holds_fence = false;
    bool loses_new_slot = false;      // It is gone before anybody looks.
    bool shows_positions = true;      // A clean commit is read back at once.
    bool shutting_down = false;       // What a probe finds.
    SnapshotOpened opened;            // What there is to read.
    std::vector<SnapshotTask> tasks;  // What was asked for.
    std::optional<Error> open_fails;
    std::optional<Error> start_fails;
    std::optional<Error> inspect_fails;

    std::vector<std::string> history;  // Names of executed commands, but for statuses and logs.
    std::vector<Lsn> statuses;
    std::vector<Lsn> started_at;
    std::vector<std::string> log;
    std::vector<Position> published;                // Of clean commits.
    std::vector<std::string> records;               // Values of clean commits, in order.
    std::vector<std::vector<std::string>> batches;  // The same by batch.
    std::vector<std::pair<std::string, TopicState>> topic_keys;
    std::vector<ProduceChunk> chunks;  // Not answered.
    std::optional<EnsureTopic> topic_asked;
    std::vector<EnsureSchemas> schemas_asked;  // The ids told are 100 and on.
    std::optional<Finish> finished;
    // Snapshots on demand: what was asked, to be answered by hand.
    std::vector<FindTables> finds;
    std::vector<LookAtSnapshot> looks;
    std::vector<ReadChunk> reads;
    std::vector<AnswerRequest> answers;

private:
    void execute(Command& command);
    template <class T>
    void keep(const T& command);
    Event open_snapshot(const OpenSnapshot& command);
    void open(const OpenBatch& command);
    void produce(ProduceChunk& command);
    TopicsSeen look_at(const LookAtTopics& command);
    void close(CloseBatch& command);

    std::uint32_t generation_ = 0;
    std::uint32_t next_schema_id_ = 100;
    std::deque<CloseBatch> closing_;
    std::map<BatchId, std::vector<std::string>> values_;
    std::deque<Event> events_;
    bool serving_ = false;
};

}  // namespace penstock::test
