#include "pg.hpp"

#include <cstring>
#include <limits>

#include "value_gather.hpp"
#include "wire.hpp"

namespace penstock {

namespace {

// Writes field `number` of an Interval message as a sint64 varint; proto3 leaves zero out.
char* put_interval_field(char* at, char tag, uint64 zigzag) {
    if (zigzag == 0) {
        return at;
    }
    *at++ = tag;
    return wire::put_varint(at, zigzag);
}

// A finite value that does not fit goes along raw: eight bytes, little endian, microseconds since
// 2000-01-01, so that nothing is lost and nobody has to parse text.
void mark_out_of_range(Timestamp timestamp, GatheredValue& out) {
    auto* raw = static_cast<char*>(palloc(sizeof(timestamp)));
    for (size_t i = 0; i < sizeof(timestamp); ++i) {
        raw[i] = static_cast<char>(static_cast<uint64>(timestamp) >> (8 * i));
    }
    set_marked(out, MarkReason::kOutOfRange, raw, sizeof(timestamp));
}

}  // namespace

// The last date is some 2.1e9 days after 2000-01-01 and still fits after the change of epoch.
void gather_date(ValueEncoder&, Datum datum, GatheredValue& out) {
    const DateADT date = DatumGetDateADT(datum);
    set_varint(out, wire::zigzag(DATE_NOT_FINITE(date) ? date : date + kEpochDays));
}

void gather_time(ValueEncoder&, Datum datum, GatheredValue& out) {
    set_varint(out, static_cast<uint64>(DatumGetTimeADT(datum)));
}

// Both infinities are the extremes of int64 in PostgreSQL already. A finite value that the change
// of epoch would push onto or over the upper one lies after the year 294247.
void gather_timestamp(ValueEncoder&, Datum datum, GatheredValue& out) {
    const Timestamp timestamp = DatumGetTimestamp(datum);
    if (TIMESTAMP_NOT_FINITE(timestamp)) {
        set_fixed64(out, static_cast<uint64>(timestamp));
    } else if (timestamp >= std::numeric_limits<int64>::max() - kEpochMicroseconds) {
        mark_out_of_range(timestamp, out);
    } else {
        set_fixed64(out, static_cast<uint64>(timestamp + kEpochMicroseconds));
    }
}

// Bound: a tag and a varint of at most 5, 5 and 10 bytes for each of the three fields.
void gather_interval(ValueEncoder&, Datum datum, GatheredValue& out) {
    Interval interval;
    memcpy(&interval, DatumGetPointer(datum), sizeof(interval));
    auto* message = static_cast<char*>(palloc(24));
    char* end = put_interval_field(message, 0x08, wire::zigzag(interval.month));
    end = put_interval_field(end, 0x10, wire::zigzag(interval.day));
    end = put_interval_field(end, 0x18, wire::zigzag(interval.time));
    set_bytes(out, message, static_cast<Size>(end - message));
}

}  // namespace penstock
