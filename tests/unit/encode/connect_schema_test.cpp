// The schemas in debezium-json with schemas enabled, and the defaults in them, against the texts of
// a live Debezium.
#include <gtest/gtest.h>

#include "encode/default_value.hpp"
#include "encode/text_literal.hpp"
#include "unit/encode/encoded.hpp"
#include "unit/encode/golden.hpp"

namespace penstock::test {
namespace {

// The text from "schema" up to the payload.
std::string schema_part(const std::string& text) {
    return text.substr(0, text.find(",\"payload\":"));
}

std::string golden_schema(const std::string& topic, std::size_t offset) {
    return schema_part(golden_records("open/json-schema", topic).at(offset).value.value());
}

EncodeOptions with_schemas() {
    EncodeOptions options;
    options.schemas_enable = true;
    options.unrepresentable = UnrepresentableValues::kNull;
    return options;
}

TEST(ConnectSchema, equals_debeziums_for_numbers) {
    Encoded encode(Table("numbers", "decimals")
                       .column("id", int4())
                       .column("n10_2", numeric(10, 2))
                       .column("n20_0", numeric(20, 0))
                       .column("n", numeric())
                       .column("n_nn", numeric(8, 3), true)
                       .column("m", money())
                       .primary_key({"id"}),
                   with_schemas());
    const auto records = encode(insert(Bytes().integer(1, 10).text(5, "0.000")));
    EXPECT_EQ(schema_part(*records[0].value), golden_schema("g.numbers.decimals", 3));
    EXPECT_EQ(records[0].key,
              "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\","
              "\"optional\":false,\"field\":\"id\"}],\"optional\":false,"
              "\"name\":\"g.numbers.decimals.Key\"},\"payload\":{\"id\":10}}");
    EXPECT_EQ(records[0].value->back(), '}');
}

TEST(ConnectSchema, equals_debeziums_for_bits_points_and_enums) {
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
                     .primary_key({"id"}),
                 with_schemas());
    const Bytes row = Bytes().integer(1, 12).text(8, "0").text(9, "10000001");
    EXPECT_EQ(schema_part(*bits(insert(row))[0].value), golden_schema("g.special.bits", 1));

    Encoded points(Table("special", "geo")
                       .column("id", int4())
                       .column("p", point())
                       .column("p_nn", point(), true)
                       .primary_key({"id"}),
                   with_schemas());
    const Bytes place = Bytes().integer(1, 11).text(3, "(1,1)");
    EXPECT_EQ(schema_part(*points(insert(place))[0].value), golden_schema("g.special.geo", 1));

    const Type inet{869, "inet", ValueKind::kText};
    Encoded nets(Table("texts", "nets")
                     .column("id", int4())
                     .column("i", inet)
                     .column("ci", inet)
                     .column("m", inet)
                     .column("m8", inet)
                     .enum_column("e", {"sad", "ok", "happy"})
                     .enum_column("e_nn", {"sad", "ok", "happy"}, true)
                     .column("h", hstore())
                     .column("lt", ltree())
                     .column("tv", {3614, "tsvector", ValueKind::kText})
                     .primary_key({"id"}),
                 with_schemas());
    const Bytes net = Bytes().integer(1, 12).text(7, "ok");
    EXPECT_EQ(schema_part(*nets(insert(net))[0].value), golden_schema("g.texts.nets", 3));
}

TEST(ConnectSchema, equals_debeziums_for_times) {
    Encoded encode(Table("dt", "stamps")
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
                       .primary_key({"id"}),
                   with_schemas());
    const Bytes row = Bytes().integer(1, 16).fixed(10, 0).fixed(11, 0);
    EXPECT_EQ(schema_part(*encode(insert(row))[0].value), golden_schema("g.dt.stamps", 8));
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
    table.column("gen", int4());
    table.find("gen").generated = 's';
    table.find("gen").default_expression = "(a_nn * 2)";
    return table.primary_key({"id"}).identity(ReplicaIdentity::kFull);
}

TEST(ConnectSchema, shows_the_defaults_that_debezium_shows) {
    const auto relation = defaults().build();
    Encoded encode(defaults(), with_schemas());
    const Bytes row = Bytes().integer(1, 4);
    const auto records = encode(insert(row));
    EXPECT_EQ(schema_part(*records[0].value), golden_schema("g.dd.defaults", 6));
    EXPECT_EQ(schema_part(*records[0].key),
              schema_part(golden_records("open/json-schema", "g.dd.defaults")[6].key.value()));
}

TEST(ConnectSchema, a_doubled_quote_ends_a_default_in_3_6_only) {
    const auto relation = defaults().build();
    const Column& column = relation->columns[7];
    const ValueType type = value_type(column, {});
    EXPECT_EQ(default_value(column, type, DebeziumCompat::k36)->bytes, "x");
    EXPECT_EQ(default_value(column, type, DebeziumCompat::k37)->bytes, "x'y");
}

TEST(TextLiteral, reads_what_postgresql_writes) {
    EXPECT_EQ(parse_date("0044-03-15 BC"), -735160);
    EXPECT_EQ(parse_date("2024-02-29"), 19782);
    EXPECT_EQ(parse_date("2024-13-01"), std::nullopt);
    EXPECT_EQ(parse_timestamp("1969-12-31 23:59:59.999999"), -1);
    EXPECT_EQ(parse_timestamp("2024-06-01 12:00:00.1002-07:30"), 1717270200100200);
    EXPECT_EQ(parse_timestamp("2024-06-01 12:00"), std::nullopt);
    EXPECT_EQ(parse_time("24:00:00"), 86400000000);
    EXPECT_EQ(parse_interval_message("-1 years -2 mons +3 days -04:05:06.789"),
              std::string("\x08\x1b\x10\x06\x18\x8f\xaa\xbe\xc9\x6d"));
    EXPECT_EQ(parse_interval_message("soon"), std::nullopt);
    EXPECT_EQ(parse_uuid("a0eebc99"), std::nullopt);
}

}  // namespace
}  // namespace penstock::test
