// Geometric types, PostGIS's and pgvector's: against a live Debezium 3.7 where there is a capture;
// the rest by literal bytes, the PostGIS values being those of well-known places.
#include <bit>

#include <gtest/gtest.h>

#include "unit/encode/encoded.hpp"
#include "unit/encode/golden.hpp"

namespace penstock::test {
namespace {

Type of_extension(const std::string& name) {
    return {90010, "public." + name, ValueKind::kText};
}

Type shape(std::uint32_t oid, const std::string& name) {
    return {oid, name, ValueKind::kString};
}

Table shapes() {
    return Table("special", "geo")
        .column("id", int4())
        .column("p", point())
        .column("bx", shape(603, "box"))
        .column("ls", shape(601, "lseg"))
        .column("ln", shape(628, "line"))
        .column("pa", shape(602, "path"))
        .column("po", shape(604, "polygon"))
        .column("ci", shape(718, "circle"))
        .column("p_nn", point(), true)
        .primary_key({"id"});
}

EncodeOptions release(DebeziumCompat compat) {
    EncodeOptions options;
    options.compat = compat;
    return options;
}

TEST(Geometry, rows_and_schemas_are_those_of_debezium_3_7) {
    EncodeOptions options = release(DebeziumCompat::k37);
    options.schemas_enable = true;
    Encoded encode(shapes(), options);
    const Bytes row = Bytes()
                          .integer(1, 10)
                          .text(2, "(-1.5,1e+300)")
                          .text(3, "(0,0),(0,0)")
                          .text(4, "[(-1,-1),(1.5,2.5)]")
                          .text(5, "{0,-1,0}")
                          .text(6, "[(0,0),(1,1)]")
                          .text(7, "((0,0),(4,0),(4,4),(0,4))")
                          .text(8, "<(1,1),0>")
                          .text(9, "(NaN,Infinity)");
    const auto records = encode(insert(row));
    ASSERT_EQ(records.size(), 1U) << encode.status().error().message;
    const std::string golden =
        golden_records("open-3.7/json-schema", "g.special.geo").at(1).value.value();
    EXPECT_EQ(records[0].images(), golden.substr(0, golden.find("\"source\":{")));
}

TEST(Geometry, shapes_have_the_corners_that_debezium_gives_them) {
    Encoded encode(shapes(), release(DebeziumCompat::k37));
    const Bytes row = Bytes()
                          .integer(1, 1)
                          .text(2, "(1,2)")
                          .text(3, "(3,4),(1,2)")
                          .text(4, "[(0,0),(1,1)]")
                          .text(5, "{1,2,3}")
                          .text(6, "((0,0),(1,1),(2,0))")
                          .text(7, "((0,0),(0,1),(1,1))")
                          .text(8, "<(0,0),5>")
                          .text(9, "(0,0)");
    const auto records = encode(insert(row));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].images(), golden_images("open-3.7/json-schema", "g.special.geo", 0));
}

TEST(Geometry, debezium_3_6_has_no_structures_and_text_is_text) {
    Encoded encode(shapes());
    const auto records = encode(insert(Bytes().integer(1, 1).text(8, "<(0,0),5>")));
    EXPECT_NE(records.at(0).value->find(R"("ci":"<(0,0),5>")"), std::string::npos);
}

TEST(Geometry, a_ring_that_is_closed_gets_no_further_point) {
    Encoded encode(shapes(), release(DebeziumCompat::k37));
    const auto polygon = [&](const std::string& text) {
        const Bytes row = Bytes().integer(1, 1).text(7, text).text(9, "(0,0)");
        const std::string value = encode(insert(row)).at(0).value.value();
        return value.substr(value.find("\"po\""), value.find("\"ci\"") - value.find("\"po\""));
    };
    EXPECT_EQ(polygon("((0,0),(0,1),(1,1))"), polygon("((0,0),(0,1),(1,1),(0,0))"));
    EXPECT_NE(polygon("((0,0),(0,1),(1,1))"), polygon("((0,0),(0,1))"));
}

constexpr char kPlace[] = "0101000020730C00001C7C613255DE6540787AA52C435C42C0";
constexpr char kPlaceInBase64[] = "AQEAACBzDAAAHHxhMlXeZUB4eqUsQ1xCwA==";

