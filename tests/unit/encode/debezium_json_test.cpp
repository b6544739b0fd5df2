// debezium-json against the bytes of a live Debezium: each expectation is read from the captures,
// each input is what the plugin sends for the SQL of that capture.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "unit/encode/encoded.hpp"
#include "unit/encode/golden.hpp"

namespace penstock::test {
namespace {

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();

Table ints() {
    return Table("numbers", "ints")
        .column("id", int4())
        .column("b", bool_type())
        .column("i2", int2())
        .column("i4", int4())
        .column("i8", int8())
        .column("o", oid())
        .column("b_nn", bool_type(), true)
        .column("i2_nn", int2(), true)
        .column("i4_nn", int4(), true)
        .column("i8_nn", int8(), true)
        .primary_key({"id"});
}

TEST(DebeziumJson, writes_integers_as_debezium) {
    Encoded encode(ints());
    const Bytes low = Bytes()
                          .integer(1, 10)
                          .unsigned_integer(2, 0)
                          .integer(3, -32768)
                          .integer(4, -2147483648LL)
                          .integer(5, kMin64)
                          .unsigned_integer(6, 0)
                          .unsigned_integer(7, 1)
                          .integer(8, -32768)
                          .integer(9, -2147483648LL)
                          .integer(10, kMin64);
    const auto records = encode(insert(low));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].images(), golden_images("open/json", "g.numbers.ints", 2));
    EXPECT_EQ(records[0].key, "{\"id\":10}");

    const Bytes high = Bytes()
                           .integer(1, 11)
                           .unsigned_integer(2, 1)
                           .integer(3, 32767)
                           .integer(4, 2147483647)
                           .integer(5, kMax64)
                           .unsigned_integer(6, 4294967295U)
                           .unsigned_integer(7, 0)
                           .integer(8, 32767)
                           .integer(9, 2147483647)
                           .integer(10, kMax64);
    EXPECT_EQ(encode(insert(high))[0].images(), golden_images("open/json", "g.numbers.ints", 3));
}

TEST(DebeziumJson, writes_the_envelope_around_the_images) {
    Encoded encode(Table("texts", "nets").column("id", int4()).primary_key({"id"}));
    const auto records = encode(insert(Bytes().integer(1, 10)));
    EXPECT_EQ(*records[0].value,
              "{\"before\":null,\"after\":{\"id\":10},\"source\":{\"version\":\"3.6.1.Final\","
              "\"connector\":\"postgresql\",\"name\":\"g\",\"ts_ms\":1795233405296,\"snapshot\":"
              "\"false\","
              "\"db\":\"gold\",\"sequence\":\"[\\\"46178200\\\",\\\"46178232\\\"]\","
              "\"ts_us\":1795233405296334,\"ts_ns\":1795233405296334000,\"schema\":\"texts\","
              "\"table\":\"nets\",\"txId\":1473,\"lsn\":46178232,\"xmin\":null,\"origin\":null,"
              "\"origin_lsn\":null},\"transaction\":null,\"op\":\"c\",\"ts_ms\":1795233405324,"
              "\"ts_us\":1795233405324407,\"ts_ns\":1795233405324407954}");
    EXPECT_EQ(records[0].topic, 7U);
    EXPECT_TRUE(records[0].headers.empty());
}

TEST(DebeziumJson, a_deleted_row_has_a_tombstone_behind_it) {
    Encoded encode(
        Table("numbers", "bigkey").column("id", int8()).column("v", text()).primary_key({"id"}));
    const auto records = encode(remove(BeforeImage::kKey, Bytes().integer(1, 9007199254740993)));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].images(), golden_images("open/json", "g.numbers.bigkey", 1));
    EXPECT_EQ(records[1].key, "{\"id\":9007199254740993}");
    EXPECT_EQ(records[1].value, std::nullopt);
}

