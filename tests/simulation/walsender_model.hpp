// The modelled walsender and the network between it and its client: frames and keepalives leave in
// order, arrive later, and may be lost with the connection at any point; statuses travel the other
// way. Source of the rules: walsender.c (XLogSendLogical, WalSndKeepaliveIfNecessary, WalSndDone,
// WalSndCheckTimeOut).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "postgres_model.hpp"

namespace penstock::simulation {

struct WireItem {
    enum class Kind : std::uint8_t {
        kSession,
        kRelation,
        kBegin,
        kNotice,
        kItem,  // A change, a truncate (with its whole group) or a transactional message.
        kCommit,
        kFreeMessage,
        kKeepalive,
    };
    Kind kind = Kind::kKeepalive;
    SourceTransactionPtr transaction{};
    std::size_t item = 0;
    std::uint32_t table = 0;  // Of kRelation.
    Lsn wal_end{};            // Of kKeepalive.
    bool reply_requested = false;
    Instant arrives{};
};

struct LinkOptions {
    Duration latency_min{50};
    Duration latency_max{500};
    Duration frame_gap_max{200};     // The server's pace between sends.
    std::size_t socket_items = 200;  // Unread items after which the server blocks.
    std::size_t burst_items = 40;    // Items of one send.
};

class WalSender : public std::enable_shared_from_this<WalSender> {
public:
    WalSender(VirtualTime& time, Trace& trace, Random random, PostgresModel& server, Lsn start_at);

    // ---- the client's end ---------------------------------------------------------------------
    // Called when something may have arrived, and when the connection is gone.
    std::function<void()> on_arrival;
    std::function<void(ServerRefusal)> on_lost;
    // The next item that has arrived; null when none.
    const WireItem* front() const;
    void pop();
    // The first keepalive that has arrived, taken out from behind the frames before it.
    std::optional<WireItem> take_keepalive();
    std::optional<Instant> next_arrival() const;
    void send_status(Lsn flush, bool reply_requested);
    void send_copy_done();
    // The client is gone; the server hears of it after a while, or only by its timeout.
    void client_gone(bool half_open);

    // ---- the server's end ---------------------------------------------------------------------
    void start();
    void wake();
    void begin_shutdown() {
        done_mode_ = true;
        wake();
    }
    // Ends the session on the server's side.
    void end(ServerRefusal why);
    bool alive() const { return server_alive_; }
    Instant last_reply() const { return last_reply_; }
    Lsn sent() const { return sent_; }
    // Whether the client is out of reach or its link is slow.
    bool impaired() const {
        return !connected_ || !client_alive_ || stalled_until_ > time_.now() ||
               link.frame_gap_max > 50 * kMillisecond;
    }

    // ---- the network --------------------------------------------------------------------------
    // The connection breaks now: what has not arrived is lost in both directions.
    void cut(bool server_notices);
    // Nothing passes for a while.
    void stall(Duration how_long);
    LinkOptions link;

private:
    void send_some();
    bool emit_next();
    void emit_transaction_part(const SourceTransactionPtr& transaction);
    void push(WireItem item);
    void keepalive(bool reply_requested);
    void describe(std::uint32_t table);
    void after_catching_up();
    void receive_status(Lsn flush, bool reply_requested);
    void check_timeout();
    void schedule_send(Duration delay);
    Duration latency() { return random_.between(link.latency_min, link.latency_max); }

    VirtualTime& time_;
    Trace& trace_;
    Random random_;
    PostgresModel& server_;
    Lsn start_at_;
    Lsn sent_;
    Lsn flush_;
    std::size_t next_record_ = 0;
    // Position inside the transaction that is being sent.
    bool in_transaction_ = false;
    bool began_ = false;
    std::size_t next_item_ = 0;
    bool session_sent_ = false;
    bool described_[kTableCount] = {};
    std::deque<WireItem> wire_;
    Instant stalled_until_{0};
    Instant last_arrival_{0};
    Instant last_status_arrival_{0};
    Instant last_reply_;
    bool waiting_for_ping_ = false;
    bool done_mode_ = false;
    bool send_scheduled_ = false;
    bool server_alive_ = true;
    bool client_alive_ = true;
    bool connected_ = true;
};

}  // namespace penstock::simulation
