// debezium-avro and flat-avro: schemas and records against those of a live Debezium.
#include <limits>

#include <gtest/gtest.h>

#include "encode/avro_name.hpp"
#include "encode/murmur2.hpp"
#include "unit/encode/encoded.hpp"
#include "unit/encode/golden_avro.hpp"

namespace penstock::test {
namespace {

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::uint32_t kKeyId = 0x01020304;
constexpr std::uint32_t kValueId = 258;

EncodeOptions avro(ValueFormat format = ValueFormat::kDebeziumAvro) {
    EncodeOptions options;
    options.format = format;
    options.topic_prefix = "g";
    options.database = "gold";
    return options;
}

TopicRoute keyed(std::int32_t partitions = 1) {
    return {7, partitions, {kKeyId, kValueId}};
}

TopicRoute keyless() {
    return {7, 1, {kValueId}};
}

std::vector<SchemaText> schemas(const Table& table, const EncodeOptions& options = avro()) {
    return make_encoder(options).value()->schemas_of(*table.build());
}

// The key's and the value's schema are those that were registered for the topic.
void expect_golden_schemas(const Table& table, const std::string& topic, int version = 1) {
    for (const SchemaText& schema : schemas(table)) {
        const bool key = schema.subject == topic + "-key";
        EXPECT_EQ(schema.type, "AVRO");
        EXPECT_EQ(schema.text, golden_avro_schema(schema.subject, key ? 1 : version));
    }
    EXPECT_EQ(schemas(table).back().subject, topic + "-value");
}

std::string images(const EncodedRecord& record) {
    return avro_images(avro_body(record.value.value()));
}

std::string golden_images_of(const std::string& topic, std::size_t offset) {
    return avro_images(golden_avro(topic, offset).value.value());
}

TEST(DebeziumAvro, notes_of_the_source_s_types_are_in_rows_and_not_in_keys) {
    const Table table = Table("s", "t").column("id", text()).primary_key({"id"});
    for (const ValueFormat format : {ValueFormat::kDebeziumAvro, ValueFormat::kFlatAvro}) {
        const auto bare = schemas(table, avro(format));
        EncodeOptions options = avro(format);
        options.shape.source_type = {".*"};
        const auto noted = schemas(table, options);
        EXPECT_EQ(noted.at(0), bare.at(0));
        EXPECT_EQ(bare.at(1).text.find("__debezium.source.column.type"), std::string::npos);
        EXPECT_NE(noted.at(1).text.find("__debezium.source.column.type"), std::string::npos);
    }
}

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

Table points() {
    return Table("special", "geo")
        .column("id", int4())
        .column("p", point())
        .column("p_nn", point(), true)
        .primary_key({"id"});
}

Table two_columns() {
    return Table("ident", "pk2")
        .column("x", int4())
        .column("y", text())
        .column("v", text())
        .primary_key({"y", "x"});
}

Table short_text(const char* schema, const char* table) {
    return Table(schema, table).column("id", int4()).column("v", text()).primary_key({"id"});
}

TEST(AvroSchema, equals_debeziums_for_numbers_points_and_keys) {
    expect_golden_schemas(ints(), "g.numbers.ints");
    expect_golden_schemas(decimals(), "g.numbers.decimals");
    expect_golden_schemas(points(), "g.special.geo");
    expect_golden_schemas(two_columns(), "g.ident.pk2");
    expect_golden_schemas(Table("ident", "nopk").column("id", int4()).column("a", text()),
                          "g.ident.nopk");
}

TEST(AvroSchema, equals_debeziums_for_names_that_avro_does_not_have) {
    expect_golden_schemas(Table("Names Mixed", "Camel")
                              .column("Id", int4())
                              .column("Mixed Col", text())
                              .column("hy-phen", int4())
                              .column("select", text())
                              .primary_key({"Id"}),
                          "g.Names_Mixed.Camel");
    expect_golden_schemas(
        Table("names", "9lead").column("9id", int4()).column("2nd", text()).primary_key({"9id"}),
        "g.names.9lead");
    expect_golden_schemas(short_text("names", "hy-phen"), "g.names.hy-phen");
    expect_golden_schemas(short_text("names", "with space"), "g.names.with_space");
}

Table defaults() {
    Table table("dd", "defaults");
    const auto add = [&](const char* column, const Type& type, bool not_null,
                         const char* expression) {
        table.column(column, type, not_null);
        if (expression != nullptr) table.find(column).default_expression = expression;
    };
    add("id", int4(), true, "nextval('dd.defaults_id_seq'::regclass)");
    add("idn", int4(), true, nullptr);
    add("a", int4(), false, nullptr);
    add("a_nn", int4(), true, nullptr);
    add("b", int4(), false, "55");
    add("b_nn", int4(), true, "6");
    add("c", text(), false, "'dflt'::text");
    add("c_nn", text(), true, "'x''y'::text");
    add("d", numeric(6, 2), false, "1.25");
    add("d_nn", numeric(6, 2), true, "2.5");
    add("e", timestamptz(), false, "now()");
    add("e_nn", timestamptz(), true, "now()");
    add("f", date(), false, "'2020-01-02'::date");
    add("f_nn", timestamp(), true, "'2020-01-02 03:04:05.678901'::timestamp without time zone");
    add("g", bool_type(), false, "true");
    add("g_nn", bool_type(), true, "false");
    add("h", uuid(), false, "gen_random_uuid()");
    add("h_nn", uuid(), true, "'00000000-0000-0000-0000-00000000000a'::uuid");
    add("i", jsonb(), false, "'{\"a\": 1}'::jsonb");
    add("i_nn", jsonb(), true, "'{}'::jsonb");
    add("j", int8(), false, "nextval('dd.sq'::regclass)");
    add("j_nn", int8(), true, "nextval('dd.sq'::regclass)");
    add("k", float8(), false, "1.5");
    add("k_nn", float4(), true, "'-2.5'::numeric");
    add("l", bytea(), false, "'\\x01'::bytea");
    add("l_nn", bytea(), true, "'\\x02'::bytea");
    add("m", int4().array_of(), false, "'{1,2}'::integer[]");
    add("m_nn", int4().array_of(), true, "'{}'::integer[]");
    add("n", interval(), false, "'1 day'::interval");
    add("n_nn", text(), true, "CURRENT_USER");
    return table.primary_key({"id"});
}

TEST(AvroSchema, shows_the_defaults_that_debezium_shows) {
    expect_golden_schemas(defaults(), "g.dd.defaults", 2);
}

TEST(AvroSchema, leaves_out_what_avro_has_no_right_text_for) {
    Table table("public", "odd");
    table.column("id", int4()).column("nan", float8()).column("place", point());
    table.find("nan").default_expression = "'NaN'::double precision";
    table.find("place").default_expression = "'(1,2)'::point";
    const std::string text = schemas(table.primary_key({"id"})).back().text;
    EXPECT_NE(text.find(R"({"name":"nan","type":["null","double"],"default":null})"), text.npos);
    EXPECT_EQ(text.find(R"("default":{)"), text.npos);
    // A decimal that Avro forbids keeps its bare properties.
    const Table wide = Table("public", "wide").column("n", numeric(3, 5));
    const std::string decimal = schemas(wide).back().text;
    EXPECT_NE(decimal.find(R"("scale":5,"precision":3)"), decimal.npos);
    EXPECT_EQ(decimal.find("logicalType"), decimal.npos);
}

TEST(AvroSchema, connects_times_have_avros_logical_types) {
    EncodeOptions options = avro();
    options.time = TimePrecision::kConnect;
    const std::string text =
        schemas(Table("public", "times").column("d", date()).column("t", time()), options)
            .back()
            .text;
    EXPECT_NE(text.find(R"({"type":"int","connect.version":1,"connect.name":)"
                        R"("org.apache.kafka.connect.data.Date","logicalType":"date"})"),
              text.npos);
    EXPECT_NE(text.find(R"("logicalType":"time-millis")"), text.npos);
}

TEST(DebeziumAvro, writes_integers_as_debezium) {
    Encoded encode(ints(), avro(), keyed());
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
    EXPECT_EQ(images(records[0]), golden_images_of("g.numbers.ints", 2));
    EXPECT_EQ(records[0].key, std::string("\0\1\2\3\4\x14", 6));
    EXPECT_EQ(records[0].value->substr(0, 5), std::string("\0\0\0\1\2", 5));
}

TEST(DebeziumAvro, writes_decimals_as_debezium) {
    Encoded encode(decimals(), avro(), keyed());
    const Bytes high = Bytes()
                           .integer(1, 11)
                           .text(2, "99999999.99")
                           .text(3, "99999999999999999999")
                           .text(4, "123456789012345678901234567890.123456789")
                           .text(5, "99999.999")
                           .integer(6, kMax64);
    EXPECT_EQ(images(encode(insert(high))[0]), golden_images_of("g.numbers.decimals", 4));
    const Bytes sign_bit = Bytes()
                               .integer(1, 15)
                               .text(2, "-1.28")
                               .text(3, "-128")
                               .text(4, "1.10")
                               .text(5, "-1.280")
                               .integer(6, -128);
    EXPECT_EQ(images(encode(insert(sign_bit))[0]), golden_images_of("g.numbers.decimals", 8));
}

TEST(DebeziumAvro, writes_points_and_the_whole_envelope_as_debezium) {
    Encoded encode(points(), avro(), keyed());
    const Bytes far = Bytes().integer(1, 10).text(2, "(-1.5,1e+300)").text(3, "(NaN,Infinity)");
    EXPECT_EQ(images(encode(insert(far))[0]), golden_images_of("g.special.geo", 1));

    Encoded one(Table("texts", "nets").column("id", int4()).primary_key({"id"}), avro(), keyed());
    const auto bytes = [](std::string_view text) {
        return static_cast<char>(2 * text.size()) + std::string(text);
    };
    const std::string nulls(3, '\0');
    const std::string expected =
        std::string("\0\2\x14", 3) + bytes("3.6.1.Final") + bytes("postgresql") + bytes("g") +
        "\xe0\xe5\xfe\xc3\xbf\x68" + '\0' + bytes("false") + bytes("gold") + '\2' +
        bytes("[\"46178200\",\"46178232\"]") + "\2\x9c\xfb\xca\x96\xab\xb0\xb0\x06" +
        "\2\xe0\xd2\xd2\xb9\xa8\xd1\xf9\xe9\x31" + bytes("texts") + bytes("nets") + "\2\x82\x17" +
        "\2\xf0\xfe\x84\x2c" + nulls + '\0' + bytes("c") + "\2\x98\xe6\xfe\xc3\xbf\x68" +
        "\2\xee\xb1\xce\x96\xab\xb0\xb0\x06" + "\2\xa4\xd2\xb5\xd4\xa8\xd1\xf9\xe9\x31";
    EXPECT_EQ(avro_body(*one(insert(Bytes().integer(1, 10)))[0].value), expected);
}

TEST(DebeziumAvro, a_key_change_is_three_records_whose_headers_are_text) {
    Encoded encode(two_columns(), avro(), keyed());
    const Bytes before = Bytes().integer(1, 1).text(2, "k");
    const Bytes after = Bytes().integer(1, 1).text(2, "k2").text(3, "w");
    const auto records = encode(update(BeforeImage::kKey, before, after));
    ASSERT_EQ(records.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const GoldenRecord golden = golden_avro("g.ident.pk2", 3 + i);
        EXPECT_EQ(avro_body(*records[i].key), golden.key);
        EXPECT_EQ(records[i].headers, golden.headers);
    }
    EXPECT_EQ(images(records[0]), golden_images_of("g.ident.pk2", 3));
    EXPECT_EQ(records[1].value, std::nullopt);
    EXPECT_EQ(images(records[2]), golden_images_of("g.ident.pk2", 5));
}

TEST(DebeziumAvro, an_old_row_that_holds_the_key_only_has_zeros_where_avro_has_no_null) {
    Encoded encode(Table("ident", "pk")
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
                   avro(), keyed());
    EXPECT_EQ(images(encode(remove(BeforeImage::kKey, Bytes().integer(1, 12)))[0]),
              golden_images_of("g.ident.pk", 10));
}

TEST(DebeziumAvro, a_value_without_a_place_stops_or_is_null_by_choice) {
    const Bytes row = Bytes().integer(1, 21).text(2, "NaN").text(5, "1.000").integer(6, 100);
    Encoded stops(decimals(), avro(), keyed());
    EXPECT_TRUE(stops(insert(row)).empty());
    EXPECT_EQ(stops.status().error().name, ErrorName::kMarkedValue);

    EncodeOptions options = avro();
    options.unrepresentable = UnrepresentableValues::kNull;
    Encoded nulls(decimals(), options, keyed());
    const auto records = nulls(insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(images(records[0]).substr(0, 6), std::string("\0\2\x2a\0\0\0", 6));
    EXPECT_TRUE(nulls(insert(Bytes().integer(1, 24).text(5, "NaN"))).empty());
    EXPECT_EQ(nulls.status().error().name, ErrorName::kMarkedValue);
    // A null in a column that is NOT NULL has no place either.
    EXPECT_TRUE(nulls(insert(Bytes().integer(1, 25))).empty());
    EXPECT_EQ(nulls.status().error().name, ErrorName::kMarkedValue);
}

TEST(DebeziumAvro, a_default_turns_the_union_around) {
    Table table = short_text("public", "t");
    table.find("v").default_expression = "'d'::text";
    Encoded encode(table, avro(), keyed());
    EXPECT_EQ(images(encode(insert(Bytes().integer(1, 1).text(2, "x")))[0]),
              std::string("\0\2\2\0\2x", 6));
    EXPECT_EQ(images(encode(insert(Bytes().integer(1, 1)))[0]), std::string("\0\2\2\2", 4));
}

TEST(DebeziumAvro, an_array_is_one_block_and_its_nulls_are_branches) {
    Encoded encode(Table("public", "a")
                       .column("id", int4())
                       .column("n", numeric(4, 1).array_of())
                       .primary_key({"id"}),
                   avro(), keyed());
    const std::string array = ArrayBytes({1}).texts({"1.5", "-2.0"});
    EXPECT_EQ(images(encode(insert(Bytes().integer(1, 1).text(2, array)))[0]),
              std::string("\0\2\2\2\6\2\2\x0f\0\2\2\xec\0", 13));
    const std::string empty = ArrayBytes().texts({});
    EXPECT_EQ(images(encode(insert(Bytes().integer(1, 1).text(2, empty)))[0]),
              std::string("\0\2\2\2\0", 5));
}

TEST(DebeziumAvro, the_stable_partitioner_does_not_see_the_schemas_id) {
    EncodeOptions options = avro();
    const Bytes row = Bytes().integer(1, 4711);
    Encoded kafka(short_text("public", "t"), options, keyed(1000));
    const auto framed = kafka(insert(row));
    EXPECT_EQ(framed[0].partition, partition_of(*framed[0].key, 1000));
    options.partitioner = Partitioner::kStable;
    Encoded stable(short_text("public", "t"), options, keyed(1000));
    EXPECT_EQ(stable(insert(row))[0].partition, partition_of(avro_body(*framed[0].key), 1000));
}

TEST(DebeziumAvro, names_that_meet_are_refused) {
    const Table columns = Table("public", "t").column("a-b", int4()).column("a_b", int4());
    const auto encoder = std::move(make_encoder(avro()).value());
    const auto refused = encoder->topic_of(*columns.build());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kSchemaInvalid);

    // Two tables may meet in one name as long as they have the same columns.
    const auto with_id = [](const Table& table, std::uint32_t id) {
        auto relation = std::make_shared<Relation>(*table.build());
        relation->id = id;
        return relation;
    };
    EXPECT_TRUE(encoder->prepare(with_id(short_text("s", "hy-phen"), 1), keyed()));
    EXPECT_TRUE(encoder->prepare(with_id(short_text("s", "hy_phen"), 2), keyed()));
    const Table other = short_text("s", "hy_phen").column("more", int4());
    const Status met = encoder->prepare(with_id(other, 3), keyed());
    ASSERT_FALSE(met);
    EXPECT_EQ(met.error().name, ErrorName::kSchemaInvalid);
    EXPECT_NE(met.error().detail.find("g.s.hy_phen"), std::string::npos);
}

TEST(DebeziumAvro, a_plan_without_the_ids_of_its_schemas_is_refused) {
    EXPECT_FALSE(Encoded(ints(), avro(), {7, 1}).prepared());
    EXPECT_FALSE(Encoded(ints(), avro(), keyless()).prepared());
    EXPECT_TRUE(Encoded(ints(), avro(), keyed()).prepared());
    EXPECT_TRUE(Encoded(Table("s", "t").column("a", text()), avro(), keyless()).prepared());
}

TEST(AvroName, is_legal_and_our_own_is_injective) {
    EXPECT_EQ(avro_field_name("$d"), "_d");
    EXPECT_EQ(avro_field_name("9id"), "_9id");
    EXPECT_EQ(avro_field_name("\xC3\xBCn\xC3\xAF"), "_n_");
    EXPECT_EQ(avro_field_name("\xF0\x9F\x98\x80"), "__");
    EXPECT_EQ(avro_field_name("a.b"), "a_b");
    EXPECT_EQ(avro_record_name("g.names.hy-phen"), "g.names.hy_phen");
    EXPECT_EQ(injective_avro_name("g.s.hy-phen"), "g.s.hy_x2Dphen");
    EXPECT_EQ(injective_avro_name("g.s.hy_x2Dphen"), "g.s.hy_x5Fx2Dphen");
    EXPECT_EQ(injective_avro_name("g.9.t"), "g._x39.t");
}

TEST(FlatAvro, is_the_row_with_fields_of_ours_behind_it) {
    const EncodeOptions options = avro(ValueFormat::kFlatAvro);
    const Table table = short_text("public", "t").column("n", int4(), true);
    const auto texts = schemas(table, options);
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(texts[0].subject, "g.public.t-key");
    EXPECT_EQ(texts[0].text, R"({"type":"record","name":"Key","namespace":"g.public.t","fields":[)"
                             R"({"name":"id","type":"int"}]})");
    EXPECT_EQ(texts[1].text,
              R"({"type":"record","name":"Row","namespace":"g.public.t","fields":[)"
              R"({"name":"id","type":"int"},{"name":"v","type":["null","string"],"default":null},)"
              R"({"name":"n","type":["null","int"],"default":null},)"
              R"({"name":"__op","type":"string"},{"name":"__deleted","type":"boolean"},)"
              R"({"name":"__lsn","type":"long"},{"name":"__ordinal","type":"long"},)"
              R"({"name":"__unchanged","type":{"type":"array","items":"string"},"default":[]}]})");
    Encoded encode(table, options, keyed());
    const Bytes row = Bytes().integer(1, 1).integer(3, 5);
    ChangeFrame changed = update(row);
    const std::vector<std::uint32_t> unchanged = {2};
    changed.unchanged = unchanged;
    const auto updated = encode(changed);
    ASSERT_EQ(updated.size(), 1U);
    EXPECT_EQ(avro_body(*updated[0].value),
              std::string("\2\0\2\x0a\2u\0\xf0\xfe\x84\x2c\0\2\2v\0", 16));
    const auto deleted = encode(remove(BeforeImage::kKey, Bytes().integer(1, 1)));
    ASSERT_EQ(deleted.size(), 2U);
    EXPECT_EQ(avro_body(*deleted[0].value), std::string("\2\0\0\2d\1\xf0\xfe\x84\x2c\0\0", 12));
    EXPECT_EQ(deleted[1].value, std::nullopt);
}

TEST(FlatAvro, a_column_with_the_name_of_a_field_of_ours_is_refused) {
    const auto encoder = std::move(make_encoder(avro(ValueFormat::kFlatAvro)).value());
    const auto refused = encoder->topic_of(*Table("s", "t").column("__op", text()).build());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, ErrorName::kSchemaInvalid);
}

}  // namespace
}  // namespace penstock::test
