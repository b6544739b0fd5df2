#include "sink_model.hpp"

#include <algorithm>

namespace penstock::simulation {

namespace {

bool belongs_to_batch(const Command& command) {
    return std::holds_alternative<OpenBatch>(command) ||
           std::holds_alternative<ProduceChunk>(command) ||
           std::holds_alternative<CloseBatch>(command);
}

}  // namespace

SinkModel::SinkModel(VirtualTime& time, Trace& trace, Random random, KafkaModel& kafka,
                     SinkHost& host, std::string name)
    : time_(time),
      trace_(trace),
      random_(random),
      kafka_(kafka),
      host_(host),
      name_(std::move(name)) {}

void SinkModel::die() {
    dead_ = true;
    ++life_;
    queue_.clear();
    tail_running_ = false;
}

void SinkModel::submit(Command command) {
    if (dead_) return;
    if (std::holds_alternative<FenceProducers>(command)) {
        forget_queue();
        ++life_;
        busy_ = false;
    }
    queue_.push_back(std::move(command));
    work();
}

void SinkModel::forget_queue() {
    for (Command& command : queue_) {
        if (auto* chunk = std::get_if<ProduceChunk>(&command))
            host_.give_back(std::move(chunk->records));
    }
    queue_.clear();
}

void SinkModel::work() {
    if (working_) return;
    working_ = true;
    while (!busy_ && !dead_ && !queue_.empty()) {
        Command command = std::move(queue_.front());
        queue_.pop_front();
        if (failed_ && belongs_to_batch(command)) {
            if (auto* chunk = std::get_if<ProduceChunk>(&command))
                host_.give_back(std::move(chunk->records));
            continue;
        }
        busy_ = true;
        std::visit(
            [this](auto& known) {
                if constexpr (requires { execute(known); }) execute(known);
            },
            command);
    }
    working_ = false;
}

void SinkModel::done() {
    busy_ = false;
    work();
}

// ---- the network -----------------------------------------------------------------------------

std::shared_ptr<SinkModel::Request> SinkModel::request(Exchange exchange, Answer answer) {
    auto made = std::make_shared<Request>();
    made->exchange = std::move(exchange);
    made->answer = std::move(answer);
    made->begun = time_.now();
    made->life = life_;
    return made;
}

void SinkModel::send(const std::shared_ptr<Request>& sent) {
    if (sent->life != life_ || sent->answered) return;
    if (sent->on_send) sent->on_send();
    const std::uint32_t attempt = ++sent->attempt;
    const bool held = random_.percent(link.held_percent) ||
                      (sent->end_transaction && random_.percent(link.held_end_percent));
    const Duration travel =
        held ? link.request_timeout + random_.between(Duration{0}, link.held_max) : latency();
    if (held) trace_.say(name_.c_str(), "a request is held for {} us", travel.count());
    if (!random_.percent(link.lost_request_percent)) {
        const bool reply_lost = random_.percent(link.lost_reply_percent);
        time_.after(travel, [this, sent, attempt, reply_lost] {
            if (!kafka_.up()) return;
            const KafkaReply reply = sent->exchange();
            if (reply_lost || dead_) return;
            host_.later(latency(), [this, sent, attempt, reply] {
                if (sent->attempt == attempt) receive(sent, reply);
            });
        });
    }
    host_.later(link.request_timeout, [this, sent, attempt] {
        if (sent->attempt == attempt) retry(sent, random_.between(Duration{0}, 50 * kMillisecond));
    });
}

void SinkModel::retry(const std::shared_ptr<Request>& sent, Duration delay) {
    if (sent->life != life_ || sent->answered) return;
    if (!sent->patient && time_.now() - sent->begun > kafka_.transaction_timeout) {
        sent->answered = true;
        sent->answer({KafkaCode::kTimedOut, {}});
        return;
    }
    host_.later(delay, [this, sent, attempt = sent->attempt] {
        if (sent->attempt == attempt) send(sent);
    });
}

void SinkModel::receive(const std::shared_ptr<Request>& sent, const KafkaReply& reply) {
    if (sent->life != life_ || sent->answered) return;
    if (reply.code == KafkaCode::kConcurrentTransactions) {
        retry(sent, 20 * kMillisecond);
        return;
    }
    sent->answered = true;
    sent->answer(reply);
}

void SinkModel::when_up(std::function<void()> action) {
    const std::uint64_t life = life_;
    host_.later(latency(), [this, life, action = std::move(action)] {
        if (life != life_) return;
        if (kafka_.up()) {
            action();
        } else {
            host_.later(100 * kMillisecond, [this, life, action] {
                if (life == life_) when_up(action);
            });
        }
    });
}

// ---- state and topics ------------------------------------------------------------------------

void SinkModel::answer_read(ReadDepth depth, std::size_t end, bool read_committed) {
    StateRead answer{depth, kafka_.read_state(end, read_committed)};
    if (depth == ReadDepth::kHint) answer.state.topics.clear();
    if (depth == ReadDepth::kTrue) {
        tail_running_ = true;
        tail_offset_ = end;
    }
    trace_.say(name_.c_str(), "{} read: {}", depth == ReadDepth::kHint ? "hint" : "true",
               answer.state.position
                   ? fmt::format("{:X} phase {} open {}", answer.state.position->lsn.value,
                                 static_cast<int>(answer.state.position->phase),
                                 answer.state.position->open.has_value())
                   : std::string("nothing"));
    host_.post(std::move(answer));
    done();
}

void SinkModel::execute(ReadState& command) {
    const ReadDepth depth = command.depth;
    when_up([this, depth] {
        if (depth == ReadDepth::kTrue && mutant(DoorMutant::kTrueReadUncommitted)) {
            answer_read(depth, kafka_.state_high_watermark(), false);
        } else if (depth == ReadDepth::kTrue && mutant(DoorMutant::kTruthBeforeFence)) {
            answer_read(depth, stable_before_fence_, true);
        } else if (depth == ReadDepth::kTrue) {
            true_read(kafka_.state_high_watermark(), time_.now());
        } else {
            answer_read(depth, kafka_.state_last_stable_offset(), true);
        }
    });
}

void SinkModel::true_read(std::size_t watermark, Instant begun) {
    if (kafka_.state_last_stable_offset() >= watermark) {
        answer_read(ReadDepth::kTrue, kafka_.state_last_stable_offset(), true);
        return;
    }
    if (time_.now() - begun > 3 * kafka_.transaction_timeout) {
        host_.post(KafkaFailed{generation_,
                               Error{ErrorName::kKafkaFailed,
                                     "could not read the state: the stable offset stands",
                                     {},
                                     {}},
                               false});
        done();
        return;
    }
    const std::uint64_t life = life_;
    host_.later(10 * kMillisecond, [this, life, watermark, begun] {
        if (life == life_) true_read(watermark, begun);
    });
}

void SinkModel::execute(EnsureStateTopic&) {
    when_up([this] {
        kafka_.create_state_topic();
        host_.post(StateTopicReady{});
        done();
    });
}

void SinkModel::execute(EnsureTopic& command) {
    const std::uint64_t life = life_;
    host_.later(
        random_.between(Duration{0}, link.topic_delay_max),
        [this, life, topic = command.topic, name = command.name] {
            if (life != life_) return;
            when_up([this, topic, name] {
                const std::uint32_t number = kafka_.ensure_topic(name, partitions_of_new_topics);
                trace_.say(name_.c_str(), "topic {} is there", name);
                topics_[topic] = number;
                const KafkaTopic& there = kafka_.topics()[number];
                host_.post(TopicReady{topic, static_cast<std::int32_t>(there.partitions.size()),
                                      max_message_bytes, there.id()});
                done();
            });
        });
}

void SinkModel::execute(LookAtTopics& command) {
    when_up([this, names = command.names] {
        TopicsSeen seen;
        for (const KafkaTopic& topic : kafka_.topics()) {
            if (!topic.exists || std::find(names.begin(), names.end(), topic.name) == names.end())
                continue;
            seen.topics[topic.name] = {static_cast<std::int32_t>(topic.partitions.size()),
                                       topic.id()};
        }
        host_.post(std::move(seen));
        done();
    });
}

void SinkModel::state_readable() {
    if (!tail_running_ || tail_scheduled_) return;
    tail_scheduled_ = true;
    host_.later(random_.between(Duration{0}, link.tail_delay_max), [this] {
        tail_scheduled_ = false;
        poll_tail();
    });
}

void SinkModel::poll_tail() {
    if (!tail_running_ || !kafka_.up() || !kafka_.state_topic_exists()) return;
    const bool committed = !mutant(DoorMutant::kVisibleUncommitted);
    const std::size_t end =
        committed ? kafka_.state_last_stable_offset() : kafka_.state_high_watermark();
    const auto found = kafka_.last_position(end, committed);
    if (!found || found->first < tail_offset_) return;
    tail_offset_ = found->first + 1;
    host_.post(PositionVisible{found->second});
}

}  // namespace penstock::simulation
