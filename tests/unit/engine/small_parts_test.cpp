// The parts of a page: turns of the producers, shutdown watch, failure policy, ledger.
#include <gtest/gtest.h>

#include "engine/batch_ledger.hpp"
#include "engine/failure_policy.hpp"
#include "engine/producer_turns.hpp"
#include "engine/shutdown_watch.hpp"

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Producer = ProducerTurns::Producer;

TEST(ProducerTurns, nothing_begins_before_both_are_fenced) {
    ProducerTurns turns;
    EXPECT_TRUE(turns.spent());
    EXPECT_FALSE(turns.may_begin());
    turns.fenced();
    EXPECT_TRUE(turns.may_begin());
}

TEST(ProducerTurns, take_turns_after_each_clean_commit) {
    ProducerTurns turns;
    turns.fenced();
    for (const Producer expected : {Producer::kA, Producer::kB, Producer::kA}) {
        EXPECT_EQ(turns.turn(), expected);
        turns.began();
        turns.committing();
        EXPECT_TRUE(turns.committed(true, 1).clean);
    }
}

TEST(ProducerTurns, second_does_not_begin_while_the_first_is_open_or_committing) {
    ProducerTurns turns;
    turns.fenced();
    turns.began();
    EXPECT_FALSE(turns.may_begin());
    turns.committing();
    EXPECT_FALSE(turns.may_begin());
}

TEST(ProducerTurns, commit_is_clean_with_ok_and_exactly_one_end_txn) {
    const auto verdict = [](bool ok, unsigned requests) {
        ProducerTurns turns;
        turns.fenced();
        turns.began();
        turns.committing();
        const bool clean = turns.committed(ok, requests).clean;
        EXPECT_EQ(turns.spent(), !clean);
        EXPECT_EQ(turns.may_begin(), clean);
        return clean;
    };
    EXPECT_TRUE(verdict(true, 1));
    EXPECT_FALSE(verdict(true, 0));
    EXPECT_FALSE(verdict(true, 2));
    EXPECT_FALSE(verdict(false, 1));
}

TEST(ProducerTurns, neither_is_used_after_a_failure_until_both_are_new) {
    ProducerTurns turns;
    turns.fenced();
    turns.began();
    turns.failed();
    EXPECT_FALSE(turns.may_begin());
    turns.committing();
    EXPECT_FALSE(turns.committed(true, 1).clean);
    turns.fenced();
    EXPECT_TRUE(turns.may_begin());
    EXPECT_EQ(turns.turn(), Producer::kA);
}

TEST(ProducerTurns, begin_out_of_turn_spends_both) {
    ProducerTurns turns;
    turns.fenced();
    turns.began();
    turns.began();
    EXPECT_TRUE(turns.spent());
}

TEST(ShutdownWatch, three_questions_at_one_position_each_after_our_answer) {
    ShutdownWatch watch;
    watch.asked(Lsn{5}, 1s);
    watch.answered(1s);
    watch.asked(Lsn{5}, 1001ms);
    watch.answered(1001ms);
    EXPECT_FALSE(watch.since());
    watch.asked(Lsn{5}, 1002ms);
    EXPECT_EQ(watch.since(), 1002ms);
}

TEST(ShutdownWatch, question_without_our_answer_before_it_begins_anew) {
    ShutdownWatch watch;
    for (int n = 0; n < 10; ++n) watch.asked(Lsn{5}, 1s);
    EXPECT_FALSE(watch.since());
}

TEST(ShutdownWatch, moving_position_and_late_questions_begin_anew) {
    ShutdownWatch moving;
    for (std::uint64_t n = 0; n < 10; ++n) {
        moving.asked(Lsn{n}, 1s);
        moving.answered(1s);
    }
    EXPECT_FALSE(moving.since());
    ShutdownWatch late;
    for (int n = 0; n < 10; ++n) {
        late.asked(Lsn{5}, n * 1s);
        late.answered(n * 1s);
    }
    EXPECT_FALSE(late.since());
}

TEST(ShutdownWatch, probes_once_a_second_while_frames_are_not_wanted) {
    ShutdownWatch watch;
    watch.reading(true, 1s);
    EXPECT_FALSE(watch.probe_at());
    watch.reading(false, 2s);
    EXPECT_EQ(watch.probe_at(), 3s);
    watch.probed(false, 3s);
    EXPECT_EQ(watch.probe_at(), 4s);
    watch.reading(true, 3500ms);
    EXPECT_FALSE(watch.probe_at());
    watch.probed(true, 4s);
    EXPECT_EQ(watch.since(), 4s);
    watch.reset();
    EXPECT_FALSE(watch.since());
}

