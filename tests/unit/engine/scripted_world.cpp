#include "unit/engine/scripted_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace penstock::test {
namespace {

template <class T>
constexpr const char* kName = nullptr;
template <>
constexpr const char* kName<InspectServer> = "inspect";
template <>
constexpr const char* kName<StartReplication> = "start";
template <>
constexpr const char* kName<CreateSlot> = "create slot";
template <>
constexpr const char* kName<DropSlot> = "drop slot";
template <>
constexpr const char* kName<TerminateHolder> = "terminate holder";
template <>
constexpr const char* kName<ProbeShutdown> = "probe";
template <>
constexpr const char* kName<EnsureStateTopic> = "state topic";
template <>
constexpr const char* kName<FenceProducers> = "fence";
template <>
constexpr const char* kName<EnsureTopic> = "topic";
template <>
constexpr const char* kName<LookAtTopics> = "topics";
template <>
constexpr const char* kName<EnsureSchemas> = "schemas";
template <>
constexpr const char* kName<OpenBatch> = "open";
template <>
constexpr const char* kName<ProduceChunk> = "produce";
template <>
constexpr const char* kName<AbortBatch> = "abort";
template <>
constexpr const char* kName<FindTables> = "find";
template <>
constexpr const char* kName<LookAtSnapshot> = "look";
template <>
constexpr const char* kName<ReadChunk> = "read";
template <>
constexpr const char* kName<AnswerRequest> = "answer";
template <>
constexpr const char* kName<Finish> = "finish";

}  // namespace

Result<std::string> FakeEncoder::topic_of(const Relation& relation) const {
    std::string name = relation.schema + "." + relation.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

Status FakeEncoder::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    routes[relation->id] = route;
    return {};
}

void FakeEncoder::add(std::uint32_t relation_id, std::string_view value, RecordBuffer& out) {
    const auto route = routes.find(relation_id);
    add_to(route != routes.end() ? route->second.topic : 0, value, out);
}

void FakeEncoder::add_to(TopicId topic, std::string_view value, RecordBuffer& out) {
    Record record;
    record.topic = topic;
    record.value_size = static_cast<std::uint32_t>(value.size());
    record.value_offset = out.append(value);
    out.add(record);
}

Status FakeEncoder::route(const std::string& topic, const TopicRoute& route) {
    topic_routes[topic] = route;
    return {};
}

Status FakeEncoder::begin_transaction(const RowContext& context, RecordBuffer& out) {
    contexts.push_back(context);
    counted_ = 0;
    add(0, "begin", out);
    return {};
}

Status FakeEncoder::end_transaction(const RowContext& context, RecordBuffer& out) {
    contexts.push_back(context);
    add(0, "end " + std::to_string(counted_), out);
    return {};
}

Status FakeEncoder::encode_heartbeat(WallTime, RecordBuffer& out) {
    add(0, "heartbeat", out);
    return {};
}

Status FakeEncoder::encode_to(const std::string& topic, RecordBuffer& out) {
    const auto route = topic_routes.find(topic);
    if (route == topic_routes.end() || wants_again) {
        wanted_ = WantedTopic{topic};
        return {};
    }
    ++counted_;
    add_to(route->second.topic, "to " + topic, out);
    return {};
}

Status FakeEncoder::encode(const ChangeFrame& change, const RowContext& context,
                           RecordBuffer& out) {
    contexts.push_back(context);
    seen.push_back(change);
    if (change.after.starts_with("to ")) return encode_to(std::string(change.after.substr(3)), out);
    ++counted_;
    if (change.after == "filtered") return {};
    if (change.after == "key update") {
        add(change.relation_id, "delete", out);
        add(change.relation_id, "tombstone", out);
        add(change.relation_id, "create", out);
        return {};
    }
    add(change.relation_id, change.after, out);
    if (change.after == "refused" || (!refuses.empty() && change.after == refuses))
        return fail(ErrorName::kIdentityInsufficient, "refused");
    return {};
}

Status FakeEncoder::encode_truncate(std::uint32_t relation_id, const TruncateFrame&,
                                    const RowContext& context, RecordBuffer& out) {
    contexts.push_back(context);
    ++counted_;
    add(relation_id, "truncate " + std::to_string(relation_id), out);
    return {};
}

