#include "walsender_model.hpp"

#include <algorithm>

namespace penstock::simulation {

WalSender::WalSender(VirtualTime& time, Trace& trace, Random random, PostgresModel& server,
                     Lsn start_at)
    : time_(time),
      trace_(trace),
      random_(random),
      server_(server),
      start_at_(start_at),
      sent_(server.slot->confirmed_flush_lsn),
      last_reply_(time.now()) {
    const Lsn restart = std::min(server.slot->restart_lsn, start_at);
    const auto& wal = server.wal();
    const auto first =
        std::partition_point(wal.begin(), wal.end(),
                             [restart](const WalRecord& record) { return record.start < restart; });
    next_record_ = static_cast<std::size_t>(first - wal.begin());
}

const WireItem* WalSender::front() const {
    if (wire_.empty() || wire_.front().arrives > time_.now()) return nullptr;
    return &wire_.front();
}

void WalSender::pop() {
    wire_.pop_front();
    if (wire_.size() + 1 == link.socket_items) wake();
}

std::optional<WireItem> WalSender::take_keepalive() {
    const auto found = std::find_if(wire_.begin(), wire_.end(), [this](const WireItem& item) {
        return item.kind == WireItem::Kind::kKeepalive && item.arrives <= time_.now();
    });
    if (found == wire_.end()) return std::nullopt;
    WireItem keepalive = *found;
    wire_.erase(found);
    return keepalive;
}

std::optional<Instant> WalSender::next_arrival() const {
    if (wire_.empty()) return std::nullopt;
    return wire_.front().arrives;
}

void WalSender::schedule_send(Duration delay) {
    if (send_scheduled_) return;
    send_scheduled_ = true;
    time_.after(delay, [self = shared_from_this()] {
        self->send_scheduled_ = false;
        self->send_some();
    });
}

void WalSender::wake() {
    if (server_alive_) schedule_send(random_.between(Duration{1}, link.frame_gap_max));
}

void WalSender::send_some() {
    if (!server_alive_) return;
    std::size_t budget = random_.between(1, link.burst_items);
    bool caught_up = false;
    while (budget-- > 0 && wire_.size() < link.socket_items) {
        if (!emit_next()) {
            caught_up = true;
            break;
        }
    }
    if (caught_up) after_catching_up();
    if (!wire_.empty()) {
        time_.at(wire_.back().arrives, [self = shared_from_this()] {
            if (self->client_alive_ && self->on_arrival) self->on_arrival();
        });
    }
    if (!caught_up && wire_.size() < link.socket_items)
        schedule_send(random_.between(Duration{1}, link.frame_gap_max));
}

// Sends one item, or passes over WAL without any; false when there is no more WAL.
bool WalSender::emit_next() {
    const auto& wal = server_.wal();
    while (next_record_ < wal.size()) {
        const WalRecord& record = wal[next_record_];
        const auto& transaction = record.transaction;
        if (transaction && transaction->captured && transaction->commit_lsn >= start_at_) {
            const auto keep = transaction;  // `wal` may be reallocated while we wait.
            emit_transaction_part(keep);
            if (!in_transaction_) {
                sent_ = keep->end_lsn;
                ++next_record_;
            }
            return true;
        }
        sent_ = record.end;
        ++next_record_;
    }
    return false;
}

void WalSender::describe(std::uint32_t table) {
    if (table == kMessageTable || described_[table]) return;
    described_[table] = true;
    push(WireItem{.kind = WireItem::Kind::kRelation, .transaction = nullptr, .table = table});
}

void WalSender::emit_transaction_part(const SourceTransactionPtr& transaction) {
    if (!session_sent_) {
        session_sent_ = true;
        push(WireItem{.kind = WireItem::Kind::kSession, .transaction = nullptr});
    }
    if (!transaction->transactional) {
        push(WireItem{.kind = WireItem::Kind::kFreeMessage, .transaction = transaction});
        return;
    }
    if (!in_transaction_) {
        in_transaction_ = true;
        began_ = false;
        next_item_ = 0;
    }
    if (!began_) {
        began_ = true;
        push(WireItem{.kind = WireItem::Kind::kBegin, .transaction = transaction});
        if (transaction->notice)
            push(WireItem{.kind = WireItem::Kind::kNotice, .transaction = transaction});
        return;
    }
    const auto& items = transaction->items;
    while (next_item_ < items.size() && !items[next_item_].captured) ++next_item_;
    if (next_item_ == items.size()) {
        in_transaction_ = false;
        push(WireItem{.kind = WireItem::Kind::kCommit, .transaction = transaction});
        return;
    }
    const std::size_t first = next_item_++;
    describe(items[first].table);
    while (items[first].group != 0 && next_item_ < items.size() &&
           items[next_item_].group == items[first].group) {
        describe(items[next_item_].table);
        ++next_item_;
    }
    push(WireItem{.kind = WireItem::Kind::kItem, .transaction = transaction, .item = first});
}

void WalSender::push(WireItem item) {
    if (!connected_ || !client_alive_) return;
    item.arrives = std::max({last_arrival_, stalled_until_, time_.now() + latency()});
    last_arrival_ = item.arrives;
    wire_.push_back(std::move(item));
}

void WalSender::keepalive(bool reply_requested) {
    waiting_for_ping_ = waiting_for_ping_ || reply_requested;
    push(WireItem{.kind = WireItem::Kind::kKeepalive,
                  .transaction = nullptr,
                  .wal_end = sent_,
                  .reply_requested = reply_requested});
    if (!wire_.empty()) {
        time_.at(wire_.back().arrives, [self = shared_from_this()] {
            if (self->client_alive_ && self->on_arrival) self->on_arrival();
        });
    }
}

void WalSender::after_catching_up() {
    if (done_mode_) {
        if (flush_ == sent_) {
            trace_.say("walsender", "everything sent is confirmed at {:X}", sent_.value);
            end({ErrorName::kPostgresConnectionLost, "the server ended replication: shutdown"});
            server_.walsender_finished();
            return;
        }
        if (!waiting_for_ping_) keepalive(true);
        return;
    }
    if (flush_ < sent_ && !waiting_for_ping_) keepalive(false);
}

void WalSender::send_status(Lsn flush, bool reply_requested) {
    if (!connected_) return;
    const Instant arrives =
        std::max({last_status_arrival_, stalled_until_, time_.now() + latency()});
    last_status_arrival_ = arrives;
    time_.at(arrives, [self = shared_from_this(), flush, reply_requested] {
        self->receive_status(flush, reply_requested);
    });
}

void WalSender::receive_status(Lsn flush, bool reply_requested) {
    if (!server_alive_ || !connected_) return;
    last_reply_ = time_.now();
    waiting_for_ping_ = false;
    flush_ = flush;
    server_.confirm(flush);
    if (reply_requested) keepalive(false);
    if (done_mode_) wake();
}

void WalSender::send_copy_done() {
    if (!connected_) return;
    last_status_arrival_ = std::max(last_status_arrival_, time_.now() + latency());
    time_.at(last_status_arrival_, [self = shared_from_this()] {
        if (self->connected_) self->end({ErrorName::kPostgresConnectionLost, "CopyDone"});
    });
}

void WalSender::client_gone(bool half_open) {
    on_arrival = nullptr;
    on_lost = nullptr;
    client_alive_ = false;
    wire_.clear();
    if (half_open) {
        connected_ = false;
        return;
    }
    last_status_arrival_ = std::max(last_status_arrival_, time_.now() + latency());
    time_.at(last_status_arrival_, [self = shared_from_this()] {
        self->end({ErrorName::kPostgresConnectionLost, "the client closed the connection"});
    });
}

void WalSender::end(ServerRefusal why) {
    if (!server_alive_) return;
    server_alive_ = false;
    const bool was_done_mode = done_mode_;
    server_.release(this);
    trace_.say("walsender", "ended: {}", why.reason);
    if (was_done_mode && server_.stopping()) server_.walsender_finished();
    if (!connected_) return;
    // The end of the stream lies behind what was sent before it.
    const Instant arrives = std::max(last_arrival_, time_.now() + latency());
    time_.at(arrives, [self = shared_from_this(), why = std::move(why)] {
        if (self->client_alive_ && self->on_lost) self->on_lost(why);
    });
}

void WalSender::check_timeout() {
    if (!server_alive_) return;
    const Duration quiet = time_.now() - last_reply_;
    const Duration limit = server_.wal_sender_timeout;
    if (quiet >= limit) {
        end({ErrorName::kPostgresConnectionLost, "terminating walsender due to timeout"});
        return;
    }
    if (quiet * 2 >= limit && !waiting_for_ping_) keepalive(true);
    time_.after(limit / 8, [self = shared_from_this()] { self->check_timeout(); });
}

void WalSender::start() {
    time_.after(server_.wal_sender_timeout / 8,
                [self = shared_from_this()] { self->check_timeout(); });
    wake();
}

void WalSender::cut(bool server_notices) {
    if (!connected_) return;
    connected_ = false;
    while (!wire_.empty() && wire_.back().arrives > time_.now()) wire_.pop_back();
    trace_.say("network", "connection to the walsender cut, {}",
               server_notices ? "both notice" : "the server does not notice");
    time_.after(random_.between(Duration{100}, 200 * kMillisecond), [self = shared_from_this()] {
        if (self->client_alive_ && self->on_lost)
            self->on_lost({ErrorName::kPostgresConnectionLost, "connection reset by peer"});
    });
    if (server_notices) {
        time_.after(random_.between(Duration{100}, 50 * kMillisecond), [self = shared_from_this()] {
            self->end({ErrorName::kPostgresConnectionLost, "connection reset by peer"});
        });
    }
}

void WalSender::stall(Duration how_long) {
    stalled_until_ = std::max(stalled_until_, time_.now() + how_long);
}

}  // namespace penstock::simulation