TEST(DebeziumJson, an_old_row_that_holds_the_key_only_invents_nothing) {
    Encoded encode(ints());
    const auto records = encode(remove(BeforeImage::kKey, Bytes().integer(1, 12)));
    EXPECT_EQ(records[0].images(),
              "{\"before\":{\"id\":12,\"b\":null,\"i2\":null,\"i4\":null,\"i8\":null,\"o\":null,"
              "\"b_nn\":null,\"i2_nn\":null,\"i4_nn\":null,\"i8_nn\":null},\"after\":null,");
}

TEST(DebeziumJson, old_row_zeros_copies_the_zeros_of_debezium) {
    EncodeOptions options;
    options.old_row_zeros = true;
    Encoded encode(ints(), options);
    const auto records = encode(remove(BeforeImage::kKey, Bytes().integer(1, 12)));
    EXPECT_EQ(records[0].images(), golden_images("open/json", "g.numbers.ints", 6));

    Encoded all(Table("ident", "pk")
                    .column("id", int4())
                    .column("a", text())
                    .column("b", int4(), true)
                    .column("c", numeric(5, 1), true)
                    .column("d", timestamptz(), true)
                    .column("e", bool_type(), true)
                    .column("f", jsonb(), true)
                    .column("g", uuid(), true)
                    .column("h", bytea(), true)
                    .column("i", int4().array_of(), true)
                    .column("j", date(), true)
                    .column("k", float8(), true)
                    .primary_key({"id"}),
                options);
    EXPECT_EQ(all(remove(BeforeImage::kKey, Bytes().integer(1, 12)))[0].images(),
              golden_images("open/json", "g.ident.pk", 10));
}

TEST(DebeziumJson, writes_floating_point_as_java) {
    Encoded encode(Table("numbers", "floats")
                       .column("id", int4())
                       .column("f4", float4())
                       .column("f8", float8())
                       .column("f8_nn", float8(), true)
                       .primary_key({"id"}));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    const auto expect = [&](const ChangeFrame& change, std::size_t offset) {
        EXPECT_EQ(encode(change)[0].images(),
                  golden_images("open/json", "g.numbers.floats", offset));
    };
    const Bytes zero = Bytes().integer(1, 10).real4(2, 0).real(3, 0).real(4, 0);
    expect(insert(zero), 3);
    const Bytes minus_zero = Bytes().integer(1, 11).real4(2, -0.0F).real(3, -0.0).real(4, -0.0);
    expect(insert(minus_zero), 4);
    const Bytes extreme = Bytes()
                              .integer(1, 12)
                              .real4(2, 3.4028235e38F)
                              .real(3, 1.7976931348623157e308)
                              .real(4, 4.9e-324);
    expect(insert(extreme), 5);
    // Java before 19, which made the captures, writes one digit of this float too many
    // (1.17549435E-38); both texts read back as the same value.
    const Bytes small = Bytes()
                            .integer(1, 13)
                            .real4(2, 1.17549435e-38F)
                            .real(3, 2.2250738585072014e-308)
                            .real(4, 0.1);
    EXPECT_EQ(encode(insert(small))[0].images(),
              "{\"before\":null,\"after\":{\"id\":13,\"f4\":1.1754944E-38,"
              "\"f8\":2.2250738585072014E-308,\"f8_nn\":0.1},");
    const Bytes not_a_number =
        Bytes().integer(1, 14).real4(2, static_cast<float>(nan)).real(3, nan).real(4, nan);
    expect(insert(not_a_number), 7);
    const Bytes infinite =
        Bytes().integer(1, 16).real4(2, static_cast<float>(-inf)).real(3, -inf).real(4, -inf);
    expect(insert(infinite), 9);
    const Bytes plain = Bytes().integer(1, 17).real4(2, 0.1F).real(3, 0.1).real(4, 1e15);
    expect(insert(plain), 10);
    const Bytes large =
        Bytes().integer(1, 18).real4(2, 1e10F).real(3, 1e21).real(4, 123456789012345680.0);
    expect(insert(large), 11);
    const Bytes borders = Bytes().integer(1, 20).real4(2, 16777216.0F).real(3, 100).real(4, 1e-7);
    expect(insert(borders), 13);
}

