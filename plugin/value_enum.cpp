// Labels of enum values, looked up once each and kept in the relation entry's context. A renamed
// label makes the entry be rebuilt, and the new entry starts with an empty table.
#include "pg.hpp"

#include <cstring>

#include "value_gather.hpp"

namespace penstock {

namespace {

struct EnumLabel {
    Oid oid;  // Invalid is a free slot.
    uint32 size;
    const char* data;
    bool convertible;
};
static_assert(std::is_trivially_destructible_v<EnumLabel>);

}  // namespace

// Open addressing with linear probing; at most half full, so that a probe always ends.
struct EnumLabels {
    uint32 count;
    uint32 mask;  // Slots less one; slots are a power of two.
    EnumLabel* slots;
};
static_assert(std::is_trivially_destructible_v<EnumLabels>);

namespace {

// Oids of one enum's labels are near each other, often two apart, so their low bits spread well.
EnumLabel& slot_for(const EnumLabels& labels, Oid oid) noexcept {
    uint32 index = (oid ^ (oid >> 16)) & labels.mask;
    while (labels.slots[index].oid != oid && OidIsValid(labels.slots[index].oid)) {
        index = (index + 1) & labels.mask;
    }
    return labels.slots[index];
}

EnumLabel* make_slots(MemoryContext context, uint32 count) {
    return static_cast<EnumLabel*>(MemoryContextAllocZero(context, count * sizeof(EnumLabel)));
}

EnumLabels& labels_of(ValueEncoder& encoder) {
    constexpr uint32 kFirstSlots = 16;
    if (encoder.enum_labels == nullptr) {
        auto* labels =
            static_cast<EnumLabels*>(MemoryContextAllocZero(encoder.context, sizeof(EnumLabels)));
        labels->slots = make_slots(encoder.context, kFirstSlots);
        labels->mask = kFirstSlots - 1;
        encoder.enum_labels = labels;
    }
    return *encoder.enum_labels;
}

void grow(EnumLabels& labels, MemoryContext context) {
    const uint32 slots = (labels.mask + 1) * 2;
    EnumLabels grown = {labels.count, slots - 1, make_slots(context, slots)};
    for (uint32 i = 0; i <= labels.mask; ++i) {
        if (OidIsValid(labels.slots[i].oid)) {
            slot_for(grown, labels.slots[i].oid) = labels.slots[i];
        }
    }
    pfree(labels.slots);
    labels = grown;
}

// The label as the catalogue has it now; false when it has none for this oid.
bool read_label(MemoryContext context, Oid oid, EnumLabel& label) {
    HeapTuple tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(oid));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    const auto* form = reinterpret_cast<Form_pg_enum>(GETSTRUCT(tuple));
    const char* stored = NameStr(form->enumlabel);
    const Utf8Text text = utf8_from_server(stored, strlen(stored));
    auto* data = static_cast<char*>(MemoryContextAlloc(context, text.size + 1));
    memcpy(data, text.data, text.size);
    ReleaseSysCache(tuple);
    label = {oid, static_cast<uint32>(text.size), data, text.convertible};
    return true;
}

// A value whose label is gone from the catalogue travels as its raw oid: the server itself would
// raise an error here, and the slot would be stuck on it.
void mark_unknown_label(Oid oid, GatheredValue& out) {
    auto* raw = static_cast<char*>(palloc(sizeof(oid)));
    for (size_t i = 0; i < sizeof(oid); ++i) {
        raw[i] = static_cast<char>(oid >> (8 * i));
    }
    set_marked(out, MarkReason::kNotConvertible, raw, sizeof(oid));
}

}  // namespace

void gather_enum(ValueEncoder& encoder, Datum datum, GatheredValue& out) {
    const Oid oid = DatumGetObjectId(datum);
    EnumLabels& labels = labels_of(encoder);
    EnumLabel* label = &slot_for(labels, oid);
    if (!OidIsValid(label->oid)) {
        EnumLabel found;
        if (!read_label(encoder.context, oid, found)) {
            mark_unknown_label(oid, out);
            return;
        }
        if ((labels.count + 1) * 2 > labels.mask + 1) {
            grow(labels, encoder.context);
        }
        label = &slot_for(labels, oid);
        *label = found;
        ++labels.count;
    }
    if (label->convertible) {
        set_bytes(out, label->data, label->size);
    } else {
        set_marked(out, MarkReason::kNotConvertible, label->data, label->size);
    }
}

}  // namespace penstock
