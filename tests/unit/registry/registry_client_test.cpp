#include "registry/registry_client.hpp"

#include <gtest/gtest.h>

#include "unit/registry/scripted_transport.hpp"

namespace penstock {
namespace {

constexpr char kAbsent[] = R"({"error_code":40401,"message":"Subject not found."})";
constexpr char kFits[] = R"({"is_compatible":true})";
const SchemaText kValue{"p.s.t-value", "AVRO", R"("int")"};

RegistrySettings settings(std::vector<std::string> urls = {"http://one"}) {
    RegistrySettings made;
    made.urls = std::move(urls);
    return made;
}

TEST(RegistryClient, what_is_registered_is_only_looked_up) {
    ScriptedTransport transport;
    transport.then(200, R"({"subject":"p.s.t-value","id":4,"version":1})");
    RegistryClient client(settings(), transport);
    EXPECT_EQ(client.id_of(kValue), 4U);
    EXPECT_EQ(transport.asked(), std::vector<std::string>{"POST http://one/subjects/p.s.t-value"});
    EXPECT_EQ(transport.requests[0].body, R"({"schema":"\"int\""})");
}

TEST(RegistryClient, a_new_schema_is_tried_before_it_is_registered) {
    ScriptedTransport transport;
    transport.then(404, kAbsent).then(200, kFits).then(200, R"({"id":5})");
    RegistryClient client(settings(), transport);
    EXPECT_EQ(client.id_of(kValue), 5U);
    EXPECT_EQ(transport.asked(),
              (std::vector<std::string>{
                  "POST http://one/subjects/p.s.t-value",
                  "POST http://one/compatibility/subjects/p.s.t-value/versions/latest?verbose=true",
                  "POST http://one/subjects/p.s.t-value/versions"}));
}

TEST(RegistryClient, normalize_is_asked_for_in_every_step) {
    ScriptedTransport transport;
    transport.then(404, kAbsent).then(404, kAbsent).then(200, R"({"id":5})");
    RegistrySettings normal = settings();
    normal.normalize = true;
    ASSERT_EQ(RegistryClient(normal, transport).id_of(kValue), 5U);
    for (const HttpRequest& request : transport.requests) {
        EXPECT_NE(request.url.find("normalize=true"), std::string::npos) << request.url;
    }
    EXPECT_NE(transport.requests[1].url.find("?verbose=true&normalize=true"), std::string::npos);
}

TEST(RegistryClient, without_the_check_a_new_schema_is_registered_at_once) {
    ScriptedTransport transport;
    transport.then(404, kAbsent).then(200, R"({"id":5})");
    RegistrySettings bold = settings();
    bold.check_compatibility = false;
    EXPECT_EQ(RegistryClient(bold, transport).id_of(kValue), 5U);
}

TEST(RegistryClient, without_auto_register_a_new_schema_is_a_named_error) {
    ScriptedTransport transport;
    transport.then(404, kAbsent);
    RegistrySettings careful = settings();
    careful.auto_register = false;
    const auto id = RegistryClient(careful, transport).id_of(kValue);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().name, ErrorName::kSchemaUnregistered);
    EXPECT_NE(id.error().detail.find(R"("int")"), std::string::npos);
}

TEST(RegistryClient, a_hostile_subject_is_percent_encoded) {
    ScriptedTransport transport;
    transport.then(200, R"({"id":1})");
    RegistryClient client(settings(), transport);
    ASSERT_TRUE(client.id_of({"p.s.a/../../mode?x-value", "AVRO", "{}"}));
    EXPECT_EQ(transport.requests[0].url, "http://one/subjects/p.s.a%2F..%2F..%2Fmode%3Fx-value");
}

TEST(RegistryClient, the_dry_run_refuses_with_writer_and_reader_before_anything_is_registered) {
    ScriptedTransport transport;
    transport.then(404, kAbsent)
        .then(200, R"({"is_compatible":false,"messages":["reader type INT"]})")
        .then(200, R"({"subject":"p.s.t-value","version":2,"id":3,"schema":"\"string\""})");
    const auto id = RegistryClient(settings(), transport).id_of(kValue);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().name, ErrorName::kSchemaIncompatible);
    EXPECT_NE(id.error().detail.find(R"(writer's schema: "int")"), std::string::npos);
    EXPECT_NE(id.error().detail.find(R"(version 2: "string")"), std::string::npos);
    EXPECT_NE(id.error().detail.find("reader type INT"), std::string::npos);
    EXPECT_EQ(transport.asked().back(), "GET http://one/subjects/p.s.t-value/versions/latest");
}

