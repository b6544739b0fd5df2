#include "postgres_model.hpp"

#include <algorithm>

#include "walsender_model.hpp"

namespace penstock::simulation {

namespace {

tl::unexpected<ServerRefusal> refuse(ErrorName name, std::string reason) {
    return tl::unexpected<ServerRefusal>(ServerRefusal{name, std::move(reason)});
}

}  // namespace

PostgresModel::PostgresModel(VirtualTime& time, Trace& trace, Random random)
    : time_(time),
      trace_(trace),
      random_(random),
      next_xid_((std::uint64_t{3} << 32) - random_.between(1, 400)) {}

PostgresModel::~PostgresModel() = default;

void PostgresModel::append(std::uint64_t bytes, SourceTransactionPtr transaction) {
    const Lsn start = insert_;
    insert_.value += bytes;
    wal_.push_back(WalRecord{start, insert_, std::move(transaction)});
}

void PostgresModel::wake_sender() {
    if (holder_) holder_->wake();
}

std::size_t PostgresModel::begin_transaction() {
    auto transaction = std::make_shared<SourceTransaction>();
    transaction->full_xid = next_xid_++;
    transaction->xid = Xid{static_cast<std::uint32_t>(transaction->full_xid)};
    open_.push_back(std::move(transaction));
    return open_.size() - 1;
}

bool PostgresModel::write_item(std::size_t open, SourceItem item, bool same_record) {
    if (!tables_.write(open_[open], item, time_.now())) return false;
    SourceTransaction& transaction = *open_[open];
    if (same_record && !transaction.items.empty()) {
        item.lsn = transaction.items.back().lsn;
    } else {
        item.lsn = item.kind == ItemKind::kMessage ? Lsn{insert_.value + 64} : insert_;
        if (!transaction.first_lsn) transaction.first_lsn = insert_;
        append(64 + item.padding, nullptr);
    }
    transaction.items.push_back(item);
    return true;
}

void PostgresModel::commit_transaction(std::size_t open) {
    std::shared_ptr<SourceTransaction> transaction = std::move(open_[open]);
    if (!transaction) return;
    transaction->commit_lsn = insert_;
    if (!transaction->first_lsn) transaction->first_lsn = insert_;
    transaction->end_lsn = Lsn{insert_.value + random_.between(1, 3) * 16};
    transaction->committed_at = time_.now();
    transaction->visible_at = time_.now() + (random_.percent(100 - visible_late_percent)
                                                 ? Duration{0}
                                                 : random_.between(Duration{0}, kSecond));
    late_.push_back(transaction);
    transaction->captured =
        transaction->captured &&
        (transaction->notice || std::any_of(transaction->items.begin(), transaction->items.end(),
                                            [](const SourceItem& item) { return item.captured; }));
    trace_.say("postgres", "commit xid {} items {} commit_lsn {:X} end_lsn {:X}{}",
               transaction->xid.value, transaction->items.size(), transaction->commit_lsn.value,
               transaction->end_lsn.value, transaction->captured ? "" : " (nothing captured)");
    append(transaction->end_lsn.value - insert_.value, transaction);
    if (transaction->captured) committed_.push_back(transaction);
    wake_sender();
}

void PostgresModel::abort_transaction(std::size_t open) {
    if (!open_[open]) return;
    tables_.aborted(open_[open].get());
    open_[open].reset();
    append(48, nullptr);
    wake_sender();
}

void PostgresModel::write_free_message(SourceItem item) {
    auto message = std::make_shared<SourceTransaction>();
    message->transactional = false;
    message->commit_lsn = insert_;
    message->first_lsn = insert_;
    message->end_lsn = Lsn{insert_.value + 64};
    message->committed_at = time_.now();
    message->visible_at = time_.now();
    item.kind = ItemKind::kMessage;
    item.table = kMessageTable;
    item.lsn = message->end_lsn;
    message->items.push_back(item);
    trace_.say("postgres", "free message end_lsn {:X}", message->end_lsn.value);
    append(64, message);
    committed_.push_back(std::move(message));
    wake_sender();
}

void PostgresModel::write_other(std::uint64_t bytes) {
    append(bytes, nullptr);
    wake_sender();
}

ServerResult<bool> PostgresModel::accepts() const {
    if (up_ && !stopping_) return true;
    if (stopping_ || starting_)
        return refuse(ErrorName::kServerShuttingDown,
                      "57P03: the database system is shutting down");
    return refuse(ErrorName::kPostgresUnreachable, "connection refused");
}

ServerResult<ServerFacts> PostgresModel::inspect(const WalSender* ours) {
    if (const auto accepted = accepts(); !accepted) return tl::unexpected(accepted.error());
    ServerFacts facts;
    facts.system_identifier = system_identifier;
    facts.timeline = timeline;
    facts.database_oid = database_oid;
    facts.database = "shop";
    facts.version_num = 150020;
    facts.wal_insert_lsn = insert_;
    facts.wal_sender_timeout = wal_sender_timeout;
    facts.timeline_history = timeline_history;
    if (slot) {
        SlotFacts seen;
        seen.plugin = slot->plugin;
        seen.database = slot->database;
        seen.logical = slot->logical;
        seen.temporary = slot->temporary;
        seen.synced = slot->synced;
        seen.active = holder_ != nullptr;
        seen.held = holder_ != nullptr && holder_.get() == ours;
        seen.restart_lsn = slot->restart_lsn;
        seen.confirmed_flush_lsn = slot->confirmed_flush_lsn;
        seen.wal_status = slot->wal_status;
        seen.invalidation_reason = slot->invalidation_reason;
        if (holder_) seen.holder_reply_age = time_.now() - holder_->last_reply();
        facts.slot = seen;
    }
    return facts;
}

ServerResult<Lsn> PostgresModel::create_slot() {
    if (before_create_slot) before_create_slot();
    if (const auto accepted = accepts(); !accepted) return tl::unexpected(accepted.error());
    if (slot) return refuse(ErrorName::kSlotActive, "42710: replication slot exists");
    slot = Slot{};
    slot->restart_lsn = insert_;
    append(56, nullptr);  // The running-xacts record that slot creation logs.
    slot->confirmed_flush_lsn = insert_;
    saved_slot = slot;
    last_consistent_point = insert_;
    ++slots_created;
    if (on_slot_made) on_slot_made();
    trace_.say("postgres", "slot created at {:X}", insert_.value);
    return insert_;
}

ServerResult<bool> PostgresModel::drop_slot() {
    if (const auto accepted = accepts(); !accepted) return tl::unexpected(accepted.error());
    if (!slot) return refuse(ErrorName::kSlotMissing, "42704: replication slot does not exist");
    if (holder_) return refuse(ErrorName::kSlotActive, "55006: replication slot is active");
    slot.reset();
    saved_slot.reset();
    ++slots_dropped;
    if (on_slot_made) on_slot_made();
    trace_.say("postgres", "slot dropped");
    return true;
}

ServerResult<bool> PostgresModel::terminate_holder() {
    if (const auto accepted = accepts(); !accepted) return tl::unexpected(accepted.error());
    if (holder_) {
        const auto holder = holder_;
        ++holders_terminated;
        holder->end({ErrorName::kPostgresConnectionLost, "57P01: terminated by administrator"});
    }
    return true;
}

ServerResult<std::shared_ptr<WalSender>> PostgresModel::start_replication(Lsn at) {
    if (const auto accepted = accepts(); !accepted) return tl::unexpected(accepted.error());
    if (before_start_replication) before_start_replication();
    if (!slot) return refuse(ErrorName::kSlotMissing, "42704: replication slot does not exist");
    if (holder_) return refuse(ErrorName::kSlotActive, "55006: replication slot is active");
    if (slot->wal_status == "lost" || !slot->invalidation_reason.empty())
        return refuse(ErrorName::kSlotLost, "55000: can no longer get changes from slot");
    const Lsn start = std::max(at, slot->confirmed_flush_lsn);
    holder_ = std::make_shared<WalSender>(time_, trace_, random_.fork(), *this, start);
    holder_->start();
    trace_.say("postgres", "START_REPLICATION at {:X}, slot {:X}", at.value,
               slot->confirmed_flush_lsn.value);
    return holder_;
}

void PostgresModel::release(const WalSender* sender) {
    if (holder_.get() == sender) holder_.reset();
}

void PostgresModel::confirm(Lsn flush) {
    if (!slot || !flush) return;
    if (slot->confirmed_flush_lsn != flush)
        trace_.say("postgres", "confirmed_flush_lsn {:X}", flush.value);
    slot->confirmed_flush_lsn = flush;
    if (random_.percent(10)) {
        // A moved restart_lsn is saved at once; a confirmed position alone waits for a checkpoint.
        slot->restart_lsn = std::max(slot->restart_lsn, Lsn{flush.value - flush.value % 256});
        if (slot->restart_lsn > flush) slot->restart_lsn = flush;
        saved_slot = slot;
    }
    if (on_confirm) on_confirm(flush);
}

void PostgresModel::checkpoint() {
    if (!up_) return;
    saved_slot = slot;
    append(120, nullptr);
    wake_sender();
}

void PostgresModel::end_sessions(ServerRefusal why) {
    if (holder_) {
        const auto holder = holder_;
        holder->end(std::move(why));
    }
    abort_open();
    // What is in the WAL is visible to whoever connects next.
    for (const auto& transaction : late_) {
        transaction->visible_at = std::min(transaction->visible_at, time_.now());
    }
}

void PostgresModel::abort_open() {
    for (auto& transaction : open_) {
        if (transaction) tables_.aborted(transaction.get());
        transaction.reset();
    }
}

VisibleTransactions PostgresModel::current_snapshot() {
    std::erase_if(
        late_, [this](const auto& transaction) { return transaction->visible_at <= time_.now(); });
    VisibleTransactions seen;
    seen.xmax = next_xid_;
    for (const auto& transaction : late_) seen.running.push_back(transaction->full_xid);
    for (const auto& transaction : open_) {
        if (transaction) seen.running.push_back(transaction->full_xid);
    }
    std::sort(seen.running.begin(), seen.running.end());
    seen.xmin = seen.running.empty() ? seen.xmax : seen.running.front();
    return seen;
}

void PostgresModel::crash() {
    trace_.say("postgres", "crash");
    up_ = false;
    stopping_ = false;
    starting_ = random_.percent(50);
    end_sessions({ErrorName::kPostgresConnectionLost, "server closed the connection"});
    slot = saved_slot;
}

void PostgresModel::shut_down() {
    trace_.say("postgres", "fast shutdown");
    stopping_ = true;
    abort_open();
    append(120, nullptr);
    saved_slot = slot;
    if (holder_) {
        holder_->begin_shutdown();
    } else {
        walsender_finished();
    }
}

void PostgresModel::walsender_finished() {
    if (!stopping_) return;
    trace_.say("postgres", "stopped");
    up_ = false;
    stopping_ = false;
    starting_ = false;
    slot = saved_slot;
}

void PostgresModel::start_up() {
    if (up_) return;
    trace_.say("postgres", "up");
    up_ = true;
    starting_ = false;
    append(120, nullptr);
}

void PostgresModel::promote(Lsn fork, std::optional<Slot> promoted_slot) {
    trace_.say("postgres", "promotion, fork at {:X}", fork.value);
    end_sessions({ErrorName::kPostgresConnectionLost, "server closed the connection"});
    std::erase_if(wal_, [fork](const WalRecord& record) { return record.end > fork; });
    std::erase_if(committed_, [fork](const SourceTransactionPtr& transaction) {
        return transaction->end_lsn > fork;
    });
    insert_ = fork;
    timeline_history.emplace_back(timeline, fork);
    ++timeline;
    slot = std::move(promoted_slot);
    saved_slot = slot;
    up_ = true;
    stopping_ = false;
    append(200, nullptr);
}

}  // namespace penstock::simulation
