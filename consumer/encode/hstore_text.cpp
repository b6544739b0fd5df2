#include "encode/hstore_text.hpp"

#include <algorithm>
#include <cstdint>

namespace penstock {
namespace {

// Reads a quoted word at `at`; false when there is none.
bool parse_quoted(std::string_view text, std::size_t& at, std::string& word) {
    word.clear();
    if (at >= text.size() || text[at] != '"') return false;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at >= text.size()) return false;
        word += text[at];
    }
    if (at >= text.size()) return false;
    ++at;
    return true;
}

bool skip(std::string_view text, std::size_t& at, std::string_view expected) {
    if (text.substr(at, expected.size()) != expected) return false;
    at += expected.size();
    return true;
}

std::uint32_t continuation(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) & 0x3FU : 0;
}

// java.lang.String.hashCode of UTF-8 text: over its UTF-16 units.
std::uint32_t java_hash(std::string_view text) {
    std::uint32_t hash = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::uint32_t lead = static_cast<unsigned char>(text[at]);
        std::uint32_t code = lead;
        std::size_t size = 1;
        if (lead >= 0xF0U) {
            code = (lead & 7U) << 18 | continuation(text, at + 1) << 12 |
                   continuation(text, at + 2) << 6 | continuation(text, at + 3);
            size = 4;
        } else if (lead >= 0xE0U) {
            code =
                (lead & 15U) << 12 | continuation(text, at + 1) << 6 | continuation(text, at + 2);
            size = 3;
        } else if (lead >= 0xC0U) {
            code = (lead & 31U) << 6 | continuation(text, at + 1);
            size = 2;
        }
        if (code > 0xFFFFU) {
            hash = 31 * hash + (0xD800U + ((code - 0x10000U) >> 10));
            code = 0xDC00U + ((code - 0x10000U) & 0x3FFU);
        }
        hash = 31 * hash + code;
        at += size;
    }
    return hash;
}

// What java.util.HashMap makes of a hash before it chooses the bucket.
std::uint32_t spread(std::uint32_t hash) {
    return hash ^ (hash >> 16);
}

void append_escaped(std::string& json, char c) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kNamed = "btn fr";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        json += '\\';
        json += c;
    } else if (byte >= 0x20) {
        json += c;
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
        json += '\\';
        json += kNamed[byte - 8U];
    } else {
        json += "\\u00";
        json += kHex[byte >> 4];
        json += kHex[byte & 15U];
    }
}

void append_string(std::string& json, std::string_view text) {
    json += '"';
    for (const char c : text) append_escaped(json, c);
    json += '"';
}

}  // namespace

bool HstoreText::parse_pair(std::string_view text, std::size_t& at) {
    Pair pair;
    if (!parse_quoted(text, at, pair.key) || !skip(text, at, "=>")) return false;
    if (skip(text, at, "NULL")) {
        pair.is_null = true;
    } else if (!parse_quoted(text, at, pair.value)) {
        return false;
    }
    pair.hash = spread(java_hash(pair.key));
    pairs_.push_back(std::move(pair));
    return true;
}

bool HstoreText::parse(std::string_view text) {
    pairs_.clear();
    std::size_t at = 0;
    while (at < text.size()) {
        if (!pairs_.empty() && !skip(text, at, ", ")) return false;
        if (!parse_pair(text, at)) return false;
    }
    order_as_java();
    return true;
}

// A HashMap doubles from 16 buckets whenever more than three quarters are in use, and keeps the
// order of insertion within a bucket.
void HstoreText::order_as_java() {
    std::uint32_t buckets = 16;
    while (pairs_.size() * 4 > std::size_t{buckets} * 3) buckets *= 2;
    const std::uint32_t mask = buckets - 1;
    std::stable_sort(pairs_.begin(), pairs_.end(), [mask](const Pair& a, const Pair& b) {
        return (a.hash & mask) < (b.hash & mask);
    });
}

std::string_view HstoreText::to_json() {
    json_.clear();
    json_ += '{';
    for (const Pair& pair : pairs_) {
        if (json_.size() > 1) json_ += ',';
        append_string(json_, pair.key);
        json_ += ':';
        if (pair.is_null) {
            json_ += "null";
        } else {
            append_string(json_, pair.value);
        }
    }
    json_ += '}';
    return json_;
}

}  // namespace penstock
