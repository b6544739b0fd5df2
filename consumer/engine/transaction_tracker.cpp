#include "engine/transaction_tracker.hpp"

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
    if (begin.end_lsn <= published_) {
        skip_ = kAll;
    } else if (open_) {
        if (open_->xid != begin.xid || open_->commit_lsn != begin.commit_lsn) {
            return fail(ErrorName::kOpenMissing,
                        "transaction " + std::to_string(open_->xid.value) + " at " +
                            to_string(open_->commit_lsn) + " does not come again",
                        "The server sent transaction " + std::to_string(begin.xid.value) + " at " +
                            to_string(begin.commit_lsn) + " in its place.");
        }
        skip_ = open_->next_item;
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
    if (lsn <= published_) return Verdict::kDrop;
    if (open_) {
        return fail(ErrorName::kOpenMissing,
                    "transaction " + std::to_string(open_->xid.value) + " at " +
                        to_string(open_->commit_lsn) + " does not come again",
                    "The server sent a message at " + to_string(lsn) + " in its place.");
    }
    complete_ = lsn;
    return Verdict::kPublish;
}

Result<TransactionTracker::Verdict> TransactionTracker::commit(const CommitFrame& commit) {
    if (!in_transaction_ || commit.end_lsn != begin_.end_lsn) {
        return fail(ErrorName::kFrameInvalid,
                    "a commit without its begin: " + to_string(commit.end_lsn));
    }
    if (commit.sent != items_ || commit.decoded < ordinal_) {
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
    last_commit_ = begin_.commit_lsn;
    if (dropping()) {
        skip_ = 0;
        return Verdict::kDrop;
    }
    skip_ = 0;
    complete_ = begin_.end_lsn;
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
