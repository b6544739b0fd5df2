#include "engine/producer_turns.hpp"
#include "engine/mutant.hpp"

namespace penstock {

void ProducerTurns::fenced() {
    state_ = State::kReady;
    turn_ = Producer::kA;
}

void ProducerTurns::began() {
    state_ = may_begin() ? State::kOpen : State::kSpent;
}

void ProducerTurns::committing() {
    state_ = state_ == State::kOpen ? State::kCommitting : State::kSpent;
}

ProducerTurns::Verdict ProducerTurns::committed(bool returned_ok, unsigned end_txn_requests) {
    const bool in_turn = state_ == State::kCommitting;
    state_ = State::kSpent;
    if (!in_turn) return {false, "the commit was out of turn"};
    const bool believes = mutant(Mutant::kBelieveUncleanCommit);
    if (!returned_ok && !believes) return {false, "the commit returned an error"};
    if (end_txn_requests != 1 && !believes) {
        return {false, "EndTxn was sent " + std::to_string(end_txn_requests) + " times"};
    }
    state_ = State::kReady;
    turn_ = turn_ == Producer::kA ? Producer::kB : Producer::kA;
    return {true, {}};
}

}  // namespace penstock