TEST(RegistryClient, a_409_at_registering_is_the_same_stop) {
    ScriptedTransport transport;
    transport.then(404, kAbsent)
        .then(200, kFits)
        .then(409, R"({"error_code":40901,"message":"incompatible with an earlier schema"})")
        .then(500, "");
    const auto id = RegistryClient(settings(), transport).id_of(kValue);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().name, ErrorName::kSchemaIncompatible);
    EXPECT_NE(id.error().detail.find("incompatible with an earlier schema"), std::string::npos);
}

TEST(RegistryClient, refusals_are_not_waited_for_and_not_asked_of_the_next_url) {
    for (const auto& [status, name] :
         {std::pair{401, ErrorName::kRegistryAuthorization},
          std::pair{403, ErrorName::kRegistryAuthorization},
          std::pair{422, ErrorName::kSchemaInvalid}, std::pair{404, ErrorName::kRegistryAnswer}}) {
        ScriptedTransport transport;
        transport.then(status, "");
        const auto id =
            RegistryClient(settings({"http://one", "http://two"}), transport).id_of(kValue);
        ASSERT_FALSE(id);
        EXPECT_EQ(id.error().name, name) << status;
        EXPECT_EQ(transport.requests.size(), 1U);
    }
}

TEST(RegistryClient, the_next_url_is_asked_and_stays_the_first_one) {
    ScriptedTransport transport;
    transport.then_failure("connection refused").then(200, R"({"id":1})").then(200, R"({"id":2})");
    RegistryClient client(settings({"http://one", "http://two"}), transport);
    EXPECT_EQ(client.id_of(kValue), 1U);
    EXPECT_EQ(client.id_of({"other-value", "AVRO", "{}"}), 2U);
    EXPECT_EQ(client.url(), "http://two");
    EXPECT_EQ(transport.asked(),
              (std::vector<std::string>{"POST http://one/subjects/p.s.t-value",
                                        "POST http://two/subjects/p.s.t-value",
                                        "POST http://two/subjects/other-value"}));
}

TEST(RegistryClient, when_no_url_answers_each_reason_is_named_and_waiting_may_help) {
    ScriptedTransport transport;
    transport.then_failure("connection refused").then(503, R"({"error_code":50003,"message":"m"})");
    const auto id = RegistryClient(settings({"http://one", "http://two"}), transport).id_of(kValue);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().name, ErrorName::kRegistryUnreachable);
    EXPECT_EQ(id.error().error_class(), ErrorClass::kRetry);
    EXPECT_EQ(id.error().message,
              "\"http://one\" does not answer: connection refused; \"http://two\" cannot answer "
              "now: status 503, error 50003: m");
}

TEST(RegistryClient, a_registry_without_modes_tells_none) {
    ScriptedTransport transport;
    transport.then(404, "").then(200, R"({"mode":"READONLY"})").then(200, R"({"mode":1})");
    RegistryClient client(settings(), transport);
    const auto none = client.mode();
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, std::nullopt);
    EXPECT_EQ(client.mode().value().value(), "READONLY");
    EXPECT_FALSE(client.mode());  // A number is no mode.
}

TEST(RegistryClient, a_password_is_sent_and_never_stands_in_an_error) {
    ScriptedTransport transport;
    transport.then(401, "");
    RegistrySettings basic = settings();
    basic.auth = RegistryAuth::kBasic;
    basic.username = "me";
    basic.password = Secret("hunter2");
    const auto id = RegistryClient(basic, transport).id_of(kValue);
    ASSERT_FALSE(id);
    EXPECT_EQ(transport.requests[0].credentials.kind, HttpCredentials::Kind::kBasic);
    EXPECT_EQ(transport.requests[0].credentials.secret.reveal(), "hunter2");
    EXPECT_EQ(to_text(id.error()).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace penstock
