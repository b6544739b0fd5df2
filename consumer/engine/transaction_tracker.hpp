// Where in which source transaction the stream is, which of its items are to be published, and
// whether their number is the one that Commit tells. Sees every transactional frame; holds no rows.
//
// An item is a change, one relation of a truncate or a transactional message, counted as received
// and before any filter of ours, so the count is the same whichever plugin wrote the stream. A
// message that is not transactional counts like a transaction that ends at its own LSN.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "engine/error.hpp"
#include "engine/frame.hpp"
#include "engine/lsn.hpp"
#include "engine/state.hpp"

namespace penstock {

class TransactionTracker {
public:
    enum class Verdict : std::uint8_t {
        kPublish,
        kDrop,     // Published before, as a whole or as the first next_item items of `open`.
        kInvalid,  // The stream breaks its rules; error() says how.
    };

    // A new session of the stream, which begins at or before position.lsn.
    void resume(const Position& position);

    // Errors: frame_invalid, open_missing.
    Status begin(const BeginFrame& begin);

    // One change; `lsn_delta` is relative to the previous change or truncate.
    Verdict change(std::int64_t lsn_delta, std::optional<std::uint64_t> ordinal) {
        lsn_.value += static_cast<std::uint64_t>(lsn_delta);
        return items(ordinal, 1) == Verdict::kInvalid ? Verdict::kInvalid : verdict(items_ - 1);
    }
    // A truncate of `relations` tables: as many items, judged one by one with verdict(). kInvalid
    // or kPublish; the first of them is items() - relations.
    Verdict truncate(std::int64_t lsn_delta, std::optional<std::uint64_t> ordinal,
                     std::uint64_t relations);
    Verdict transactional_message(std::optional<std::uint64_t> ordinal);

    // A message outside of transactions. Errors: frame_invalid, open_missing.
    Result<Verdict> message(Lsn lsn);

    // Errors: count_mismatch, frame_invalid, open_missing. kPublish: lsn() has moved to end_lsn.
    Result<Verdict> commit(const CommitFrame& commit);

    Verdict verdict(std::uint64_t item) const {
        return item < skip_ ? Verdict::kDrop : Verdict::kPublish;
    }
    // Why the last verdict was kInvalid.
    Error error() const;

    bool in_transaction() const { return in_transaction_; }
    // Whether the transaction in hand was published as a whole before.
    bool dropping() const { return skip_ == kAll; }
    // Of the transaction in hand, items published in pieces before this session.
    std::uint64_t items_published() const { return dropping() ? 0 : skip_; }
    // Whether the position still waits for the transaction in its `open`.
    bool open_expected() const { return open_.has_value(); }
    const BeginFrame& transaction() const { return begin_; }
    // Items of the transaction in hand received so far.
    std::uint64_t items() const { return items_; }
    // LSN of the last change's WAL record.
    Lsn change_lsn() const { return lsn_; }
    // Everything that ends at or below it has been received or was published before.
    Lsn complete_lsn() const { return complete_; }
    // End of the last complete transaction or message of this session; 0 is unknown.
    Lsn last_end_lsn() const { return last_end_; }

private:
    static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

    Verdict items(std::optional<std::uint64_t> ordinal, std::uint64_t width) {
        if (!in_transaction_) return Verdict::kInvalid;
        if (ordinal) {
            if (*ordinal < ordinal_) return Verdict::kInvalid;
            ordinal_ = *ordinal;
        }
        ordinal_ += width;
        items_ += width;
        return Verdict::kPublish;
    }
    bool published_before(const BeginFrame& begin) const;
    Status check_order(Lsn end);

    bool in_transaction_ = false;
    BeginFrame begin_;
    std::uint64_t items_ = 0;
    std::uint64_t ordinal_ = 0;  // The next one expected.
    std::uint64_t skip_ = 0;     // Items below it are dropped.
    Lsn lsn_;
    Lsn published_;  // The session's S.lsn.
    Lsn complete_;
    Lsn received_;  // End of the last transaction or message received, dropped ones included.
    Lsn last_end_;
    std::optional<OpenTransaction> open_;
};

}  // namespace penstock