Table decimals() {
    return Table("numbers", "decimals")
        .column("id", int4())
        .column("n10_2", numeric(10, 2))
        .column("n20_0", numeric(20, 0))
        .column("n", numeric())
        .column("n_nn", numeric(8, 3), true)
        .column("m", money())
        .primary_key({"id"});
}

TEST(DebeziumJson, writes_decimals_as_unscaled_bytes) {
    Encoded encode(decimals());
    const Bytes high = Bytes()
                           .integer(1, 11)
                           .text(2, "99999999.99")
                           .text(3, "99999999999999999999")
                           .text(4, "123456789012345678901234567890.123456789")
                           .text(5, "99999.999")
                           .integer(6, kMax64);
    EXPECT_EQ(encode(insert(high))[0].images(),
              golden_images("open/json", "g.numbers.decimals", 4));
    const Bytes low = Bytes()
                          .integer(1, 12)
                          .text(2, "-99999999.99")
                          .text(3, "-99999999999999999999")
                          .text(4, "-0.000000000000000001")
                          .text(5, "-99999.999")
                          .integer(6, kMin64);
    EXPECT_EQ(encode(insert(low))[0].images(), golden_images("open/json", "g.numbers.decimals", 5));
    const Bytes wide = Bytes()
                           .integer(1, 13)
                           .text(2, "0.01")
                           .text(3, "1")
                           .text(4, "1" + std::string(100, '0'))
                           .text(5, "0.500")
                           .integer(6, 1);
    EXPECT_EQ(encode(insert(wide))[0].images(),
              golden_images("open/json", "g.numbers.decimals", 6));
    const Bytes sign_bit = Bytes()
                               .integer(1, 15)
                               .text(2, "-1.28")
                               .text(3, "-128")
                               .text(4, "1.10")
                               .text(5, "-1.280")
                               .integer(6, -128);
    EXPECT_EQ(encode(insert(sign_bit))[0].images(),
              golden_images("open/json", "g.numbers.decimals", 8));
}

TEST(DebeziumJson, a_numeric_that_is_no_number_stops_or_is_null_by_choice) {
    const Bytes row = Bytes()
                          .integer(1, 21)
                          .text(2, "1.00")
                          .text(3, "1")
                          .text(4, "NaN")
                          .text(5, "1.000")
                          .integer(6, 100);
    Encoded stops(decimals());
    EXPECT_TRUE(stops(insert(row)).empty());
    ASSERT_FALSE(stops.status());
    EXPECT_EQ(stops.status().error().name, ErrorName::kMarkedValue);
    EXPECT_NE(stops.status().error().message.find("numbers.decimals.n"), std::string::npos);

    EncodeOptions options;
    options.unrepresentable = UnrepresentableValues::kNull;
    Encoded nulls(decimals(), options);
    EXPECT_EQ(nulls(insert(row))[0].images(), golden_images("open/json", "g.numbers.decimals", 11));
    const Bytes not_null = Bytes().integer(1, 24).text(5, "NaN");
    EXPECT_TRUE(nulls(insert(not_null)).empty());
    EXPECT_EQ(nulls.status().error().name, ErrorName::kMarkedValue);
}

TEST(DebeziumJson, decimal_handling_string_and_double) {
    const Bytes low = Bytes()
                          .integer(1, 12)
                          .text(2, "-99999999.99")
                          .text(3, "-99999999999999999999")
                          .text(4, "-0.000000000000000001")
                          .text(5, "-99999.999")
                          .integer(6, kMin64);
    const Bytes special = Bytes()
                              .integer(1, 23)
                              .text(2, "1.00")
                              .text(3, "1")
                              .text(4, "-Infinity")
                              .text(5, "1.000")
                              .integer(6, 100);
    EncodeOptions options;
    options.decimal = DecimalHandling::kString;
    Encoded texts(decimals(), options);
    EXPECT_EQ(texts(insert(low))[0].images(), golden_images("open/opt-a", "g.numbers.decimals", 5));
    EXPECT_EQ(texts(insert(special))[0].images(),
              golden_images("open/opt-a", "g.numbers.decimals", 13));
    options.decimal = DecimalHandling::kDouble;
    Encoded doubles(decimals(), options);
    EXPECT_EQ(doubles(insert(low))[0].images(),
              golden_images("open/opt-b", "g.numbers.decimals", 5));
    EXPECT_EQ(doubles(insert(special))[0].images(),
              golden_images("open/opt-b", "g.numbers.decimals", 13));
}

