// What changes of the stream have touched while chunks of a table are read: keys by transaction,
// from the instant on at which the noting began. A row of a chunk whose key was touched by a
// transaction that the chunk's snapshot does not see is older than what the stream has published,
// so it must not follow it. Append-only on the row path, put into order once per chunk. Bounded by
// whoever asks bytes(). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/lsn.hpp"

namespace penstock {

// A transaction id of the stream has 32 bits; of the numbers that end like it the one nearest to
// the snapshot's own is meant, since no two transactions are further apart than half of them all.
std::uint64_t full_xid(Xid xid, const VisibleTransactions& snapshot);
bool is_visible(Xid xid, const VisibleTransactions& snapshot);

class KeyNotes {
public:
    // What one key means to a chunk that does not see who touched it.
    enum class Mark : std::uint8_t {
        kWhole,       // The stream has the whole row, or its end: the chunk's is dropped.
        kIncomplete,  // The stream's row lacks an unchanged value: it has to be read again.
    };
    // Of all transactions that a snapshot does not see; views into the notes.
    struct Hidden {
        std::unordered_map<std::string_view, Mark> keys;
        bool truncated = false;  // No row is left of what the snapshot sees.
        bool unknown = false;    // Some row was touched, nobody can say which.
        bool any() const { return truncated || unknown || !keys.empty(); }
    };

    void clear();

    // Transactions come one after the other, as the stream has them.
    void note(Xid xid, std::string_view key, Mark mark);
    void note_truncate(Xid xid) { of(xid).truncated = true; }
    void note_unknown(Xid xid) { of(xid).unknown = true; }

    Hidden hidden_from(const VisibleTransactions& snapshot) const;
    // What this snapshot sees every later one sees as well.
    void forget_visible(const VisibleTransactions& snapshot);

    // Of memory, about.
    std::size_t bytes() const { return bytes_; }

private:
    struct Note {
        std::size_t offset = 0;  // Into Transaction::keys.
        std::uint32_t size = 0;
        Mark mark = Mark::kWhole;
    };
    struct Transaction {
        Xid xid;
        std::string keys;
        std::vector<Note> notes;
        bool truncated = false;
        bool unknown = false;
    };
    Transaction& of(Xid xid);
    static std::size_t weight(const Transaction& transaction);

    std::deque<Transaction> transactions_;
    std::size_t bytes_ = 0;
};

}  // namespace penstock
