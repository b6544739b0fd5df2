// The modelled PostgreSQL: a write-ahead log with its commits, one replication slot whose position
// is saved lazily, crashes, restarts, shutdown and promotion. The sending side is walsender_model.
// Rules come from the server's sources: SnapBuildXactNeedsSkip (a transaction is sent again when
// its commit record starts at or after the start position), LogicalConfirmReceivedLocation,
// CheckPointReplicationSlots, WalSndDone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.hpp"
#include "source_log.hpp"
#include "table_model.hpp"
#include "virtual_time.hpp"

namespace penstock::simulation {

class WalSender;

// Why a statement or a connection failed, before it is dressed as an Error.
struct ServerRefusal {
    ErrorName name = ErrorName::kPostgresConnectionLost;
    std::string reason;
};
template <class T>
using ServerResult = tl::expected<T, ServerRefusal>;

struct WalRecord {
    Lsn start;
    Lsn end;
    SourceTransactionPtr transaction;  // Set when this is a commit or a free message.
};

struct Slot {
    std::string plugin = "penstock";
    std::string database = "shop";
    bool logical = true;
    bool temporary = false;
    bool synced = false;
    Lsn restart_lsn;
    Lsn confirmed_flush_lsn;
    std::string wal_status = "reserved";
    std::string invalidation_reason;
};

class PostgresModel {
public:
    PostgresModel(VirtualTime& time, Trace& trace, Random random);
    ~PostgresModel();

    // ---- what applications do -----------------------------------------------------------------
    // Starts a transaction; its rows are written as its items are added.
    std::size_t begin_transaction();
    // `same_record`: the row shares the WAL record, and so the LSN, of the row before
    // (multi-insert). False: a lock is in the way, nothing was written.
    bool write_item(std::size_t open, SourceItem item, bool same_record = false);
    void commit_transaction(std::size_t open);
    void abort_transaction(std::size_t open);
    SourceTransaction& open_transaction(std::size_t open) { return *open_[open]; }
    void write_free_message(SourceItem item);
    // WAL without anything to send: other databases, vacuum, index records.
    void write_other(std::uint64_t bytes);

    // ---- what replication clients do ----------------------------------------------------------
    // `ours`: the replication connection of whoever looks; may be null.
    ServerResult<ServerFacts> inspect(const WalSender* ours);
    ServerResult<Lsn> create_slot();
    ServerResult<bool> drop_slot();
    ServerResult<bool> terminate_holder();
    ServerResult<std::shared_ptr<WalSender>> start_replication(Lsn at);
    // 57P03 to a new connection.
    bool accepts_sessions() const { return up_ && !stopping_; }
    bool refuses_with_shutdown() const { return stopping_ || (!up_ && starting_); }

    // ---- what readers of tables do -------------------------------------------------------------
    // pg_current_snapshot() of a transaction that begins now.
    VisibleTransactions current_snapshot();
    std::map<std::uint32_t, TableModel::Row> rows(std::uint32_t table) const {
        return tables_.rows(table, time_.now());
    }
    // As everybody will see it when nothing more is written.
    std::map<std::uint32_t, TableModel::Row> final_rows(std::uint32_t table) const {
        return tables_.rows(table, Instant::max());
    }
    // How often a commit is visible to others only some time after it is in the WAL.
    std::uint32_t visible_late_percent = 20;

    // ---- what happens to it -------------------------------------------------------------------
    void checkpoint();
    void crash();
    // Fast shutdown: waits for the walsender; stopped() tells when it is done.
    void shut_down();
    void start_up();
    // A standby takes over that has everything up to `fork` only, with the slot as `slot` says.
    void promote(Lsn fork, std::optional<Slot> slot);

    // A backup is restored: the WAL after `end` never was.
    void rewind(Lsn end) { insert_ = end; }
    // Something that happens right before START_REPLICATION is executed.
    std::function<void()> before_start_replication;
    std::function<void()> before_create_slot;

    bool up() const { return up_; }
    bool stopping() const { return stopping_; }
    bool takes_writes() const { return up_ && !stopping_; }
    Lsn insert_lsn() const { return insert_; }
    const std::vector<WalRecord>& wal() const { return wal_; }
    // Everything captured that the surviving timeline holds, in commit order.
    const std::vector<SourceTransactionPtr>& committed() const { return committed_; }

    // Open to the schedules that tamper with the world.
    std::optional<Slot> slot;
    std::optional<Slot> saved_slot;
    std::uint64_t system_identifier = 7'000'000'001;
    std::uint32_t timeline = 1;
    std::uint32_t database_oid = 5;
    std::vector<std::pair<std::uint32_t, Lsn>> timeline_history;
    Duration wal_sender_timeout{10 * kSecond};
    std::uint32_t slots_created = 0;
    std::uint32_t slots_dropped = 0;
    std::uint32_t holders_terminated = 0;
    Lsn last_consistent_point;
    // Oracle: called whenever the slot's confirmed position was moved by a client.
    std::function<void(Lsn)> on_confirm;
    // Oracle: a client made or dropped the slot.
    std::function<void()> on_slot_made;

    std::shared_ptr<WalSender> holder() const { return holder_; }
    void release(const WalSender* sender);
    void confirm(Lsn flush);
    void walsender_finished();

private:
    void append(std::uint64_t bytes, SourceTransactionPtr transaction);
    void wake_sender();
    void end_sessions(ServerRefusal why);
    void abort_open();
    ServerResult<bool> accepts() const;

    VirtualTime& time_;
    Trace& trace_;
    Random random_;
    bool up_ = true;
    bool stopping_ = false;
    bool starting_ = false;
    Lsn insert_{0x1000000};
    std::uint64_t next_xid_;  // With its epoch; the 32 bits of the WAL wrap around early.
    TableModel tables_;
    std::vector<std::shared_ptr<SourceTransaction>> late_;  // Committed, perhaps not yet visible.
    std::vector<WalRecord> wal_;
    std::vector<SourceTransactionPtr> committed_;
    std::vector<std::shared_ptr<SourceTransaction>> open_;
    std::shared_ptr<WalSender> holder_;
};

}  // namespace penstock::simulation
