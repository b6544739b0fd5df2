// Dates, times and intervals in debezium-json, against the bytes of a live Debezium.
#include <limits>

#include <gtest/gtest.h>

#include "unit/encode/encoded.hpp"
#include "unit/encode/golden.hpp"

namespace penstock::test {
namespace {

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();

Table stamps() {
    return Table("dt", "stamps")
        .column("id", int4())
        .column("s0", timestamp().with(0))
        .column("s3", timestamp().with(3))
        .column("s6", timestamp().with(6))
        .column("s", timestamp())
        .column("z0", timestamptz().with(0))
        .column("z3", timestamptz().with(3))
        .column("z6", timestamptz().with(6))
        .column("z", timestamptz())
        .column("s_nn", timestamp(), true)
        .column("z_nn", timestamptz(), true)
        .primary_key({"id"});
}

Bytes infinite_stamps(std::int64_t value, int id) {
    Bytes row;
    row.integer(1, id);
    for (std::uint32_t column = 2; column <= 11; ++column) row.fixed(column, value);
    return row;
}

Bytes stamps_before_christ() {
    return Bytes()
        .integer(1, 13)
        .fixed(2, -210863520000000000)
        .fixed(3, -63517780799500000)
        .fixed(4, -62135596801000000)
        .fixed(5, -210863520000000000)
        .fixed(6, -63517780800000000)
        .fixed(7, -63517780799500000)
        .fixed(8, -62135596800750000)
        .fixed(9, -210863433600000000)
        .fixed(10, -62135596800000000)
        .fixed(11, -62135596800000000);
}

TEST(DebeziumJson, writes_timestamps_by_their_precision) {
    Encoded encode(stamps());
    EXPECT_EQ(encode(insert(infinite_stamps(kMax64, 11)))[0].images(),
              golden_images("open/json", "g.dt.stamps", 3));
    EXPECT_EQ(encode(insert(infinite_stamps(kMin64, 12)))[0].images(),
              golden_images("open/json", "g.dt.stamps", 4));
    EXPECT_EQ(encode(insert(stamps_before_christ()))[0].images(),
              golden_images("open/json", "g.dt.stamps", 5));
    EncodeOptions later;
    later.compat = DebeziumCompat::k37;
    Encoded encode37(stamps(), later);
    EXPECT_EQ(encode37(insert(infinite_stamps(kMax64, 11)))[0].images(),
              golden_images("open-3.7/json-schema", "g.dt.stamps", 3));
    EXPECT_EQ(encode37(insert(infinite_stamps(kMin64, 12)))[0].images(),
              golden_images("open-3.7/json-schema", "g.dt.stamps", 4));
}

TEST(DebeziumJson, time_precision_modes) {
    const Bytes row = stamps_before_christ();
    EncodeOptions options;
    options.time = TimePrecision::kConnect;
    Encoded connect(stamps(), options);
    EXPECT_EQ(connect(insert(row))[0].images(), golden_images("open/opt-a", "g.dt.stamps", 5));
    options.time = TimePrecision::kIsoString;
    Encoded iso(stamps(), options);
    EXPECT_EQ(iso(insert(row))[0].images(), golden_images("open/opt-b", "g.dt.stamps", 5));
    EXPECT_EQ(iso(insert(infinite_stamps(kMax64, 11)))[0].images(),
              golden_images("open/opt-b", "g.dt.stamps", 3));
    options.time = TimePrecision::kMicroseconds;
    Encoded micros(stamps(), options);
    EXPECT_EQ(micros(insert(row))[0].images(), golden_images("open/opt-d", "g.dt.stamps", 5));
}

TEST(DebeziumJson, a_timestamp_beyond_64_bits_is_right_where_the_form_has_room) {
    Encoded encode(Table("dt", "far")
                       .column("id", int4())
                       .column("s3", timestamp().with(3))
                       .column("z6", timestamptz().with(6))
                       .primary_key({"id"}));
    // 294276-12-31 23:59:59.999 and .999999 in microseconds since 2000-01-01, little-endian.
    const auto raw = [](std::int64_t micros) {
        std::string bytes;
        for (int i = 0; i < 8; ++i) bytes += static_cast<char>(micros >> (8 * i) & 0xFF);
        return bytes;
    };
    const std::string millis = raw(9223371331199999000);
    const std::string micros = raw(9223371331199999999);
    const std::vector<MarkedValue> marked = {{2, false, MarkReason::kOutOfRange, millis},
                                             {3, false, MarkReason::kOutOfRange, micros}};
    const Bytes row = Bytes().integer(1, 14);
    ChangeFrame change = insert(row);
    change.marked = marked;
    EXPECT_EQ(encode(change)[0].images(),
              "{\"before\":null,\"after\":{\"id\":14,\"s3\":9224318015999999,"
              "\"z6\":\"+294276-12-31T23:59:59.999999Z\"},");
}

TEST(DebeziumJson, writes_dates_and_times) {
    Encoded dates(Table("dt", "dates")
                      .column("id", int4())
                      .column("d", date())
                      .column("d_nn", date(), true)
                      .primary_key({"id"}));
    const Bytes early = Bytes().integer(1, 13).integer(2, -2440222).integer(3, 2145042905);
    EXPECT_EQ(dates(insert(early))[0].images(), golden_images("open/json", "g.dt.dates", 6));

    Encoded times(Table("dt", "times")
                      .column("id", int4())
                      .column("t0", time().with(0))
                      .column("t3", time().with(3))
                      .column("t4", time().with(4))
                      .column("t6", time().with(6))
                      .column("t", time())
                      .column("tz", timetz())
                      .column("tz3", timetz().with(3))
                      .column("t_nn", time(), true)
                      .primary_key({"id"}));
    const Bytes row = Bytes()
                          .integer(1, 12)
                          .unsigned_integer(2, 86400000000)
                          .unsigned_integer(3, 86399999000)
                          .unsigned_integer(4, 86399999900)
                          .unsigned_integer(5, 86399999999)
                          .unsigned_integer(6, 86399999999)
                          .text(7, "23:59:59.999999+15:59")
                          .text(8, "23:59:59.999-15:59")
                          .unsigned_integer(9, 43200000000);
    EXPECT_EQ(times(insert(row))[0].images(), golden_images("open/json", "g.dt.times", 3));
}

TEST(DebeziumJson, infinite_dates_are_the_servers_own_or_debeziums_by_choice) {
    const Table table = Table("dt", "dates")
                            .column("id", int4())
                            .column("d", date())
                            .column("d_nn", date(), true)
                            .primary_key({"id"});
    const Bytes row = Bytes().integer(1, 11).integer(2, 2147483647).integer(3, 2147483647);
    Encoded encode(table);
    EXPECT_EQ(encode(insert(row))[0].images(),
              "{\"before\":null,\"after\":{\"id\":11,\"d\":2147483647,\"d_nn\":2147483647},");
    EncodeOptions options;
    options.debezium_infinite_dates = true;
    Encoded exact(table, options);
    EXPECT_EQ(exact(insert(row))[0].images(), golden_images("open/json", "g.dt.dates", 4));
}

TEST(DebeziumJson, writes_intervals) {
    const Table table = Table("dt", "intervals")
                            .column("id", int4())
                            .column("i", interval())
                            .column("iy", interval())
                            .column("i_nn", interval(), true)
                            .primary_key({"id"});
    const Bytes row = Bytes()
                          .integer(1, 12)
                          .interval(2, -14, 3, -14706789000)
                          .interval(3, -14, 0, 0)
                          .interval(4, 0, 0, -1000000);
    Encoded numbers(table);
    EXPECT_EQ(numbers(insert(row))[0].images(), golden_images("open/json", "g.dt.intervals", 3));
    EncodeOptions options;
    options.interval = IntervalHandling::kString;
    Encoded texts(table, options);
    EXPECT_EQ(texts(insert(row))[0].images(), golden_images("open/opt-a", "g.dt.intervals", 3));
    const Bytes half = Bytes()
                           .integer(1, 16)
                           .interval(2, 0, 0, -500000)
                           .interval(3, 11, 0, 0)
                           .interval(4, 0, 0, 360000000000);
    EXPECT_EQ(texts(insert(half))[0].images(), golden_images("open/opt-a", "g.dt.intervals", 7));
    const Bytes beyond = Bytes().integer(1, 13).interval(2, 2136000000, 0, 0).interval(4, 0, 1, 0);
    EXPECT_TRUE(numbers(insert(beyond)).empty());
    EXPECT_EQ(numbers.status().error().name, ErrorName::kMarkedValue);
}

}  // namespace
}  // namespace penstock::test
