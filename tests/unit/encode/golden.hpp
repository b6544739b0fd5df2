// Reads one record of the golden captures, so that a test's expectation is a byte string that
// Debezium wrote and nobody typed.
#pragma once

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace penstock::test {

struct GoldenRecord {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;  // Context headers left out.
};

inline std::vector<GoldenRecord> golden_records(const std::string& run, const std::string& topic) {
    std::ifstream file(std::string(PENSTOCK_SOURCE_DIR) + "/tests/golden/" + run + "/" + topic +
                       ".jsonl");
    if (!file) throw std::runtime_error("no golden file for " + topic);
    std::vector<GoldenRecord> records;
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        GoldenRecord record;
        if (!json["key"].is_null()) record.key = json["key"].get<std::string>();
        if (!json["value"].is_null()) record.value = json["value"].get<std::string>();
        for (const auto& header : json["headers"]) {
            const auto name = header[0].get<std::string>();
            if (name.rfind("__debezium.context", 0) == 0) continue;
            record.headers.emplace_back(name, header[1].get<std::string>());
        }
        records.push_back(std::move(record));
    }
    return records;
}

// The record of a topic at its offset: {"before":...,"after":...} as Debezium wrote it, cut before
// the source block, with the braces' order untouched.
inline std::string golden_images(const std::string& run, const std::string& topic,
                                 std::size_t offset) {
    const auto records = golden_records(run, topic);
    const std::string& value = records.at(offset).value.value();
    const std::size_t payload = value.find("\"payload\":");
    const std::size_t begin = payload == value.npos ? 0 : payload + 10;
    return value.substr(begin, value.find("\"source\":{", begin) - begin);
}

}  // namespace penstock::test
