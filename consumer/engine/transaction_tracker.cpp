#include "engine/transaction_tracker.hpp"
#include "engine/mutant.hpp"

#include <string>

namespace penstock {

void TransactionTracker::resume(const Position& position) {
    *this = TransactionTracker{};
    published_ = position.lsn;
    complete_ = position.lsn;
    open_ = position.open;
}

// The server sends transactions in the order of their commit records, and messages in between.
Status TransactionTracker::check_order(Lsn end) {
    if (end <= received_) {
        return fail(ErrorName::kFrameInvalid, "the stream went back to " + to_string(end),
                    "The frame before it ended at " + to_string(received_) + ".");
    }
    received_ = end;
    return {};
}

// Always by the end, never by the start of the commit record: two transactions can share a position
// as one's end and the other's start.
bool TransactionTracker::published_before(const BeginFrame& begin) const {
    if (mutant(Mutant::kSkipWithLess)) return begin.end_lsn < published_;
    if (mutant(Mutant::kSkipByCommitLsn)) return begin.commit_lsn <= published_;
    return begin.end_lsn <= published_;
}

Status TransactionTracker::begin(const BeginFrame& begin) {
    if (in_transaction_) {
        return fail(ErrorName::kFrameInvalid, "a transaction begins inside another one");
    }
    if (begin.end_lsn <= begin.commit_lsn) {
        return fail(ErrorName::kFrameInvalid,
                    "a transaction ends before its commit record: " + to_string(begin.end_lsn));
    }
    if (Status order = check_order(begin.end_lsn); !order) return order;
    skip_ = 0;
    if (published_before(begin)) {
        skip_ = kAll;
    } else if (open_) {
        const bool expected = open_->xid == begin.xid && open_->commit_lsn == begin.commit_lsn;
        if (!expected && !mutant(Mutant::kOpenMissingIgnored)) {
            return fail(ErrorName::kOpenMissing,
                        "transaction " + std::to_string(open_->xid.value) + " at " +
                            to_string(open_->commit_lsn) + " does not come again",
                        "The server sent transaction " + std::to_string(begin.xid.value) + " at " +
                            to_string(begin.commit_lsn) + " in its place.");
        }
        skip_ = expected ? open_->next_item : 0;
        if (mutant(Mutant::kOpenFromStart)) skip_ = 0;
        if (mutant(Mutant::kOpenSkipsWhole)) skip_ = kAll;
        open_.reset();
    }
    in_transaction_ = true;
    begin_ = begin;
    items_ = 0;
    ordinal_ = 0;
    lsn_ = begin.first_lsn;
    return {};
}

TransactionTracker::Verdict TransactionTracker::truncate(std::int64_t lsn_delta,
                                                         std::optional<std::uint64_t> ordinal,
                                                         std::uint64_t relations) {
    lsn_.value += static_cast<std::uint64_t>(lsn_delta);
    return items(ordinal, relations);
}

TransactionTracker::Verdict TransactionTracker::transactional_message(
    std::optional<std::uint64_t> ordinal) {
    return items(ordinal, 1) == Verdict::kInvalid ? Verdict::kInvalid : verdict(items_ - 1);
}

Result<TransactionTracker::Verdict> TransactionTracker::message(Lsn lsn) {
    if (in_transaction_) {
        return fail(ErrorName::kFrameInvalid,
                    "a message that is not transactional stands inside a transaction");
    }
    if (Status order = check_order(lsn); !order) return Failure(order.error());
    last_end_ = lsn;
    if (lsn <= published_ && !mutant(Mutant::kMessageNotSkipped)) return Verdict::kDrop;
    if (open_ && !mutant(Mutant::kOpenMissingIgnored)) {
        return fail(ErrorName::kOpenMissing,
                    "transaction " + std::to_string(open_->xid.value) + " at " +
                        to_string(open_->commit_lsn) + " does not come again",
                    "The server sent a message at " + to_string(lsn) + " in its place.");
    }
    if (!mutant(Mutant::kMessageKeepsPosition)) complete_ = lsn;
    return Verdict::kPublish;
}

Result<TransactionTracker::Verdict> TransactionTracker::commit(const CommitFrame& commit) {
    if (!in_transaction_ || commit.end_lsn != begin_.end_lsn) {
        return fail(ErrorName::kFrameInvalid,
                    "a commit without its begin: " + to_string(commit.end_lsn));
    }
    const bool counted = commit.sent == items_ && commit.decoded >= ordinal_;
    if (!counted && !mutant(Mutant::kNoCountCheck)) {
        return fail(ErrorName::kCountMismatch,
                    "transaction " + std::to_string(begin_.xid.value) + " brought " +
                        std::to_string(items_) + " items, its commit says " +
                        std::to_string(commit.sent),
                    "Decoded were " + std::to_string(commit.decoded) + ", the ordinals reach " +
                        std::to_string(ordinal_) + ".");
    }
    if (!dropping() && items_ < skip_) {
        return fail(ErrorName::kOpenMissing,
                    "transaction " + std::to_string(begin_.xid.value) + " has fewer items than " +
                        "are published of it: " + std::to_string(items_),
                    "Published are " + std::to_string(skip_) + ".");
    }
    in_transaction_ = false;
    last_end_ = begin_.end_lsn;
    if (dropping()) {
        skip_ = 0;
        return Verdict::kDrop;
    }
    skip_ = 0;
    complete_ = mutant(Mutant::kConfirmCommitLsn) ? begin_.commit_lsn : begin_.end_lsn;
    return Verdict::kPublish;
}

Error TransactionTracker::error() const {
    if (!in_transaction_) {
        return {ErrorName::kFrameInvalid, "a change stands outside of a transaction", {}, {}};
    }
    return {ErrorName::kFrameInvalid,
            "the ordinals of transaction " + std::to_string(begin_.xid.value) + " go back",
            "Expected was " + std::to_string(ordinal_) + " or more.",
            {}};
}

}  // namespace penstock
