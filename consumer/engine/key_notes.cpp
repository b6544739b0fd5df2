#include "engine/key_notes.hpp"

#include <algorithm>

namespace penstock {
namespace {

// Of a note in the map that judges a chunk, beside the note itself.
constexpr std::size_t kMapEntryBytes = 48;

}  // namespace

std::uint64_t full_xid(Xid xid, const VisibleTransactions& snapshot) {
    const auto distance =
        static_cast<std::int32_t>(xid.value - static_cast<std::uint32_t>(snapshot.xmax));
    return snapshot.xmax + static_cast<std::uint64_t>(std::int64_t{distance});
}

bool is_visible(Xid xid, const VisibleTransactions& snapshot) {
    const std::uint64_t full = full_xid(xid, snapshot);
    if (full < snapshot.xmin) return true;
    if (full >= snapshot.xmax) return false;
    return !std::binary_search(snapshot.running.begin(), snapshot.running.end(), full);
}

void KeyNotes::clear() {
    transactions_.clear();
    bytes_ = 0;
}

KeyNotes::Transaction& KeyNotes::of(Xid xid) {
    if (transactions_.empty() || transactions_.back().xid != xid) {
        transactions_.emplace_back().xid = xid;
        bytes_ += sizeof(Transaction);
    }
    return transactions_.back();
}

void KeyNotes::note(Xid xid, std::string_view key, Mark mark) {
    Transaction& transaction = of(xid);
    transaction.notes.push_back(
        {transaction.keys.size(), static_cast<std::uint32_t>(key.size()), mark});
    transaction.keys.append(key);
    bytes_ += key.size() + sizeof(Note) + kMapEntryBytes;
}

std::size_t KeyNotes::weight(const Transaction& transaction) {
    return sizeof(Transaction) + transaction.keys.size() +
           transaction.notes.size() * (sizeof(Note) + kMapEntryBytes);
}

KeyNotes::Hidden KeyNotes::hidden_from(const VisibleTransactions& snapshot) const {
    Hidden hidden;
    for (const Transaction& transaction : transactions_) {
        if (is_visible(transaction.xid, snapshot)) continue;
        hidden.truncated = hidden.truncated || transaction.truncated;
        hidden.unknown = hidden.unknown || transaction.unknown;
        for (const Note& note : transaction.notes) {
            const auto key = std::string_view(transaction.keys).substr(note.offset, note.size);
            const auto [entry, added] = hidden.keys.try_emplace(key, note.mark);
            if (!added && note.mark == Mark::kIncomplete) entry->second = note.mark;
        }
    }
    return hidden;
}

void KeyNotes::forget_visible(const VisibleTransactions& snapshot) {
    std::erase_if(transactions_, [&](const Transaction& transaction) {
        if (!is_visible(transaction.xid, snapshot)) return false;
        bytes_ -= weight(transaction);
        return true;
    });
}

}  // namespace penstock
