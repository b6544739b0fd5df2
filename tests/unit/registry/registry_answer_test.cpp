#include "registry/registry_answer.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const SchemaText kValue{"pipe.public.t-value", "AVRO", R"({"type":"record"})"};

TEST(RegistryAnswer, waiting_helps_against_what_passes_and_against_nothing_else) {
    for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(waiting_may_help(status));
    for (const int status : {200, 400, 401, 403, 404, 409, 422}) {
        EXPECT_FALSE(waiting_may_help(status)) << status;
    }
}

TEST(RegistryAnswer, absent_is_what_the_registry_says_not_what_a_wrong_path_says) {
    EXPECT_TRUE(says_absent({404, R"({"error_code":40401,"message":"no subject"})"}));
    EXPECT_TRUE(says_absent({404, R"({"error_code":40403,"message":"no schema"})"}));
    EXPECT_FALSE(says_absent({404, R"({"error_code":404,"message":"HTTP 404 Not Found"})"}));
    EXPECT_FALSE(says_absent({404, "<html>Not Found</html>"}));
    EXPECT_FALSE(says_absent({200, R"({"error_code":40401})"}));
}

TEST(RegistryAnswer, an_id_is_a_whole_number_that_fits_the_frame) {
    EXPECT_EQ(schema_id({200, R"({"id":7})"}), 7U);
    EXPECT_EQ(schema_id({200, R"({"subject":"s","version":1,"id":2147483647,"guid":"x"})"}),
              2147483647U);
    for (const char* body :
         {R"({"id":-1})", R"({"id":2147483648})", R"({"id":"7"})", R"({"id":1.5})",
          R"({"id":null})", R"({})", R"([7])", "", "{", "<html>", "7"}) {
        const auto id = schema_id({200, body});
        ASSERT_FALSE(id) << body;
        EXPECT_EQ(id.error().name, ErrorName::kRegistryAnswer);
    }
}

TEST(RegistryAnswer, a_verdict_comes_with_its_reasons) {
    const auto good = compatibility_of({200, R"({"is_compatible":true})"});
    ASSERT_TRUE(good);
    EXPECT_TRUE(good->compatible);
    const auto bad = compatibility_of(
        {200, R"({"is_compatible":false,"messages":["field x\nhas no default",3]})"});
    ASSERT_TRUE(bad);
    EXPECT_FALSE(bad->compatible);
    EXPECT_EQ(bad->messages, std::vector<std::string>{"field x has no default"});
    const auto apicurio = compatibility_of({200, R"({"is_compatible":false,"reason":"c at /1"})"});
    ASSERT_TRUE(apicurio);
    EXPECT_EQ(apicurio->messages, std::vector<std::string>{"c at /1"});
    EXPECT_FALSE(compatibility_of({200, R"({"is_compatible":"yes"})"}));
}

TEST(RegistryAnswer, refusals_have_names) {
    const auto name = [](int status, const char* body) {
        return refusal_of({status, body}, "register").name;
    };
    EXPECT_EQ(name(401, ""), ErrorName::kRegistryAuthorization);
    EXPECT_EQ(name(403, R"({"error_code":40301})"), ErrorName::kRegistryAuthorization);
    EXPECT_EQ(name(422, R"({"error_code":42201})"), ErrorName::kSchemaInvalid);
    EXPECT_EQ(name(422, R"({"error_code":42205})"), ErrorName::kRegistryReadOnly);
    EXPECT_EQ(name(404, "<html>"), ErrorName::kRegistryAnswer);
    EXPECT_EQ(name(302, ""), ErrorName::kRegistryAnswer);
}

TEST(RegistryAnswer, what_the_registry_wrote_is_cut_and_stays_on_one_line) {
    const std::string text = answer_text(
        {500, R"({"error_code":50001,"message":"first\nsecond)" + std::string(9000, 'x') + "\"}"});
    EXPECT_TRUE(text.starts_with("status 500, error 50001: first second"));
    EXPECT_LT(text.size(), 600U);
    EXPECT_EQ(answer_text({502, "<html>bad gateway</html>"}), "status 502");
}

TEST(RegistryAnswer, incompatible_shows_both_schemas_and_the_reasons) {
    const Error error =
        incompatible(kValue, RegisteredSchema{3, R"({"type":"string"})"}, {"wrong type"});
    EXPECT_EQ(error.name, ErrorName::kSchemaIncompatible);
    EXPECT_NE(error.message.find("pipe.public.t-value"), std::string::npos);
    EXPECT_EQ(error.detail,
              R"(The writer's schema: {"type":"record"}. The reader's schema, version 3: )"
              R"({"type":"string"}. The registry says: wrong type)");
    EXPECT_NE(error.hint.find("PUT /config/pipe.public.t-value"), std::string::npos);
}

TEST(RegistryAnswer, the_kind_of_a_schema_is_left_out_for_avro_only) {
    EXPECT_EQ(schema_body({"s", "AVRO", R"("int")"}), R"({"schema":"\"int\""})");
    EXPECT_EQ(schema_body({"s", "PROTOBUF", "syntax"}),
              R"({"schema":"syntax","schemaType":"PROTOBUF"})");
    // No valid UTF-8: still a body, never an exception.
    EXPECT_FALSE(schema_body({"s", "AVRO", "\xFF"}).empty());
}

}  // namespace
}  // namespace penstock
