#include "oracle.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace penstock::simulation {

namespace {

// One record that must be in Kafka exactly once.
struct ExpectedRecord {
    std::uint64_t end_lsn = 0;
    std::uint64_t item = 0;
    std::uint32_t part = 0;
    auto operator<=>(const ExpectedRecord&) const = default;
};

// Where the published stream stands: everything that ends at or below lsn, and of the transaction
// at `open_end` the first `next_item` items.
struct Cursor {
    std::uint64_t lsn = 0;
    std::uint64_t open_end = 0;
    std::uint64_t next_item = 0;
};

std::uint32_t parts_of(const SourceItem& item) {
    if (!item.published) return 0;
    return item.kind == ItemKind::kKeyUpdate ? 2 : 1;
}

std::size_t record_bytes(const SourceTransaction& transaction) {
    std::size_t bytes = 0;
    for (const SourceItem& item : transaction.items) {
        if (!item.captured) continue;
        bytes += parts_of(item) * (sizeof(DataPayload) + 4 + sizeof(Record)) + item.padding;
    }
    return bytes;
}

std::size_t captured_items(const SourceTransaction& transaction) {
    return static_cast<std::size_t>(std::count_if(transaction.items.begin(),
                                                  transaction.items.end(),
                                                  [](const SourceItem& i) { return i.captured; }));
}

bool may_be_cut(const SourceTransaction& transaction, const Expectation& expected) {
    if (expected.options->transactions == TransactionsMode::kAtomic) return false;
    return captured_items(transaction) > expected.options->large_transaction_rows ||
           record_bytes(transaction) > expected.options->large_transaction_bytes ||
           expected.slow.contains(transaction.end_lsn.value);
}

constexpr std::uint64_t kAll = ~std::uint64_t{0};

// Appends the records of items [from, to) of a transaction; its begin goes with the first item, its
// end with the last.
void append_items(const SourceTransaction& transaction, std::uint64_t from, std::uint64_t to,
                  std::vector<ExpectedRecord>& out) {
    const std::uint64_t count = captured_items(transaction);
    const bool marked = transaction.transactional && count != 0;
    if (marked && from == 0) out.push_back({transaction.end_lsn.value, 0, kBeginPart});
    if (marked && to == kAll) out.push_back({transaction.end_lsn.value, count - 1, kEndPart});
    std::uint64_t received = 0;
    for (const SourceItem& item : transaction.items) {
        if (!item.captured) continue;
        const std::uint64_t number = received++;
        if (number < from || number >= to) continue;
        for (std::uint32_t part = 0; part < parts_of(item); ++part)
            out.push_back({transaction.end_lsn.value, number, part});
    }
}

// The state topic's decided positions, and the data records by Kafka transaction.
struct Published {
    struct Entry {
        std::uint64_t kafka_transaction = 0;
        Position position;
    };
    std::vector<Entry> positions;
    std::map<std::uint64_t, std::vector<ExpectedRecord>> records;
};

class Judgement {
public:
    Judgement(const KafkaModel& kafka, const Expectation& expected)
        : kafka_(kafka), expected_(expected) {}

    std::optional<std::string> run();

private:
    void collect();
    void collect_partition(const Partition& partition);
    void check_totals(const DataPayload& end);
    bool step(const Position& position, std::uint64_t kafka_transaction);
    bool locate(const Position& position, Cursor& next);
    std::vector<ExpectedRecord> between(const Cursor& from, const Cursor& to) const;
    bool fail(std::string reason) {
        if (!breach_) breach_ = std::move(reason);
        return false;
    }
    const SourceTransaction* transaction_ending(std::uint64_t end_lsn) const;