Table places() {
    return Table("s", "places")
        .column("id", int4())
        .column("g", of_extension("geometry"))
        .column("e", of_extension("geography"))
        .column("gs", of_extension("geometry").array_of())
        .primary_key({"id"});
}

TEST(Geometry, postgis_is_binary_with_its_reference_system) {
    Encoded encode(places());
    const Bytes row = Bytes()
                          .integer(1, 1)
                          .text(2, kPlace)
                          .text(3, "010700000000000000")
                          .text(4, ArrayBytes({1}).texts({kPlace}));
    const std::string place = std::string(R"({"wkb":")") + kPlaceInBase64 + R"(","srid":3187})";
    EXPECT_EQ(encode(insert(row)).at(0).images(),
              R"({"before":null,"after":{"id":1,"g":)" + place +
                  R"(,"e":{"wkb":"AQcAAAAAAAAA","srid":null},"gs":[)" + place + R"(,null]},)");
    const Bytes big_endian = Bytes().integer(1, 1).text(2,
                                                        "0020000001"
                                                        "00000C73");
    EXPECT_NE(encode(insert(big_endian)).at(0).value->find(R"("srid":3187)"), std::string::npos);
}

TEST(Geometry, postgis_of_3_7_has_room_for_extensions_but_geographies_have_not) {
    Encoded encode(places(), release(DebeziumCompat::k37));
    const Bytes row = Bytes().integer(1, 1).text(2, kPlace).text(3, kPlace);
    const std::string value = encode(insert(row)).at(0).images();
    EXPECT_NE(value.find(R"("srid":3187,"extensions":null},"e")"), std::string::npos) << value;
    EXPECT_NE(value.find(R"("srid":3187},"gs")"), std::string::npos) << value;
}

TEST(Geometry, what_is_no_binary_has_no_place) {
    for (const char* text : {"POINT(1 2)", "0101", "01010000000", "0g0700000000000000"}) {
        Encoded encode(places());
        EXPECT_TRUE(encode(insert(Bytes().integer(1, 1).text(2, text))).empty()) << text;
        ASSERT_FALSE(encode.status()) << text;
        EXPECT_EQ(encode.status().error().name, ErrorName::kMarkedValue) << text;
    }
}

TEST(Geometry, a_column_that_old_rows_do_not_tell_has_an_empty_geometry) {
    EncodeOptions options;
    options.schemas_enable = true;
    Encoded encode(Table("s", "t")
                       .column("id", int4())
                       .column("g", of_extension("geometry"), true)
                       .column("v", of_extension("vector"), true)
                       .primary_key({"id"}),
                   options);
    const auto records = encode(remove(BeforeImage::kKey, Bytes().integer(1, 1)));
    EXPECT_NE(records.at(0).value->find(
                  R"("before":{"id":1,"g":{"wkb":"AQcAAAAAAAAA","srid":null},"v":[]})"),
              std::string::npos)
        << *records.at(0).value;
}

Table vectors() {
    return Table("s", "v")
        .column("id", int4())
        .column("d", of_extension("vector"))
        .column("h", of_extension("halfvec"))
        .column("s", of_extension("sparsevec"))
        .primary_key({"id"});
}

Bytes vector_row() {
    return Bytes().integer(1, 1).text(2, "[1,-2.5,1.1e-07]").text(3, "[0.1]").text(4, "{1:2}/3");
}

TEST(Vectors, are_lists_of_numbers) {
    EncodeOptions options;
    options.schemas_enable = true;
    Encoded encode(vectors(), options);
    const Bytes row = vector_row();
    const std::string value = encode(insert(row)).at(0).value.value();
    EXPECT_NE(value.find(R"("after":{"id":1,"d":[1.0,-2.5,1.1E-7],"h":[0.1],"s":"{1:2}/3"})"),
              std::string::npos)
        << value;
    EXPECT_NE(value.find(R"({"type":"array","items":{"type":"double","optional":false},)"
                         R"("optional":true,"name":"io.debezium.data.DoubleVector","version":1,)"
                         R"("field":"d"},{"type":"array","items":{"type":"float",)"
                         R"("optional":false},"optional":true,)"
                         R"("name":"io.debezium.data.FloatVector","version":1,"field":"h"})"),
              std::string::npos)
        << value;
}

TEST(Vectors, a_type_of_ones_own_with_that_name_is_text) {
    Table table = vectors();
    table.find("d").type_kind = 'c';
    Encoded encode(table);
    const Bytes row = Bytes().integer(1, 1).text(2, "(1,2)");
    EXPECT_NE(encode(insert(row)).at(0).value->find(R"x("d":"(1,2)")x"), std::string::npos);
}

template <class Number>
std::string little_endian(Number number) {
    return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

EncodeOptions avro(DebeziumCompat compat = DebeziumCompat::k36) {
    EncodeOptions options = release(compat);
    options.format = ValueFormat::kDebeziumAvro;
    options.topic_prefix = "g";
    options.database = "gold";
    return options;
}

std::string avro_value_schema(const Table& table, const EncodeOptions& options) {
    return make_encoder(options).value()->schemas_of(*table.build()).at(1).text;
}

TEST(Vectors, are_arrays_in_avro) {
    Encoded encode(vectors(), avro(), {7, 1, {1, 2}});
    const Bytes row = vector_row();
    const std::string value = encode(insert(row)).at(0).value.value();
    const std::string three = std::string("\2\6", 2) + little_endian(1.0) + little_endian(-2.5) +
                              little_endian(1.1e-07) + '\0';
    const std::string one = std::string("\2\2", 2) + little_endian(0.1F) + '\0';
    EXPECT_NE(value.find(three + one + "\2\x0E{1:2}/3"), std::string::npos);
    EXPECT_NE(avro_value_schema(vectors(), avro())
                  .find(R"({"name":"d","type":["null",{"type":"array","items":"double",)"
                        R"("connect.version":1,"connect.name":"io.debezium.data.DoubleVector"}],)"
                        R"("default":null},{"name":"h","type":["null",{"type":"array",)"
                        R"("items":"float","connect.version":1,)"
                        R"("connect.name":"io.debezium.data.FloatVector"}],"default":null})"),
              std::string::npos)
        << avro_value_schema(vectors(), avro());
}

TEST(Geometry, structures_are_records_in_avro_and_defined_once) {
    const std::string schema = avro_value_schema(shapes(), avro(DebeziumCompat::k37));
    const std::string geometry = "\"name\":\"Geometry\"";
    EXPECT_EQ(schema.find(geometry), schema.rfind(geometry)) << schema;
    EXPECT_NE(schema.find(R"({"name":"wkb","type":"bytes"},{"name":"srid","type":["null","int"],)"
                          R"("default":null},{"name":"extensions","type":["null",{"type":"map",)"
                          R"("values":"string"}],"default":null}],"connect.doc":"Geometry",)"
                          R"("connect.version":2,)"
                          R"("connect.name":"io.debezium.data.geometry.Geometry"})"),
              std::string::npos)
        << schema;
    EXPECT_NE(
        schema.find(R"([{"name":"center","type":"io.debezium.data.geometry.Point"},)"
                    R"x({"name":"radius","type":"double"}],"connect.doc":"Geometry (CIRCLE)")x"),
        std::string::npos)
        << schema;
    Encoded encode(shapes(), avro(DebeziumCompat::k37), {7, 1, {1, 2}});
    const Bytes row =
        Bytes().integer(1, 1).text(5, "{1,2,3}").text(6, "((0,0),(1,1))").text(9, "(0,0)");
    const std::string value = encode(insert(row)).at(0).value.value();
    const std::string line = '\2' + little_endian(1.0) + little_endian(2.0) + little_endian(3.0);
    EXPECT_NE(value.find(line), std::string::npos);
    EXPECT_NE(value.find(std::string("\0\2\4\x08type\x08path\x0C"
                                     "closed\x08true\0",
                                     25)),
              std::string::npos);
}

TEST(Geometry, a_circle_defines_its_point_where_no_column_has) {
    Table table("s", "t");
    table.column("id", int4()).column("ci", shape(718, "circle")).primary_key({"id"});
    EXPECT_NE(avro_value_schema(table, avro(DebeziumCompat::k37))
                  .find(R"({"name":"center","type":{"type":"record","name":"Point",)"
                        R"("namespace":"io.debezium.data.geometry",)"),
              std::string::npos);
}

}  // namespace
}  // namespace penstock::test
