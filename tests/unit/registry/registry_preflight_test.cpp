#include "registry/registry_preflight.hpp"

#include <gtest/gtest.h>

#include "unit/registry/scripted_transport.hpp"

namespace penstock {
namespace {

using Verdict = CheckItem::Verdict;

RegistrySettings settings(std::vector<std::string> urls = {"https://one"}) {
    RegistrySettings made;
    made.urls = std::move(urls);
    return made;
}

TEST(RegistryPreflight, tells_the_mode_and_the_compatibility_level) {
    ScriptedTransport transport;
    transport.then(200, R"({"compatibilityLevel":"BACKWARD"})")
        .then(200, R"({"mode":"READWRITE"})")
        .then(200, R"({"compatibilityLevel":"BACKWARD"})");
    const auto items = check_registry(settings(), transport);
    ASSERT_EQ(items.size(), 3U);
    for (const CheckItem& item : items) EXPECT_EQ(item.verdict, Verdict::kOk) << item.detail;
    EXPECT_EQ(items[1].detail, "READWRITE");
    EXPECT_EQ(items[2].detail, "BACKWARD");
}

TEST(RegistryPreflight, a_registry_that_takes_no_schemas_is_refused_unless_none_are_registered) {
    for (const bool auto_register : {true, false}) {
        ScriptedTransport transport;
        transport.then(200, R"({"compatibilityLevel":"NONE"})")
            .then(200, R"({"mode":"READONLY"})")
            .then(200, R"({"compatibilityLevel":"NONE"})");
        RegistrySettings made = settings();
        made.auto_register = auto_register;
        const auto items = check_registry(made, transport);
        ASSERT_EQ(items.size(), 3U);
        EXPECT_EQ(items[1].verdict, auto_register ? Verdict::kFailed : Verdict::kOk);
        EXPECT_EQ(items[2].verdict, Verdict::kWarning);
        EXPECT_NE(items[2].remedy.find("https://one/config"), std::string::npos);
    }
}

TEST(RegistryPreflight, one_url_of_two_that_is_away_is_a_warning_and_both_are_a_failure) {
    ScriptedTransport transport;
    transport.then_failure("connection refused")
        .then(200, "{}")
        .then_failure("connection refused")
        .then(404, "")
        .then(404, "");
    const auto items = check_registry(settings({"https://one", "https://two"}), transport);
    ASSERT_EQ(items.size(), 4U);
    EXPECT_EQ(items[0].verdict, Verdict::kWarning);
    EXPECT_EQ(items[1].verdict, Verdict::kOk);

    ScriptedTransport nothing;
    const auto failed = check_registry(settings({"https://one", "https://two"}), nothing);
    ASSERT_EQ(failed.size(), 2U);
    EXPECT_EQ(failed[0].verdict, Verdict::kFailed);
    EXPECT_EQ(failed[0].error, ErrorName::kRegistryUnreachable);
}

TEST(RegistryPreflight, refused_credentials_are_named_and_open_ones_warned_of) {
    ScriptedTransport transport;
    transport.then(401, "");
    RegistrySettings made = settings({"http://one"});
    made.auth = RegistryAuth::kBearer;
    made.token = Secret("t");
    const auto refused = check_registry(made, transport);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].error, ErrorName::kRegistryAuthorization);

    ScriptedTransport open;
    open.then(403, "").then(403, "").then(403, "");
    const auto items = check_registry(made, open);
    ASSERT_EQ(items.size(), 4U);
    // Who may only write its own subjects may not be told mode and level.
    EXPECT_EQ(items[0].verdict, Verdict::kOk);
    EXPECT_EQ(items[1].verdict, Verdict::kWarning);
    EXPECT_EQ(items[2].verdict, Verdict::kWarning);
    EXPECT_EQ(items[3].item, "registry credentials");
    EXPECT_EQ(items[3].verdict, Verdict::kWarning);
}

TEST(RegistryPreflight, an_address_without_a_registry_is_refused) {
    ScriptedTransport transport;
    transport.then(404, R"({"error_code":404,"message":"HTTP 404 Not Found"})");
    const auto items = check_registry(settings(), transport);
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].error, ErrorName::kRegistryAnswer);
}

}  // namespace
}  // namespace penstock