    const KafkaModel& kafka_;
    const Expectation& expected_;
    Published published_;
    Cursor cursor_;
    std::uint64_t sequence_ = 0;
    std::optional<std::string> breach_;
};

void Judgement::collect_partition(const Partition& partition) {
    ExpectedRecord last;
    bool first = true;
    for (const LogRecord& record : partition.log) {
        if (record.control || !kafka_.is_decided_commit(partition, partition.runs[record.run]))
            continue;
        const std::uint64_t number = partition.runs[record.run].kafka_transaction;
        if (record.position) {
            published_.positions.push_back({number, *record.position});
            continue;
        }
        if (record.topic_key || record.snapshot_key) continue;
        const ItemKind kind = record.data.kind;
        if (kind == ItemKind::kHeartbeat || kind == ItemKind::kRead) continue;
        if (record.data.kind == ItemKind::kEnd) check_totals(record.data);
        const ExpectedRecord seen{record.data.end_lsn, record.data.item, record.data.part};
        published_.records[number].push_back(seen);
        if (record.data.engine_item != record.data.item && record.data.kind != ItemKind::kTruncate)
            fail(fmt::format("item {} of the transaction ending at {:X} was counted as {}",
                             seen.item, seen.end_lsn, record.data.engine_item));
        if (!first && seen <= last)
            fail(fmt::format("order: record {:X}/{} comes after {:X}/{} in its partition",
                             seen.end_lsn, seen.item, last.end_lsn, last.item));
        if (expected_.forbidden_from && seen.end_lsn >= expected_.forbidden_from->value)
            fail(fmt::format("published {:X}/{} past the point where it had to stop", seen.end_lsn,
                             seen.item));
        last = seen;
        first = false;
    }
}

// What the encoder has counted of a transaction, restarts in the middle of it or not.
void Judgement::check_totals(const DataPayload& end) {
    const SourceTransaction* const transaction = transaction_ending(end.end_lsn);
    if (transaction == nullptr) return;
    std::uint32_t events = 0;
    for (const SourceItem& item : transaction->items) {
        if (item.captured) events += parts_of(item);
    }
    if (events != end.version)
        fail(fmt::format("the transaction ending at {:X} has {} events, its end says {}",
                         end.end_lsn, events, end.version));
}

void Judgement::collect() {
    for (const KafkaTopic& topic : kafka_.topics()) {
        for (const Partition& partition : topic.partitions) collect_partition(partition);
    }
}

const SourceTransaction* Judgement::transaction_ending(std::uint64_t end_lsn) const {
    const auto found = std::partition_point(
        expected_.committed.begin(), expected_.committed.end(),
        [end_lsn](const SourceTransactionPtr& t) { return t->end_lsn.value < end_lsn; });
    if (found == expected_.committed.end() || (*found)->end_lsn.value != end_lsn) return nullptr;
    return found->get();
}

// Where a position says the stream is; refuses one that is no end, or no piece of the next.
bool Judgement::locate(const Position& position, Cursor& next) {
    next.lsn = position.lsn.value;
    const auto after = std::partition_point(
        expected_.committed.begin(), expected_.committed.end(),
        [&](const SourceTransactionPtr& t) { return t->end_lsn <= position.lsn; });
    const SourceTransaction* following =
        after == expected_.committed.end() ? nullptr : after->get();
    if (following != nullptr && following->commit_lsn < position.lsn)
        return fail(fmt::format("position {:X} is no end: it lies inside of a commit record",
                                position.lsn.value));
    if (!position.open) return true;
    if (following == nullptr || following->commit_lsn != position.open->commit_lsn ||
        following->xid != position.open->xid)
        return fail(
            fmt::format("open at {:X} is not the transaction that follows", position.lsn.value));
    if (!may_be_cut(*following, expected_))
        return fail(fmt::format("torn: the transaction ending at {:X} is small and was cut",
                                following->end_lsn.value));
    if (position.open->next_item > captured_items(*following))
        return fail("open counts more items than there are");
    next.open_end = following->end_lsn.value;
    next.next_item = position.open->next_item;
    return true;
}

std::vector<ExpectedRecord> Judgement::between(const Cursor& from, const Cursor& to) const {
    std::vector<ExpectedRecord> records;
    if (from.open_end != 0 && from.open_end == to.open_end) {
        append_items(*transaction_ending(from.open_end), from.next_item, to.next_item, records);
        return records;
    }
    auto next = std::partition_point(
        expected_.committed.begin(), expected_.committed.end(),
        [&](const SourceTransactionPtr& t) { return t->end_lsn.value <= from.lsn; });
    for (; next != expected_.committed.end() && (*next)->end_lsn.value <= to.lsn; ++next) {
        const bool resumed = (*next)->end_lsn.value == from.open_end;
        append_items(**next, resumed ? from.next_item : 0, kAll, records);
    }
    if (to.open_end != 0) append_items(*transaction_ending(to.open_end), 0, to.next_item, records);
    return records;
}

bool Judgement::step(const Position& position, std::uint64_t kafka_transaction) {
    if (position.sequence <= sequence_ && sequence_ != 0)
        return fail(fmt::format("sequence {} follows {}", position.sequence, sequence_));
    sequence_ = position.sequence;
    std::vector<ExpectedRecord> carried;
    if (const auto found = published_.records.find(kafka_transaction);
        found != published_.records.end()) {
        carried = std::move(found->second);
        published_.records.erase(found);
    }
    if (position.phase != Phase::kStreaming) {
        if (!carried.empty()) return fail("rows were published before there was a stream");
        return true;
    }
    if (cursor_.lsn == 0) cursor_.lsn = expected_.base.value;
    if (position.lsn.value < cursor_.lsn)
        return fail(fmt::format("the position went back from {:X} to {:X}", cursor_.lsn,
                                position.lsn.value));
    Cursor next;
    if (!locate(position, next)) return false;
    std::vector<ExpectedRecord> due = between(cursor_, next);
    std::sort(carried.begin(), carried.end());
    std::sort(due.begin(), due.end());
    if (due != carried) {
        std::vector<ExpectedRecord> missing;
        std::vector<ExpectedRecord> surplus;
        std::set_difference(due.begin(), due.end(), carried.begin(), carried.end(),
                            std::back_inserter(missing));
        std::set_difference(carried.begin(), carried.end(), due.begin(), due.end(),
                            std::back_inserter(surplus));
        const ExpectedRecord* sample = !missing.empty()   ? missing.data()
                                       : !surplus.empty() ? surplus.data()
                                                          : nullptr;
        return fail(fmt::format(
            "I2: position {:X} after {:X}: {} records missing, {} too many, first {:X}/{}",
            next.lsn, cursor_.lsn, missing.size(), surplus.size(), sample ? sample->end_lsn : 0,
            sample ? sample->item : 0));
    }
    cursor_ = next;
    return true;
}

std::optional<std::string> Judgement::run() {
    collect();
    for (const auto& entry : published_.positions) {
        if (breach_ || !step(entry.position, entry.kafka_transaction)) return breach_;
    }
    if (breach_) return breach_;
    if (!published_.records.empty()) {
        fail(fmt::format("I2: Kafka transaction {} holds {} records and no position",
                         published_.records.begin()->first,
                         published_.records.begin()->second.size()));
        return breach_;
    }
    if (!expected_.complete || expected_.committed.empty()) return breach_;
    const std::uint64_t end = expected_.committed.back()->end_lsn.value;
    if (cursor_.lsn < end && end > expected_.base.value)
        fail(fmt::format("lost: published up to {:X}, committed up to {:X}", cursor_.lsn, end));
    return breach_;
}

}  // namespace

