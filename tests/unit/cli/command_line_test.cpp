#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outcome {
    ExitCode code;
    std::string out;
    std::string error;
};

Outcome run(std::vector<const char*> words, std::vector<const char*> environment = {}) {
    words.insert(words.begin(), "penstock");
    environment.push_back(nullptr);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code =
        run_command_line(static_cast<int>(words.size()), words.data(), environment.data());
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, without_a_verb_shows_the_help_and_fails) {
    const Outcome outcome = run({});
    EXPECT_EQ(outcome.code, ExitCode::kUsage);
    EXPECT_THAT(outcome.error, HasSubstr("exactly once"));
    EXPECT_THAT(outcome.error, HasSubstr("penstock tail"));
}

TEST(CommandLine, shows_help_on_request) {
    const Outcome outcome = run({"--help"});
    EXPECT_EQ(outcome.code, ExitCode::kDone);
    for (const char* verb : {"run", "tail", "check", "slot", "status", "state", "errors"}) {
        EXPECT_THAT(outcome.out, HasSubstr(verb));
    }
}

TEST(CommandLine, lists_every_limit_with_its_default_in_the_help_of_run) {
    const Outcome outcome = run({"run", "--help"});
    EXPECT_EQ(outcome.code, ExitCode::kDone);
    EXPECT_THAT(outcome.out, HasSubstr("--limits.window_bytes"));
    EXPECT_THAT(outcome.out, HasSubstr("[64MiB]"));
    EXPECT_THAT(outcome.out, HasSubstr("--kafka.delivery exactly-once|at-least-once"));
}

TEST(CommandLine, has_no_flag_for_a_secret) {
    const Outcome outcome = run({"run", "--help"});
    EXPECT_THAT(outcome.out, Not(HasSubstr("--source.password ")));
    EXPECT_THAT(outcome.out, Not(HasSubstr("--kafka.sasl_password ")));
    EXPECT_THAT(outcome.out, HasSubstr("--source.password_file"));
    const Outcome refused = run({"run", "--source.password", "hunter2"});
    EXPECT_EQ(refused.code, ExitCode::kUsage);
    EXPECT_THAT(refused.error, Not(HasSubstr("hunter2")));
}

TEST(CommandLine, names_the_nearest_verb_and_flag) {
    EXPECT_THAT(run({"tial"}).error, HasSubstr("Perhaps you meant \"tail\"."));
    EXPECT_THAT(run({"slot", "dorp"}).error, HasSubstr("Perhaps you meant \"drop\"."));
    const Outcome outcome = run({"run", "--kafka.broker", "a:1"});
    EXPECT_EQ(outcome.code, ExitCode::kUsage);
    EXPECT_THAT(outcome.error, HasSubstr("unrecognized flag \"--kafka.broker\""));
    EXPECT_THAT(outcome.error, HasSubstr("Perhaps you meant \"--kafka.brokers\"."));
    EXPECT_THAT(run({"tail", "--source.tabels=x"}).error, HasSubstr("\"--source.tables\""));
}

TEST(CommandLine, refuses_a_pipe_without_database_or_brokers) {
    EXPECT_EQ(run({"run"}).code, ExitCode::kConfiguration);
    EXPECT_THAT(run({"run"}).error, HasSubstr("source.url"));
    EXPECT_THAT(run({"run", "postgresql:///shop"}).error, HasSubstr("kafka.brokers"));
    EXPECT_THAT(run({"state", "show"}).error, HasSubstr("kafka.brokers"));
    EXPECT_EQ(run({"status"}).code, ExitCode::kConfiguration);
}

TEST(CommandLine, refuses_bad_values_wherever_they_come_from) {
    EXPECT_EQ(run({"tail", "--source.origin", "some"}).code, ExitCode::kConfiguration);
    EXPECT_EQ(run({"tail"}, {"PENSTOCK_SOURCE_ORIGIN=some"}).code, ExitCode::kConfiguration);
    EXPECT_THAT(run({"tail"}, {"PENSTOCK_SOURCE_URI=x"}).error, HasSubstr("PENSTOCK_SOURCE_URL"));
    const Outcome missing = run({"tail", "--config", "/nonexistent/penstock.toml"});
    EXPECT_EQ(missing.code, ExitCode::kConfiguration);
    EXPECT_THAT(missing.error, HasSubstr("configuration_unreadable"));
    EXPECT_EQ(run({"run", "postgresql:///x", "localhost:9092"}).code, ExitCode::kUsage);
    EXPECT_EQ(run({"check", "--kafka.property", "novalue"}).code, ExitCode::kUsage);
}

TEST(CommandLine, refuses_a_mode_of_snapshots_that_there_is_not) {
    const Outcome outcome =
        run({"run", "postgresql:///x", "kafka://a:1", "--snapshot.mode", "sometimes"});
    EXPECT_EQ(outcome.code, ExitCode::kConfiguration);
    EXPECT_THAT(outcome.error, HasSubstr("snapshot.mode"));
}

TEST(CommandLine, reports_a_server_that_is_not_there_without_the_connection_string) {
    const Outcome outcome =
        run({"tail", "postgresql://cdc:hunter2@127.0.0.1:1/shop?connect_timeout=2"});
    EXPECT_EQ(outcome.code, ExitCode::kPostgres);
    EXPECT_THAT(outcome.error, HasSubstr("postgres_unreachable"));
    EXPECT_THAT(outcome.error, Not(HasSubstr("hunter2")));
    const Outcome garbled = run({"tail", "postgresql://cdc:hunter2%zz@h/d"});
    EXPECT_EQ(garbled.code, ExitCode::kConfiguration);
    EXPECT_THAT(garbled.error, Not(HasSubstr("hunter2")));
}

TEST(CommandLine, checks_a_server_that_is_not_there_as_a_failed_item) {
    const Outcome outcome = run({"check", "postgresql://127.0.0.1:1/shop?connect_timeout=2"});
    EXPECT_EQ(outcome.code, ExitCode::kPostgres);
    EXPECT_THAT(outcome.out, HasSubstr("FAILED  connection"));
}

TEST(CommandLine, drops_no_slot_without_consent) {
    // Standard input of a test is no terminal, or nobody types: there is no consent.
    const Outcome outcome = run({"slot", "drop", "postgresql://127.0.0.1:1/shop"});
    EXPECT_EQ(outcome.code, ExitCode::kUsage);
    EXPECT_THAT(outcome.error, HasSubstr("--yes"));
}

TEST(CommandLine, prints_the_table_of_errors_and_reference_pages) {
    const Outcome errors = run({"errors"});
    EXPECT_EQ(errors.code, ExitCode::kDone);
    const Outcome page = run({"reference", "errors"});
    for (const ErrorRow& row : error_table()) {
        EXPECT_THAT(errors.out, HasSubstr(std::string(row.text)));
        EXPECT_THAT(page.out, HasSubstr("| `" + std::string(row.text) + "` |"));
    }
    EXPECT_THAT(run({"reference", "configuration"}).out, HasSubstr("PENSTOCK_KAFKA_BROKERS"));
    EXPECT_EQ(run({"reference", "nothing"}).code, ExitCode::kUsage);
    EXPECT_THAT(run({"version"}).out, HasSubstr("penstock 1."));
}

}  // namespace
}  // namespace penstock
