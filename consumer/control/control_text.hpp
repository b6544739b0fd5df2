// Requests to a running pipe, its reports and errors as lines of JSON, and back. Pure. What comes
// in is judged field by field, since anybody who may connect can send anything.
//
//   {"command": "snapshot", "tables": ["public.orders"], "where": "id > 5"}
//   {"command": "cancel" | "pause" | "resume", "tables": []}      none means all
//   {"command": "list"}
//   {"tables": [{"schema": ..., "name": ..., "progress": ..., "rows": 0, ...}],
//    "stream_waits_for": ...}                                      only when it does
//   {"error": {"name": "snapshot_table_refused", "message": ..., "detail": ..., "hint": ...}}
#pragma once

#include <string>
#include <string_view>

#include "engine/chunk.hpp"
#include "engine/error.hpp"

namespace penstock {

// What a running pipe says of itself.
struct PipeReport : SnapshotReport {
    // What holds up the stream beside PostgreSQL and Kafka, in words; empty when nothing does.
    std::string stream_waits_for{};
};

// Without line ends.
std::string to_json(const SnapshotRequest& request);
std::string to_json(const Result<SnapshotReport>& answer, const std::string& stream_waits_for = {});

// snapshot_request_refused says what is wrong with it. The client's number is 0.
Result<SnapshotRequest> parse_request(std::string_view line);

// The report, or the error that the pipe answered with.
Result<PipeReport> parse_answer(std::string_view line);

}  // namespace penstock
