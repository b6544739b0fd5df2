#include "process_model.hpp"

#include <algorithm>

namespace penstock::simulation {

namespace {

bool is_statement(const Command& command) {
    return std::holds_alternative<InspectServer>(command) ||
           std::holds_alternative<StartReplication>(command) ||
           std::holds_alternative<CreateSlot>(command) ||
           std::holds_alternative<DropSlot>(command) ||
           std::holds_alternative<TerminateHolder>(command) ||
           std::holds_alternative<ProbeShutdown>(command);
}

bool is_for_reader(const Command& command) {
    return std::holds_alternative<FindTables>(command) ||
           std::holds_alternative<LookAtSnapshot>(command) ||
           std::holds_alternative<ReadChunk>(command);
}

Event failed(const ServerRefusal& refusal) {
    return PostgresFailed{Error{refusal.name, refusal.reason, {}, {}}};
}

}  // namespace

Process::Process(Universe universe, Random random, ProcessOptions options, std::string name)
    : universe_(std::move(universe)),
      random_(random),
      options_(std::move(options)),
      name_(std::move(name)),
      engine_(std::make_unique<Engine>(options_.engine, encoder_)),
      sink_(std::make_unique<SinkModel>(universe_.time, universe_.trace, random_.fork(),
                                        universe_.kafka, *this, name_)) {
    reader_ = std::make_unique<ChunkReaderModel>(universe_.time, universe_.trace, random_.fork(),
                                                 universe_.postgres, *this);
    reader_->link = options_.reader_link;
    sink_->link = options_.kafka_link;
    sink_->partitions_of_new_topics = options_.partitions;
    sink_->max_message_bytes = options_.max_message_bytes;
}

Process::~Process() = default;

void Process::start() {
    universe_.trace.say(name_.c_str(), "starts");
    engine_->start(universe_.time.now());
    take_commands();
    wake();
}

void Process::kill(bool half_open) {
    if (dead_) return;
    universe_.trace.say(name_.c_str(), "killed{}", half_open ? ", the server does not hear" : "");
    dead_ = true;
    sink_->die();
    reader_->die();
    if (connection_) connection_->client_gone(half_open);
    connection_.reset();
}

void Process::pause() {
    if (!running() || paused_) return;
    universe_.trace.say(name_.c_str(), "stopped (SIGSTOP)");
    paused_ = true;
    was_paused_ = true;
}

void Process::resume() {
    if (!paused_) return;
    universe_.trace.say(name_.c_str(), "continued (SIGCONT)");
    paused_ = false;
    for (auto& action : std::exchange(stalled_, {})) {
        if (!dead_) action();
    }
    wake();
}

void Process::request_stop() {
    if (!running()) return;
    universe_.trace.say(name_.c_str(), "asked to stop");
    stop_requested_at_ = universe_.time.now();
    inbox_.emplace_back(StopRequested{});
    wake();
}

void Process::request(SnapshotRequest request) {
    if (!running()) return;
    ++requests_waiting_;
    inbox_.emplace_back(std::move(request));
    wake();
}

// What is accepted is in Kafka for good.
void Process::answered(const AnswerRequest& answer) {
    --requests_waiting_;
    if (!answer.report) {
        universe_.trace.say(name_.c_str(), "request {} refused: {}", answer.client,
                            answer.report.error().message);
        return;
    }
    universe_.trace.say(name_.c_str(), "request {} accepted", answer.client);
    if (universe_.accepted) universe_.accepted(answer.client);
}

// ---- SinkHost ----------------------------------------------------------------------------------

void Process::later(Duration delay, VirtualTime::Action action) {
    universe_.time.after(delay, [this, action = std::move(action)]() mutable {
        if (dead_) return;
        if (paused_) {
            stalled_.push_back(std::move(action));
        } else {
            action();
        }
    });
}

void Process::post(Event event) {
    // The queue between the threads keeps the order; the engine's thread looks when it gets to it.
    last_post_ =
        std::max(last_post_, universe_.time.now() + random_.between(Duration{0}, Duration{300}));
    later(last_post_ - universe_.time.now(), [this, event = std::move(event)] {
        inbox_.push_back(event);
        wake();
    });
}

void Process::give_back(std::unique_ptr<RecordBuffer> buffer) {
    if (running()) engine_->recycle(std::move(buffer));
}

// ---- the engine's thread -----------------------------------------------------------------------

void Process::wake() {
    if (serving_ || busy_ || paused_ || !running()) return;
    serving_ = true;
    std::size_t budget = options_.frames_per_slice;
    while (budget > 0 && !busy_ && running() && serve_one()) --budget;
    serving_ = false;
    if (!running() || busy_) return;
    if (budget == 0) {
        later(Duration{20}, [this] { wake(); });
        return;
    }
    arm_timer();
}

bool Process::serve_one() {
    if (!commands_.empty()) {
        Command command = std::move(commands_.front());
        commands_.pop_front();
        execute(command);
        return true;
    }
    auto& events = answers_.empty() ? inbox_ : answers_;
    if (!events.empty()) {
        Event event = std::move(events.front());
        events.pop_front();
        handle(std::move(event));
        return true;
    }
    const auto deadline = engine_->next_deadline();
    if (deadline && *deadline <= universe_.time.now()) {
        ticks_at_once_ = last_tick_ == universe_.time.now() ? ticks_at_once_ + 1 : 0;
        last_tick_ = universe_.time.now();
        if (ticks_at_once_ > 100) {
            universe_.violated("the engine spins: its deadline stays in the past");
            return false;
        }
        handle(Tick{});
        return true;
    }
    return pump();
}

void Process::arm_timer() {
    const auto deadline = engine_->next_deadline();
    if (!deadline) return;
    if (timer_at_ && *timer_at_ <= *deadline && *timer_at_ > universe_.time.now()) return;
    timer_at_ = *deadline;
    later(*deadline - universe_.time.now(), [this, at = *deadline] {
        if (timer_at_ == at) timer_at_.reset();
        wake();
    });
}

void Process::take_commands() {
    for (Command& command : engine_->drain_outbox()) commands_.push_back(std::move(command));
}

void Process::note_event(const Event& event) {
    if (const auto* visible = std::get_if<PositionVisible>(&event)) {
        proven_ = std::max(proven_, visible->position.lsn);
    } else if (const auto* read = std::get_if<StateRead>(&event)) {
        if (read->state.position) proven_ = std::max(proven_, read->state.position->lsn);
    } else if (const auto* chunk = std::get_if<ChunkDone>(&event)) {
        window_bytes_ -= std::min(window_bytes_, chunk->bytes);
    }
}

void Process::handle(Event event) {
    note_event(event);
    engine_->handle(std::move(event), universe_.time.now());
    take_commands();
}

void Process::execute(Command& command) {
    if (is_statement(command)) {
        execute_statement(command);
    } else if (const auto* status = std::get_if<SendStatus>(&command)) {
        send_status(*status);
    } else if (const auto* close = std::get_if<ClosePostgres>(&command)) {
        if (close->copy_done && connection_) {
            close_gracefully();
        } else {
            close_connection();
        }
    } else if (auto* over = std::get_if<Finish>(&command)) {
        finish(*over);
    } else if (is_for_reader(command)) {
        reader_->submit(std::move(command));
    } else if (const auto* answer = std::get_if<AnswerRequest>(&command)) {
        answered(*answer);
    } else if (const auto* schemas = std::get_if<EnsureSchemas>(&command)) {
        answer_schemas(*schemas);
    } else if (const auto* line = std::get_if<LogLine>(&command)) {
        if (universe_.trace.on()) {
            std::string text = line->event;
            for (const auto& [key, value] : line->values) text += " " + key + "=" + value;
            universe_.trace.say(name_.c_str(), "log: {}", text);
        }
    } else {
        if (const auto* chunk = std::get_if<ProduceChunk>(&command)) check_window(*chunk);
        if (const auto* closed = std::get_if<CloseBatch>(&command)) {
            const bool old =
                universe_.time.now() - begun_at_ >= options_.engine.large_transaction_age;
            if (closed->position.open && begun_end_ && old) slow_.push_back(begun_end_);
        }
        if (std::holds_alternative<FenceProducers>(command)) window_bytes_ = 0;
        sink_->submit(std::move(command));
    }
}

// The registry: beside Kafka and as far away.
void Process::answer_schemas(const EnsureSchemas& command) {
    const KafkaLink& link = sink_->link;
    universe_.trace.say(name_.c_str(), "asks for {} schemas", command.schemas.size());
    Event answer = SchemasFailed{Error{ErrorName::kKafkaUnreachable, "no registry answers", {}, {}},
                                 command.ticket};
    const bool away = random_.percent(link.failed_schema_percent);
    const bool remembered = std::all_of(command.schemas.begin(), command.schemas.end(),
                                        [](const auto& schema) { return schema.remembered; });
    if (!away || remembered) {
        SchemasReady ready{command.ticket, {}};
        for (const SchemaText& schema : command.schemas) {
            if (schema.remembered && *schema.remembered != schema_id(schema)) {
                universe_.violated("the state remembers a schema by another one's id");
            }
            ready.ids.push_back(away ? *schema.remembered : schema_id(schema));
        }
        answer = std::move(ready);
    }
    later(random_.between(Duration{0}, link.topic_delay_max),
          [this, answer = std::move(answer)] { post(answer); });
}

void Process::check_window(const ProduceChunk& chunk) {
    window_bytes_ += chunk.records->size_bytes();
    // The rows of a chunk go out as one, behind whatever was there.
    const std::size_t chunk_of_rows = kKeyCount * (sizeof(DataPayload) + 64);
    const std::size_t allowed =
        options_.engine.window_bytes_max + options_.engine.chunk_bytes + chunk_of_rows + 4096;
    if (window_bytes_ > allowed)
        universe_.violated(fmt::format("I7: {} bytes in the window, {} allowed", window_bytes_,
                                       options_.engine.window_bytes_max));
}

void Process::finish(Finish& over) {
    outcome_ = std::move(over.error);
    finished_at_ = universe_.time.now();
    universe_.trace.say(name_.c_str(), "finished: {}",
                        *outcome_ ? to_text(**outcome_) : std::string("clean"));
    commands_.clear();
    sink_->die();
    reader_->die();
    if (connection_) connection_->client_gone(false);
    connection_.reset();
}

// ---- PostgreSQL --------------------------------------------------------------------------------

void Process::execute_statement(const Command& command) {
    busy_ = true;
    // The server does its part at some instant in between, whether or not we live to hear of it.
    std::function<Event()> statement;
    if (std::holds_alternative<InspectServer>(command)) {
        statement = [this]() -> Event {
            auto facts = universe_.postgres.inspect(connection_.get());
            if (!facts) return failed(facts.error());
            return ServerInspected{std::move(*facts)};
        };
    } else if (const auto* start = std::get_if<StartReplication>(&command)) {
        statement = [this, at = start->at]() -> Event {
            if (dead_) return Tick{};
            auto started = universe_.postgres.start_replication(at);
            if (!started) return failed(started.error());
            connection_ = *started;
            connection_->link = options_.postgres_link;
            connection_->on_arrival = [this] { wake(); };
            connection_->on_lost = [this](const ServerRefusal& why) {
                lost_ = why;
                wake();
            };
            lost_.reset();
            drained_told_ = false;
            frames_ = std::make_unique<FrameMaker>(
                universe_.postgres, static_cast<std::uint32_t>(1 + connections_++ % 4));
            return ReplicationStarted{};
        };
    } else if (std::holds_alternative<CreateSlot>(command)) {
        statement = [this]() -> Event {
            const auto created = universe_.postgres.create_slot();
            if (!created) return failed(created.error());
            return SlotCreated{*created};
        };
    } else if (std::holds_alternative<DropSlot>(command)) {
        statement = [this]() -> Event {
            const auto dropped = universe_.postgres.drop_slot();
            if (!dropped) return failed(dropped.error());
            return SlotDropped{};
        };
    } else if (std::holds_alternative<TerminateHolder>(command)) {
        statement = [this]() -> Event {
            const auto terminated = universe_.postgres.terminate_holder();
            if (!terminated) return failed(terminated.error());
            return HolderTerminated{};
        };
    } else {
        statement = [this]() -> Event {
            return ServerProbed{universe_.postgres.refuses_with_shutdown()};
        };
    }
    run_statement(std::move(statement));
}

void Process::run_statement(std::function<Event()> statement) {
    const Duration there = random_.between(Duration{50}, options_.statement_max);
    const Duration back = random_.between(Duration{50}, options_.statement_max);
    universe_.time.after(there, [this, back, statement = std::move(statement)] {
        Event answer = statement();
        later(back, [this, answer = std::move(answer)] {
            busy_ = false;
            if (std::holds_alternative<PostgresFailed>(answer)) close_connection();
            answers_.push_back(answer);
            wake();
        });
    });
}

// CopyDone, and the server's answer to it, for which the engine's thread waits a second at most.
void Process::close_gracefully() {
    busy_ = true;
    const std::uint64_t closing = ++closing_;
    const auto closed = [this, closing] {
        if (closing_ != closing) return;
        ++closing_;
        busy_ = false;
        close_connection();
        wake();
    };
    connection_->on_arrival = nullptr;
    connection_->on_lost = [this, closed](const ServerRefusal&) { later(Duration{0}, closed); };
    connection_->send_copy_done();
    later(kSecond, closed);
}

void Process::close_connection() {
    begun_end_ = Lsn{};
    lost_.reset();
    drained_told_ = true;
    if (!connection_) return;
    if (mutant(DoorMutant::kOldConnectionFrames)) {
        while (const WireItem* item = connection_->front()) {
            left_over_.push_back(*item);
            connection_->pop();
        }
    }
    connection_->client_gone(false);
    connection_.reset();
}

void Process::send_status(const SendStatus& status) {
    if (!connection_) return;
    if (status.confirmed > proven_)
        universe_.violated(fmt::format("I4: {:X} is confirmed and was never read back, {:X} was",
                                       status.confirmed.value, proven_.value));
    if (lost_ && random_.percent(50)) {
        const ServerRefusal why = *lost_;
        close_connection();
        answers_.push_back(failed(why));
        return;
    }
    connection_->send_status(status.confirmed, status.reply_requested);
}

bool Process::pump() {
    if (!connection_) return false;
    if (mutant(DoorMutant::kKeepaliveOvertakes)) {
        if (const auto keepalive = connection_->take_keepalive()) {
            handle(Keepalive{keepalive->wal_end, keepalive->reply_requested});
            return true;
        }
    }
    if (!engine_->wants_frames()) {
        const WireItem* item = connection_->front();
        const bool lose = mutant(DoorMutant::kRestOfBatchLost) && item != nullptr &&
                          item->kind == WireItem::Kind::kItem;
        if (lose) connection_->pop();
        return lose;
    }
    if (!left_over_.empty()) {
        const WireItem item = std::move(left_over_.front());
        left_over_.pop_front();
        take(item);
        return true;
    }
    if (const WireItem* arrived = connection_->front()) {
        const WireItem item = *arrived;
        connection_->pop();
        drained_told_ = false;
        take(item);
        return true;
    }
    if (lost_) {
        const ServerRefusal why = *lost_;
        close_connection();
        handle(failed(why));
        return true;
    }
    if (drained_told_) return false;
    drained_told_ = true;
    handle(SocketDrained{});
    return true;
}

void Process::take(const WireItem& item) {
    const Instant now = universe_.time.now();
    if (item.kind == WireItem::Kind::kKeepalive) {
        handle(Keepalive{item.wal_end, item.reply_requested});
        return;
    }
    if (item.kind == WireItem::Kind::kBegin) {
        begun_at_ = now;
        begun_end_ = item.transaction->end_lsn;
    }
    engine_->take(frames_->make(item), now, WallTime(now) + std::chrono::hours(24 * 365 * 50));
    if (item.kind == WireItem::Kind::kCommit) begun_end_ = Lsn{};
    if (item.kind == WireItem::Kind::kCommit || item.kind == WireItem::Kind::kFreeMessage)
        received_ = item.transaction->end_lsn;
    take_commands();
}

}  // namespace penstock::simulation
