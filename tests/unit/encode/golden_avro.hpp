// Reads the golden captures of the Avro run: registered schemas, and records as their bytes behind
// the byte 0 and the schema's id. Decodes no Avro.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "unit/encode/golden.hpp"

namespace penstock::test {

// The text of a subject's `version`, as the live converter registered it.
inline std::string golden_avro_schema(const std::string& subject, int version = 1) {
    std::ifstream file(std::string(PENSTOCK_SOURCE_DIR) + "/tests/golden/open/avro/schemas.ndjson");
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        if (json["subject"] == subject && json["version"] == version) return json["schema"];
    }
    throw std::runtime_error("no golden schema for " + subject);
}

inline std::string from_base64(const std::string& text) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFFU);
    }
    return bytes;
}

// The body of a key or value: what stands behind the frame of five bytes.
inline std::string avro_body(const std::string& bytes) {
    return bytes.at(0) == '\0' ? bytes.substr(5) : throw std::runtime_error("no Avro frame");
}

// The images of an envelope's body: what stands before the source record.
inline std::string avro_images(const std::string& body) {
    const std::size_t source = body.find(
        "\x16"
        "3.6.1.Final");
    return source == body.npos ? throw std::runtime_error("no source record")
                               : body.substr(0, source);
}

// The record of a topic at its offset.
inline GoldenRecord golden_avro(const std::string& topic, std::size_t offset) {
    GoldenRecord record = golden_records("open/avro", topic).at(offset);
    if (record.key) record.key = avro_body(from_base64(*record.key));
    if (record.value) record.value = avro_body(from_base64(*record.value));
    for (auto& [name, value] : record.headers) value = from_base64(value);
    return record;
}

}  // namespace penstock::test
