#include "control/control_text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace penstock {
namespace {

using Json = nlohmann::json;
using Kind = SnapshotRequest::Kind;

constexpr std::pair<Kind, std::string_view> kCommands[] = {
    {Kind::kStart, "snapshot"}, {Kind::kCancel, "cancel"}, {Kind::kPause, "pause"},
    {Kind::kResume, "resume"},  {Kind::kList, "list"},
};

Failure refused(std::string why) {
    return fail(ErrorName::kSnapshotRequestRefused,
                "could not read the request: " + std::move(why));
}

// Names of tables may hold anything but valid UTF-8 in a database of another encoding.
std::string line_of(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Error error_of(const Json& object) {
    Error error{ErrorName::kBug, text_of(object, "message"), text_of(object, "detail"),
                text_of(object, "hint")};
    const std::string name = text_of(object, "name");
    for (const ErrorRow& row : error_table()) {
        if (row.text == name) error.name = row.name;
    }
    return error;
}

}  // namespace

std::string to_json(const SnapshotRequest& request) {
    Json json;
    for (const auto& [kind, word] : kCommands) {
        if (kind == request.kind) json["command"] = word;
    }
    if (!request.tables.empty()) json["tables"] = request.tables;
    if (!request.predicate.empty()) json["where"] = request.predicate;
    return line_of(json);
}

std::string to_json(const Result<SnapshotReport>& answer, const std::string& stream_waits_for) {
    if (!answer) {
        const Error& error = answer.error();
        return line_of({{"error",
                         {{"name", error_row(error.name).text},
                          {"message", error.message},
                          {"detail", error.detail},
                          {"hint", error.hint}}}});
    }
    Json tables = Json::array();
    for (const SnapshotReport::Table& table : answer->tables) {
        tables.push_back({{"schema", table.schema},
                          {"name", table.name},
                          {"progress", table.progress},
                          {"rows", table.rows},
                          {"rows_estimated", table.rows_estimated},
                          {"waits_for", table.waits_for}});
    }
    Json report{{"tables", std::move(tables)}};
    if (!stream_waits_for.empty()) report["stream_waits_for"] = stream_waits_for;
    return line_of(report);
}

Result<SnapshotRequest> parse_request(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return refused("it is no JSON object");
    SnapshotRequest request;
    const std::string command = text_of(json, "command");
    const auto* const known = std::find_if(std::begin(kCommands), std::end(kCommands),
                                           [&](const auto& row) { return row.second == command; });
    if (known == std::end(kCommands)) {
        return refused("\"command\" is none of snapshot, cancel, pause, resume, list");
    }
    request.kind = known->first;
    for (const auto& [name, value] : json.items()) {
        if (name == "command") continue;
        if (name == "tables" && value.is_array() &&
            std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); })) {
            request.tables = value.get<std::vector<std::string>>();
        } else if (name == "where" && value.is_string() && request.kind == Kind::kStart) {
            request.predicate = value.get<std::string>();
        } else {
            return refused("\"" + name + "\" is unknown or has a value that it cannot have");
        }
    }
    if (request.kind == Kind::kStart && request.tables.empty()) {
        return refused("\"tables\" names no table");
    }
    request.requested_by = "socket";
    return request;
}

Result<PipeReport> parse_answer(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("error") && json["error"].is_object()) {
        return Failure(error_of(json["error"]));
    }
    if (!json.is_object() || !json.contains("tables") || !json["tables"].is_array()) {
        return fail(ErrorName::kPipeNotRunning, "could not ask the pipe: its answer is no report",
                    "A process that is no penstock answers on the socket, or one of another "
                    "version.");
    }
    PipeReport report;
    for (const Json& item : json["tables"]) {
        if (!item.is_object()) continue;
        report.tables.push_back({text_of(item, "schema"), text_of(item, "name"),
                                 text_of(item, "progress"), number_of(item, "rows"),
                                 number_of(item, "rows_estimated"), text_of(item, "waits_for")});
    }
    report.stream_waits_for = text_of(json, "stream_waits_for");
    return report;
}

}  // namespace penstock
