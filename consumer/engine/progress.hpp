// What may be told to PostgreSQL, and when: only positions that a read_committed reader returned
// (I4), so that confirmed_flush_lsn <= state.lsn always (I1); never backwards; at most once a
// second or per 16 MiB of WAL. Pure.
#pragma once

#include <optional>

#include "engine/clock.hpp"
#include "engine/engine.hpp"
#include "engine/lsn.hpp"

namespace penstock {

class Progress {
public:
    explicit Progress(const EngineOptions& options) : options_(options) {}

    // START_REPLICATION was accepted. Until trust() every status says 0/0, which moves nothing:
    // before the sanity check the slot is evidence.
    void session_started(Instant now, Duration wal_sender_timeout);
    void session_ended();

    // Sanity passed. `floor` is the session's S.lsn, which is not below what the slot has
    // confirmed; nothing below it is ever sent, since older servers would move the slot back.
    void trust(Lsn floor);

    // A read_committed reader returned a position of ours with this LSN.
    void proven(Lsn lsn);

    // What a status may say now; 0/0 when nothing may be confirmed.
    Lsn confirmable() const;
    // Whether the newest proven position has been sent in this session.
    bool confirmed_all() const { return confirmed_ >= confirmable(); }
    Lsn confirmed() const { return confirmed_; }

    // When the next status is due of itself; nothing outside of a session. `hurry` waives the
    // interval between two confirmations.
    std::optional<Instant> due_at(bool hurry) const;

    // A status is being sent: returns what it says.
    Lsn send(Instant now);

private:
    const EngineOptions& options_;
    bool started_ = false;
    bool trusted_ = false;
    Lsn floor_;
    Lsn proven_;
    Lsn confirmed_;           // Sent in this session.
    Instant sent_at_{};       // Of the last status.
    Instant confirmed_at_{};  // Of the last status that moved the slot.
    bool confirmed_once_ = false;
    Duration status_interval_{};
};

}  // namespace penstock