TEST(DebeziumJson, escapes_strings_as_jackson) {
    Encoded encode(Table("texts", "strings")
                       .column("id", int4())
                       .column("t", text())
                       .column("v", text())
                       .column("v_any", text())
                       .column("c", text())
                       .column("nm", name())
                       .column("ci", text())
                       .column("x", text())
                       .column("t_nn", text(), true)
                       .primary_key({"id"}));
    const Bytes row = Bytes()
                          .integer(1, 11)
                          .text(2, "tab\there newline\nquote\" back\\slash")
                          .text(3, "na\xC3\xAFve caf\xC3\xA9")
                          .text(4, "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E")
                          .text(5, "abcde")
                          .text(7, "\xC3\x80\xC3\x89")
                          .text(8, "<!-- c --><z/>")
                          .text(9, "\xF0\x9F\x98\x80 emoji");
    EXPECT_EQ(encode(insert(row))[0].images(), golden_images("open/json", "g.texts.strings", 2));
    const Bytes control = Bytes().integer(1, 12).text(9, "control \x01\x1f end");
    EXPECT_EQ(encode(insert(control))[0].images(),
              golden_images("open/json", "g.texts.strings", 3));
}

TEST(DebeziumJson, writes_bits_bytes_and_points) {
    Encoded bits(Table("special", "bits")
                     .column("id", int4())
                     .column("b1", bit().with(1))
                     .column("b8", bit().with(8))
                     .column("b13", bit().with(13))
                     .column("vb", varbit())
                     .column("vb10", varbit().with(10))
                     .column("vb1", varbit().with(1))
                     .column("b1_nn", bit().with(1), true)
                     .column("b8_nn", bit().with(8), true)
                     .primary_key({"id"}));
    const Bytes row = Bytes()
                          .integer(1, 10)
                          .text(2, "0")
                          .text(3, "00000001")
                          .text(4, "0000000000001")
                          .text(5, "")
                          .text(6, "")
                          .text(7, "0")
                          .text(8, "1")
                          .text(9, "11111111");
    EXPECT_EQ(bits(insert(row))[0].images(), golden_images("open/json", "g.special.bits", 1));

    Encoded points(Table("special", "geo")
                       .column("id", int4())
                       .column("p", point())
                       .column("p_nn", point(), true)
                       .primary_key({"id"}));
    const Bytes far = Bytes().integer(1, 10).text(2, "(-1.5,1e+300)").text(3, "(NaN,Infinity)");
    EXPECT_EQ(points(insert(far))[0].images(), golden_images("open/json", "g.special.geo", 1));

    Encoded documents(Table("texts", "docs")
                          .column("id", int4())
                          .column("ba", bytea())
                          .column("u", uuid())
                          .primary_key({"id"}));
    const Bytes document =
        Bytes().integer(1, 10).text(2, std::string("\xde\xad\xbe\xef\0\xff", 6)).uuid(3, 0x1a);
    EXPECT_EQ(documents(insert(document))[0].images(),
              "{\"before\":null,\"after\":{\"id\":10,\"ba\":\"3q2+7wD/\","
              "\"u\":\"00000000-0000-0000-0000-00000000001a\"},");
}

