#include <gtest/gtest.h>

#include "control/control_text.hpp"

namespace penstock {
namespace {

using Kind = SnapshotRequest::Kind;

TEST(ControlText, a_request_survives_its_line) {
    SnapshotRequest request;
    request.tables = {"public.\"Odd \\ \"\"name\"\"\"", "public.t\nx"};
    request.predicate = "v = 'it''s' -- \x01";
    const std::string line = to_json(request);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = parse_request(line);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kind, Kind::kStart);
    EXPECT_EQ(back->tables, request.tables);
    EXPECT_EQ(back->predicate, request.predicate);
    EXPECT_EQ(back->requested_by, "socket");
}

TEST(ControlText, every_command_has_its_word) {
    for (const Kind kind : {Kind::kCancel, Kind::kPause, Kind::kResume, Kind::kList}) {
        SnapshotRequest request;
        request.kind = kind;
        const auto back = parse_request(to_json(request));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->kind, kind);
    }
}

TEST(ControlText, what_is_no_request_is_refused_by_name) {
    for (const char* line :
         {"", "x", "[]", "{}", R"({"command":"drop"})", R"({"command":["list"]})",
          R"({"command":"snapshot"})", R"({"command":"snapshot","tables":[]})",
          R"({"command":"snapshot","tables":"t"})", R"({"command":"list","tables":[1]})",
          R"({"command":"list","where":"true"})", R"({"command":"list","more":1})"}) {
        const auto request = parse_request(line);
        ASSERT_FALSE(request) << line;
        EXPECT_EQ(request.error().name, ErrorName::kSnapshotRequestRefused);
    }
}

TEST(ControlText, a_report_and_an_error_survive_their_lines) {
    SnapshotReport report;
    report.tables.push_back({"public", "t", "reading", 7, 1'000'000'000'000, "transaction 5"});
    const auto back = parse_answer(to_json(Result<SnapshotReport>(report)));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->tables.size(), 1U);
    EXPECT_EQ(back->tables[0].progress, "reading");
    EXPECT_EQ(back->tables[0].rows_estimated, 1'000'000'000'000U);
    EXPECT_EQ(back->tables[0].waits_for, "transaction 5");

    const Error error{ErrorName::kSnapshotPrivilege, "may not", "Why.", "Do."};
    const auto failed = parse_answer(to_json(Result<SnapshotReport>(Failure(error))));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().name, ErrorName::kSnapshotPrivilege);
    EXPECT_EQ(to_text(failed.error()), to_text(error));
}

TEST(ControlText, a_report_tells_what_the_stream_waits_for) {
    const Result<SnapshotReport> report{SnapshotReport{}};
    EXPECT_EQ(to_json(report), R"({"tables":[]})");
    EXPECT_EQ(parse_answer(to_json(report, "a registry"))->stream_waits_for, "a registry");
    EXPECT_EQ(parse_answer(to_json(report))->stream_waits_for, "");
}

TEST(ControlText, an_answer_of_somebody_else_is_no_report) {
    for (const char* line : {"", "HTTP/1.1 400 Bad Request", "{}", R"({"tables":1})"}) {
        const auto answer = parse_answer(line);
        ASSERT_FALSE(answer) << line;
        EXPECT_EQ(answer.error().name, ErrorName::kPipeNotRunning);
    }
}

}  // namespace
}  // namespace penstock