Status FakeEncoder::encode_message(const MessageFrame& message, const RowContext& context,
                                   RecordBuffer& out) {
    contexts.push_back(context);
    ++counted_;
    add(0, message.content, out);
    return {};
}

EngineOptions ScriptedWorld::default_options() {
    EngineOptions options;
    options.slot = "orders";
    options.instance = 42;
    options.configuration_hash = 11;
    options.selection_hash = 12;
    options.receive_timeout = Duration(3'600'000'000);  // This server answers no status.
    return options;
}

ScriptedWorld::ScriptedWorld(EngineOptions with) : options(with), engine(with, encoder) {
    facts.system_identifier = 900;
    facts.timeline = 1;
    facts.database_oid = 16384;
    facts.database = "shop";
    facts.version_num = 150020;
    facts.wal_insert_lsn = 1'000'000_lsn;
    facts.wal_sender_timeout = 60'000_ms;
}

Position ScriptedWorld::position(Lsn lsn, std::uint64_t sequence) {
    Position position;
    position.system_identifier = 900;
    position.database_oid = 16384;
    position.timeline = 1;
    position.phase = Phase::kStreaming;
    position.lsn = lsn;
    position.instance = 41;
    position.configuration_hash = 11;
    position.selection_hash = 12;
    position.sequence = sequence;
    return position;
}

SlotFacts ScriptedWorld::slot(Lsn confirmed) {
    SlotFacts slot;
    slot.plugin = "penstock";
    slot.database = "shop";
    slot.held = true;
    slot.restart_lsn = confirmed;
    slot.confirmed_flush_lsn = confirmed;
    slot.wal_status = "reserved";
    return slot;
}

void ScriptedWorld::has_streamed_to(Lsn lsn) {
    state.topic_exists = true;
    state.position = position(lsn);
    facts.slot = slot(lsn);
}

void ScriptedWorld::start() {
    engine.start(now);
    serve();
}

void ScriptedWorld::stream_from(Lsn lsn) {
    has_streamed_to(lsn);
    start();
    ASSERT_EQ(engine.statistics().phase, "streaming");
    pass(1000_ms);
    history.clear();
    statuses.clear();
    published.clear();
}

void ScriptedWorld::handle(Event event) {
    events_.push_back(std::move(event));
    serve();
}

// Commands and events feed each other until both are silent.
void ScriptedWorld::serve() {
    if (serving_) return;
    serving_ = true;
    for (;;) {
        std::vector<Command> commands = engine.drain_outbox();
        for (Command& command : commands) execute(command);
        if (events_.empty() && commands.empty()) break;
        if (events_.empty()) continue;
        Event event = std::move(events_.front());
        events_.pop_front();
        engine.handle(std::move(event), now);
    }
    serving_ = false;
}

void ScriptedWorld::pass(Duration passed) {
    const Instant until = now + passed;
    for (int ticks = 0; ticks < 10'000; ++ticks) {
        const std::optional<Instant> deadline = engine.next_deadline();
        if (!deadline || *deadline > until) break;
        now = std::max(now, *deadline);
        handle(Tick{});
    }
    const std::optional<Instant> left = engine.next_deadline();
    EXPECT_TRUE(!left || *left > until) << "a deadline does not pass";
    now = until;
}

void ScriptedWorld::execute(Command& command) {
    std::visit(
        [&](auto& concrete) {
            using T = std::decay_t<decltype(concrete)>;
            if constexpr (kName<T> != nullptr) history.emplace_back(kName<T>);
            const auto answer = [&](Event event) { events_.push_back(std::move(event)); };
            if constexpr (std::is_same_v<T, InspectServer>) {
                if (inspect_fails) return answer(PostgresFailed{*inspect_fails});
                answer(ServerInspected{facts});
            } else if constexpr (std::is_same_v<T, StartReplication>) {
                started_at.push_back(concrete.at);
                if (start_fails) return answer(PostgresFailed{*start_fails});
                answer(ReplicationStarted{});
            } else if constexpr (std::is_same_v<T, CreateSlot>) {
                if (!loses_new_slot) facts.slot = slot(facts.wal_insert_lsn);
                answer(SlotCreated{facts.wal_insert_lsn});
            } else if constexpr (std::is_same_v<T, DropSlot>) {
                facts.slot.reset();
                answer(SlotDropped{});
            } else if constexpr (std::is_same_v<T, TerminateHolder>) {
                answer(HolderTerminated{});
            } else if constexpr (std::is_same_v<T, SendStatus>) {
                statuses.push_back(concrete.confirmed);
            } else if constexpr (std::is_same_v<T, ClosePostgres>) {
                history.emplace_back(concrete.copy_done ? "copy done" : "close");
            } else if constexpr (std::is_same_v<T, ProbeShutdown>) {
                answer(ServerProbed{shutting_down});
            } else if constexpr (std::is_same_v<T, OpenSnapshot>) {
                answer(open_snapshot(concrete));
            } else if constexpr (std::is_same_v<T, ReadSnapshot>) {
                tasks = concrete.tasks;
            } else if constexpr (std::is_same_v<T, CloseSnapshot>) {
                history.emplace_back("close snapshot");
            } else if constexpr (std::is_same_v<T, ReadState>) {
                const bool hint = concrete.depth == ReadDepth::kHint;
                history.emplace_back(hint ? "hint" : "true read");
                answer(StateRead{concrete.depth, state});
            } else if constexpr (std::is_same_v<T, EnsureStateTopic>) {
                state.topic_exists = true;
                answer(StateTopicReady{});
            } else if constexpr (std::is_same_v<T, FenceProducers>) {
                generation_ = concrete.generation;
                closing_.clear();
                chunks.clear();
                if (!holds_fence) answer(ProducersFenced{generation_});
            } else if constexpr (std::is_same_v<T, EnsureTopic>) {
                topic_asked = concrete;
                if (holds_topics) return;
                const auto known = partitions.find(concrete.name);
                answer(TopicReady{concrete.topic, known == partitions.end() ? 1 : known->second,
                                  max_message_bytes, topic_ids[concrete.name]});
            } else if constexpr (std::is_same_v<T, LookAtTopics>) {
                answer(look_at(concrete));
            } else if constexpr (std::is_same_v<T, EnsureSchemas>) {
                schemas_asked.push_back(concrete);
                if (!holds_schemas) answer(schema_ids(concrete));
            } else if constexpr (std::is_same_v<T, OpenBatch>) {
                values_[concrete.batch];
            } else if constexpr (std::is_same_v<T, ProduceChunk>) {
                produce(concrete);
            } else if constexpr (std::is_same_v<T, CloseBatch>) {
                close(concrete);
            } else if constexpr (std::is_same_v<T, Finish>) {
                finished = concrete;
            } else {
                keep(concrete);
            }
        },
        command);
}

// Has no answer, or is answered by hand.
template <class T>
void ScriptedWorld::keep(const T& command) {
    if constexpr (std::is_same_v<T, LogLine>) {
        log.push_back(command.event);
    } else if constexpr (std::is_same_v<T, FindTables>) {
        finds.push_back(command);
    } else if constexpr (std::is_same_v<T, LookAtSnapshot>) {
        looks.push_back(command);
    } else if constexpr (std::is_same_v<T, ReadChunk>) {
        reads.push_back(command);
    } else if constexpr (std::is_same_v<T, AnswerRequest>) {
        answers.push_back(command);
    }
}

Event ScriptedWorld::open_snapshot(const OpenSnapshot& command) {
    history.emplace_back(command.resumed ? "reopen snapshot" : "open snapshot");
    if (open_fails) return PostgresFailed{*open_fails};
    opened.resumed = command.resumed.has_value();
    return opened;
}

TopicsSeen ScriptedWorld::look_at(const LookAtTopics& command) {
    topics_looked_at = command.names;
    TopicsSeen seen;
    for (const std::string& name : command.names) {
        if (missing_topics.contains(name)) continue;
        const auto known = partitions.find(name);
        seen.topics[name] = {known == partitions.end() ? 1 : known->second, topic_ids[name]};
    }
    return seen;
}

SchemasReady ScriptedWorld::schema_ids(const EnsureSchemas& command) {
    SchemasReady ready{command.ticket, {}};
    for (std::size_t index = 0; index < command.schemas.size(); ++index) {
        ready.ids.push_back(next_schema_id_++);
    }
    return ready;
}

void ScriptedWorld::produce(ProduceChunk& command) {
    const RecordBuffer& buffer = *command.records;
    for (const Record& record : buffer.records()) {
        values_.at(command.batch).emplace_back(buffer.view(record.value_offset, record.value_size));
    }
    if (holds_chunks) {
        chunks.push_back(std::move(command));
        return;
    }
    events_.push_back(ChunkDone{generation_, buffer.size_bytes()});
    engine.recycle(std::move(command.records));
}

void ScriptedWorld::close(CloseBatch& command) {
    history.emplace_back(command.position.open ? "close piece" : "close batch");
    closing_.push_back(std::move(command));
    if (!holds_commits) close_batch();
}

void ScriptedWorld::close_batch(bool clean, std::optional<Error> error) {
    ASSERT_FALSE(closing_.empty());
    const CloseBatch batch = std::move(closing_.front());
    closing_.pop_front();
    if (clean) {
        state.position = batch.position;
        for (const auto& [name, topic] : batch.topics) state.topics[name] = topic;
        topic_keys.insert(topic_keys.end(), batch.topics.begin(), batch.topics.end());
        for (const auto& [oid, table] : batch.snapshots) state.snapshots[oid] = table;
        state.snapshot_keys = static_cast<std::uint32_t>(state.snapshots.size());
        published.push_back(batch.position);
        batches.push_back(values_.at(batch.batch));
        records.insert(records.end(), batches.back().begin(), batches.back().end());
    }
    events_.push_back(BatchClosed{generation_, batch.batch, clean, std::move(error)});
    if (clean && shows_positions) events_.push_back(PositionVisible{batch.position});
    serve();
}

void ScriptedWorld::take(const Frame& frame) {
    ASSERT_TRUE(engine.wants_frames());
    engine.take(frame, now, WallTime{});
    serve();
}

void ScriptedWorld::relation(std::uint32_t id, const std::string& name, std::uint32_t oid) {
    auto relation = std::make_shared<Relation>();
    relation->id = id;
    relation->oid = oid == 0 ? 16000 + id : oid;
    relation->schema = "public";
    relation->name = name;
    relation->columns.push_back({});
    relation->columns.back().attnum = 1;
    relation->columns.back().name = "price";
    take(RelationFrame{relation});
}

void ScriptedWorld::begin(std::uint32_t xid, Lsn commit_lsn, Lsn end_lsn) {
    BeginFrame begin;
    begin.xid = Xid{xid};
    begin.first_lsn = Lsn{commit_lsn.value - 4};
    begin.commit_lsn = commit_lsn;
    begin.end_lsn = end_lsn;
    take(begin);
}

void ScriptedWorld::change(std::string_view value, std::uint32_t relation_id) {
    ChangeFrame change;
    change.relation_id = relation_id;
    change.lsn_delta = 1;
    change.operation = Operation::kInsert;
    change.has_after = true;
    change.after = value;
    take(change);
}

void ScriptedWorld::commit(Lsn end_lsn, std::uint64_t sent) {
    take(CommitFrame{end_lsn, sent, sent});
}

void ScriptedWorld::message(Lsn lsn, std::string_view content) {
    MessageFrame message;
    message.lsn = lsn;
    message.content = content;
    take(message);
}

void ScriptedWorld::transaction(std::uint32_t xid, Lsn commit_lsn,
                                const std::vector<std::string>& values) {
    const Lsn end{commit_lsn.value + 8};
    begin(xid, commit_lsn, end);
    for (const std::string& value : values) change(value);
    commit(end, values.size());
}

std::size_t ScriptedWorld::count(const std::string& name) const {
    return static_cast<std::size_t>(std::count(history.begin(), history.end(), name));
}

bool ScriptedWorld::finished_with(ErrorName name) const {
    return finished && finished->error && finished->error->name == name;
}

}  // namespace penstock::test