TEST(FailurePolicy, class_decides_and_a_fencing_is_looked_into) {
    const auto judge = [](ErrorName name, bool fenced) {
        return reaction(Error{name, {}, {}, {}}, fenced);
    };
    EXPECT_EQ(judge(ErrorName::kKafkaFailed, false), Reaction::kRecover);
    EXPECT_EQ(judge(ErrorName::kSlotActive, false), Reaction::kRecover);
    EXPECT_EQ(judge(ErrorName::kSlotLost, false), Reaction::kStop);
    EXPECT_EQ(judge(ErrorName::kBug, false), Reaction::kStop);
    EXPECT_EQ(judge(ErrorName::kFenced, true), Reaction::kCheckFence);
    EXPECT_EQ(judge(ErrorName::kFenced, false), Reaction::kStop);
}

TEST(Backoff, doubles_between_its_limits_and_begins_anew) {
    const EngineOptions options;
    Backoff backoff(options);
    EXPECT_EQ(backoff.next(), 100ms);
    EXPECT_EQ(backoff.next(), 200ms);
    for (int n = 0; n < 10; ++n) backoff.next();
    EXPECT_EQ(backoff.next(), 5s);
    backoff.reset();
    EXPECT_EQ(backoff.next(), 100ms);
}

struct LedgerTest : testing::Test {
    Outbox outbox;
    BatchLedger ledger{outbox};
    Position position;
};

TEST_F(LedgerTest, position_sequences_count_up_by_one_from_the_truth) {
    position.sequence = 7;
    ledger.fence();
    ledger.resume(position);
    outbox.drain();
    ledger.close({}, {});
    ledger.close({}, {});
    std::vector<Command> commands = outbox.drain();
    ASSERT_EQ(commands.size(), 4U);
    EXPECT_EQ(std::get<CloseBatch>(commands[1]).position.sequence, 8U);
    EXPECT_EQ(std::get<CloseBatch>(commands[3]).position.sequence, 9U);
    EXPECT_EQ(std::get<CloseBatch>(commands[3]).batch, 2U);
}

TEST_F(LedgerTest, only_the_oldest_batch_of_this_generation_is_answered) {
    ledger.fence();
    ledger.close({}, {});
    ledger.close({}, {});
    EXPECT_FALSE(ledger.answers_oldest({1, 2, true, {}}));
    EXPECT_FALSE(ledger.answers_oldest({0, 1, true, {}}));
    EXPECT_TRUE(ledger.answers_oldest({1, 1, true, {}}));
    ledger.published({1, 1, true, {}});
    EXPECT_EQ(ledger.in_flight(), 1U);
    ledger.fence();
    EXPECT_FALSE(ledger.answers_oldest({1, 2, true, {}}));
    EXPECT_TRUE(ledger.idle());
}

TEST_F(LedgerTest, batch_ids_are_never_used_again) {
    ledger.fence();
    ledger.close({}, {});
    ledger.fence();
    ledger.close({}, {});
    const std::vector<Command> commands = outbox.drain();
    EXPECT_EQ(std::get<CloseBatch>(commands.back()).batch, 2U);
}

TEST_F(LedgerTest, window_shrinks_by_the_oldest_chunk_and_forgets_with_its_generation) {
    const auto chunk = [](std::size_t size) {
        auto buffer = std::make_unique<RecordBuffer>();
        buffer->append(std::string(size, 'x'));
        return buffer;
    };
    ledger.fence();
    ledger.produce(chunk(100));
    ledger.produce(chunk(50));
    EXPECT_EQ(ledger.window_bytes(), 150U);
    EXPECT_FALSE(ledger.chunk_done({0, 100}));
    EXPECT_TRUE(ledger.chunk_done({1, 100}));
    EXPECT_EQ(ledger.window_bytes(), 50U);
    ledger.fence();
    EXPECT_EQ(ledger.window_bytes(), 0U);
    EXPECT_FALSE(ledger.chunk_done({1, 50}));
}

TEST_F(LedgerTest, abort_is_told_only_when_a_batch_is_open) {
    ledger.fence();
    ledger.close({}, {});
    outbox.drain();
    ledger.abort_open();
    EXPECT_TRUE(outbox.drain().empty());
    ledger.produce(std::make_unique<RecordBuffer>());
    ledger.abort_open();
    EXPECT_TRUE(std::holds_alternative<AbortBatch>(outbox.drain().back()));
}

}  // namespace
}  // namespace penstock