std::optional<std::string> Oracle::check_confirm(Lsn confirmed) const {
    const std::optional<Position> durable = kafka_.durable_position();
    if (durable && confirmed <= durable->lsn) return std::nullopt;
    return fmt::format("I1: the slot was moved to {:X}, Kafka holds {:X} for good", confirmed.value,
                       durable ? durable->lsn.value : 0);
}

std::optional<std::string> Oracle::check_slot_made() const {
    const std::optional<Position> durable = kafka_.durable_position();
    if (!durable || durable->phase == Phase::kCreating) return std::nullopt;
    return std::string("a slot was made or dropped after the stream had begun");
}

std::optional<std::string> Oracle::check_published(const Expectation& expected) const {
    Expectation clipped = expected;
    std::erase_if(clipped.committed, [&](const SourceTransactionPtr& transaction) {
        return transaction->commit_lsn < expected.base;
    });
    return Judgement(kafka_, clipped).run();
}

bool Oracle::settled() const {
    return slot_settled() && !kafka_.any_open_transaction();
}

bool Oracle::slot_settled() const {
    if (!postgres_.up() || postgres_.stopping() || !postgres_.slot) return false;
    const auto durable = kafka_.durable_position();
    return durable && durable->phase == Phase::kStreaming && !durable->open &&
           durable->lsn >= postgres_.insert_lsn() &&
           postgres_.slot->confirmed_flush_lsn >= postgres_.insert_lsn();
}

std::string Oracle::why_not_settled() const {
    const auto durable = kafka_.durable_position();
    return fmt::format("not settled: WAL ends at {:X}, Kafka holds {:X}{}, the slot is at {:X}{}",
                       postgres_.insert_lsn().value, durable ? durable->lsn.value : 0,
                       durable && durable->open ? " (open)" : "",
                       postgres_.slot ? postgres_.slot->confirmed_flush_lsn.value : 0,
                       kafka_.any_open_transaction() ? ", a Kafka transaction is open" : "");
}

}  // namespace penstock::simulation
