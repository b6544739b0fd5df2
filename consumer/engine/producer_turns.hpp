// The rule of the two producers: they take turns, and the second
// begins only after the first's commit returned cleanly. Pure; the real sink and the simulated one
// ask the same object, so that neither has an opinion of its own.
//
//             began            committing          clean
//   ready -----------> open -----------> committing -----> ready, the other producer's turn
//     any failure, an abort, or a commit that is not clean -----> spent, until both are made anew
#pragma once

#include <cstdint>
#include <string>

namespace penstock {

class ProducerTurns {
public:
    enum class Producer : std::uint8_t { kA, kB };

    // The verdict of one commit. An unclean one has an unknown outcome; `reason` says why.
    struct Verdict {
        bool clean = false;
        std::string reason;
    };

    // Both producers were made anew and init_transactions returned on both. Producer A is next.
    void fenced();

    // Whether the next Kafka transaction may begin, on producer turn().
    bool may_begin() const { return state_ == State::kReady; }
    Producer turn() const { return turn_; }

    void began();
    void committing();

    // commit_transaction returned. `end_txn_requests` is what the on_request_sent interceptor of
    // that producer counted since committing(): librdkafka repeats EndTxn in silence after a
    // timeout, and the late copy can end a later transaction of the same epoch (KAFKA-17754), so
    // only exactly one request is clean.
    Verdict committed(bool returned_ok, unsigned end_txn_requests);

    // Anything else went wrong, or the open Kafka transaction was aborted: neither producer is
    // used again.
    void failed() { state_ = State::kSpent; }
    bool spent() const { return state_ == State::kSpent; }

private:
    enum class State : std::uint8_t { kSpent, kReady, kOpen, kCommitting };

    State state_ = State::kSpent;
    Producer turn_ = Producer::kA;
};

}  // namespace penstock
