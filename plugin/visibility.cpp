#include "visibility.hpp"

#include <cstring>

extern "C" {
#include "access/transam.h"
#include "utils/xid8.h"
}

namespace penstock {

namespace {

constexpr uint64 kEpoch = UINT64CONST(1) << 32;

// The newest transaction that can have this number.
uint64 newest_with(TransactionId xid) {
    const uint64 next = U64FromFullTransactionId(ReadNextFullTransactionId());
    const uint64 candidate = (next & ~(kEpoch - 1)) | xid;
    return candidate < next ? candidate : candidate - kEpoch;
}

}  // namespace

VisibilityJudge* VisibilityJudge::create(MemoryContext context) {
    auto* judge =
        static_cast<VisibilityJudge*>(MemoryContextAllocZero(context, sizeof(VisibilityJudge)));
    judge->context_ = context;
    return judge;
}

// The same text comes with every row of a statement.
void VisibilityJudge::read(text* snapshot) {
    const Size size = VARSIZE_ANY_EXHDR(snapshot);
    if (text_ != nullptr && VARSIZE_ANY_EXHDR(text_) == size &&
        memcmp(VARDATA_ANY(text_), VARDATA_ANY(snapshot), size) == 0) {
        return;
    }
    MemoryContext caller = MemoryContextSwitchTo(context_);
    char* form = text_to_cstring(snapshot);
    snapshot_ = DirectFunctionCall1(pg_snapshot_in, CStringGetDatum(form));
    text_ = cstring_to_text(form);
    pfree(form);
    MemoryContextSwitchTo(caller);
}

Visibility VisibilityJudge::visible(TransactionId xmin, text* snapshot) {
    read(snapshot);
    if (xmin == FrozenTransactionId || xmin == BootstrapTransactionId) return Visibility::kVisible;
    if (!TransactionIdIsNormal(xmin)) return Visibility::kInvisible;
    const uint64 newest = newest_with(xmin);
    const Datum xid = FullTransactionIdGetDatum(FullTransactionIdFromU64(newest));
    // What is older than a visible transaction of the same number is visible as well.
    if (DatumGetBool(DirectFunctionCall2(pg_visible_in_snapshot, xid, snapshot_))) {
        return Visibility::kVisible;
    }
    return newest < kEpoch ? Visibility::kInvisible : Visibility::kUnknown;
}

}  // namespace penstock