TEST(DebeziumJson, writes_hstore_in_the_order_of_a_java_hash_map) {
    Encoded encode(
        Table("texts", "nets").column("id", int4()).column("h", hstore()).primary_key({"id"}));
    const Bytes row = Bytes().integer(1, 10).text(
        2, "\"b\"=>NULL, \"n\"=>\"1\", \"k y\"=>\"v\\\"1\", \"new\"=>\"1\"");
    EXPECT_EQ(encode(insert(row))[0].images(),
              "{\"before\":null,\"after\":{\"id\":10,\"h\":\"{\\\"new\\\":\\\"1\\\",\\\"b\\\":null,"
              "\\\"k y\\\":\\\"v\\\\\\\"1\\\",\\\"n\\\":\\\"1\\\"}\"},");
}

TEST(DebeziumJson, writes_arrays) {
    Encoded encode(Table("arrays", "a")
                       .column("id", int4())
                       .column("i4", int4().array_of())
                       .column("t", text().array_of())
                       .column("n", numeric(10, 2).array_of())
                       .column("f8", float8().array_of())
                       .column("ts", timestamp().array_of())
                       .primary_key({"id"}));
    const Bytes row = Bytes()
                          .integer(1, 11)
                          .text(2, ArrayBytes({1}).integers({1, -2147483648LL}))
                          .text(3, ArrayBytes({1}).texts({"a", "NULL", "", ",", "q\"b"}))
                          .text(4, ArrayBytes({1}).texts({"1.50", "-0.01"}))
                          .text(5, ArrayBytes({2}).reals({std::nan(""), HUGE_VAL, -0.0}))
                          .text(6, ArrayBytes({1}).fixed({123456}));
    EXPECT_EQ(encode(insert(row))[0].images(),
              "{\"before\":null,\"after\":{\"id\":11,\"i4\":[1,null,-2147483648],"
              "\"t\":[\"a\",null,\"NULL\",\"\",\",\",\"q\\\"b\"],\"n\":[\"AJY=\",null,\"/w==\"],"
              "\"f8\":[\"NaN\",\"Infinity\",null,-0.0],\"ts\":[123456,null]},");
    const Bytes nested = Bytes()
                             .integer(1, 13)
                             .text(2, ArrayBytes({}, {2, 2}).integers({1, 2, 3, 4}))
                             .text(3, ArrayBytes().texts({}));
    EXPECT_EQ(encode(insert(nested))[0].images(),
              "{\"before\":null,\"after\":{\"id\":13,\"i4\":[[1,2],[3,4]],\"t\":[],\"n\":null,"
              "\"f8\":null,\"ts\":null},");
}

TEST(DebeziumJson, unknown_types_are_text_or_left_out) {
    const Table table = Table("special", "unmapped")
                            .column("id", int4())
                            .column("l", pg_lsn())
                            .column("q", tsquery())
                            .primary_key({"id"});
    const Bytes row = Bytes().integer(1, 1).unsigned_integer(2, 0x16B3748).text(3, "'fat'");
    Encoded texts(table);
    EXPECT_EQ(texts(insert(row))[0].images(),
              "{\"before\":null,\"after\":{\"id\":1,\"l\":\"0/16B3748\",\"q\":\"'fat'\"},");
    EncodeOptions options;
    options.unknown_types = UnknownTypes::kOmit;
    Encoded omits(table, options);
    EXPECT_EQ(omits(insert(row))[0].images(), "{\"before\":null,\"after\":{\"id\":1},");
}

TEST(DebeziumJson, a_broken_row_is_named_and_writes_nothing) {
    Encoded encode(ints());
    const std::string good = Bytes().integer(1, 10).text(2, "x").get();
    ChangeFrame change = insert(Bytes().integer(1, 1));
    for (const std::string_view bytes : {std::string_view(good), std::string_view("\x08", 1),
                                         std::string_view("\xFA\x01\x02x", 4)}) {
        change.after = bytes;
        EXPECT_TRUE(encode(change).empty());
        ASSERT_FALSE(encode.status());
        EXPECT_EQ(encode.status().error().name, ErrorName::kFrameInvalid);
    }
    change.relation_id = 2;
    EXPECT_TRUE(encode(change).empty());
    EXPECT_EQ(encode.status().error().name, ErrorName::kRelationUnknown);
}

}  // namespace
}  // namespace penstock::test
