#include "tuple_walk.hpp"

#include "sink.hpp"

namespace penstock {

namespace {

using State = GatheredValue::State;

bool is_unfetchable(const ColumnPlan& column, Datum datum) {
    return column.varlena && VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum));
}

bool same_value(const GatheredValue& left, const GatheredValue& right) noexcept {
    if (left.state != State::kValue || right.state != State::kValue) return false;
    if (left.form != WireForm::kBytes) return left.bits == right.bits;
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

void mark_oversize(GatheredValue& value) noexcept {
    value.state = State::kMarked;
    value.reason = MarkReason::kOversize;
    value.form = WireForm::kBytes;
    value.size = 0;
    value.data = nullptr;
}

// The value or raw bytes that take most room, over both images; null when none takes any.
GatheredValue* largest_value(const RowImages& images, int column_count) noexcept {
    GatheredValue* largest = nullptr;
    for (GatheredValue* values : {images.before, images.after}) {
        for (int i = 0; values != nullptr && i < column_count; i++) {
            GatheredValue& value = values[i];
            if (value.state != State::kValue && value.state != State::kMarked) continue;
            if (value.form != WireForm::kBytes || value.size == 0) continue;
            if (largest == nullptr || value.size > largest->size) largest = &value;
        }
    }
    return largest;
}

}  // namespace

void TupleWalk::open(const Options* options, MemoryContext session) {
    options_ = options;
    session_ = session;
    capacity_ = 0;
    column_ = nullptr;
    grow(64);
}

void TupleWalk::grow(int attributes) {
    if (attributes <= capacity_) return;
    // Doubling: the smaller arrays stay behind in the session, and there are few of them. A
    // multiple of eight, because newer servers fill the null array in steps of eight.
    if (capacity_ == 0) capacity_ = 64;
    while (capacity_ < attributes) capacity_ *= 2;
    const auto count = static_cast<Size>(capacity_);
    datums_ = static_cast<Datum*>(MemoryContextAlloc(session_, sizeof(Datum) * count));
    nulls_ = static_cast<bool*>(MemoryContextAlloc(session_, sizeof(bool) * count));
    before_ =
        static_cast<GatheredValue*>(MemoryContextAlloc(session_, sizeof(GatheredValue) * count));
    after_ =
        static_cast<GatheredValue*>(MemoryContextAlloc(session_, sizeof(GatheredValue) * count));
}

RowImages TupleWalk::gather(const RelationEntry& entry, TupleDesc descriptor, HeapTuple before,
                            HeapTuple after) {
    grow(descriptor->natts > entry.column_count ? descriptor->natts : entry.column_count);
    bytes_ = 0;
    RowImages images = {nullptr, nullptr};
    if (before != nullptr) {
        gather_before(entry, descriptor, before);
        images.before = before_;
    }
    if (after != nullptr) {
        gather_after(entry, descriptor, after);
        images.after = after_;
    }
    column_ = nullptr;
    if (options_->skip_unchanged_before && before != nullptr && after != nullptr) {
        drop_unchanged(entry);
    }
    fit_row(entry, images);
    return images;
}

void TupleWalk::gather_after(const RelationEntry& entry, TupleDesc descriptor, HeapTuple tuple) {
    heap_deform_tuple(tuple, descriptor, datums_, nulls_);
    for (int i = 0; i < entry.column_count; i++) {
        ColumnPlan& column = entry.columns[i];
        GatheredValue& out = after_[i];
        if (nulls_[column.source]) {
            out.state = State::kNull;
        } else if (is_unfetchable(column, datums_[column.source])) {
            out.state = State::kUnchanged;
        } else {
            gather_column(column, datums_[column.source], out);
        }
    }
}

// Under FULL the whole old row is logged; otherwise only the identity's columns are, and null in
// the others means "not logged".
void TupleWalk::gather_before(const RelationEntry& entry, TupleDesc descriptor, HeapTuple tuple) {
    const bool full = entry.replica_identity == ReplicaIdentity::kFull;
    heap_deform_tuple(tuple, descriptor, datums_, nulls_);
    for (int i = 0; i < entry.column_count; i++) {
        ColumnPlan& column = entry.columns[i];
        GatheredValue& out = before_[i];
        if (!full && !column.in_identity) {
            out.state = State::kAbsent;
        } else if (nulls_[column.source]) {
            out.state = State::kNull;
        } else if (is_unfetchable(column, datums_[column.source])) {
            // The server flattens what it logs as an old row, so this cannot be; if it were, there
            // is a value that cannot be carried.
            mark_oversize(out);
        } else {
            gather_column(column, datums_[column.source], out);
        }
    }
}

void TupleWalk::gather_column(ColumnPlan& column, Datum datum, GatheredValue& out) {
    column_ = &column;
    column.encoder.gather(column.encoder, datum, out);
    if (out.form == WireForm::kBytes) bytes_ += out.size;
}

// skip_unchanged_before: what equals the new row is left out of the old one and listed instead.
void TupleWalk::drop_unchanged(const RelationEntry& entry) {
    for (int i = 0; i < entry.column_count; i++) {
        if (!same_value(before_[i], after_[i])) continue;
        if (before_[i].form == WireForm::kBytes) bytes_ -= before_[i].size;
        before_[i].state = State::kUnchanged;
    }
}

// max_row_bytes: the largest values of a change are marked until it fits, because a client must
// hold a whole batch, and a batch at least a whole change.
void TupleWalk::fit_row(const RelationEntry& entry, const RowImages& images) {
    const Size overhead = kValueOverheadMax * 2 * static_cast<Size>(entry.column_count);
    while (bytes_ + overhead > static_cast<Size>(options_->max_row_bytes)) {
        GatheredValue* largest = largest_value(images, entry.column_count);
        if (largest == nullptr) return;
        bytes_ -= largest->size;
        mark_oversize(*largest);
    }
}

}  // namespace penstock
