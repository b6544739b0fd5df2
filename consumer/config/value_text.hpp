// Sizes, times and truths as people write them, and the nearest known word to a misspelt one. Pure;
// knows no key and makes no error: whoever asks knows where the text comes from and says what was
// expected instead.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/clock.hpp"

namespace penstock {

// "64MiB", "64MB" (the same), "64kB", "1GiB", "65536". Nothing when it is none of these or too
// large for 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string size_text(std::uint64_t bytes);  // The largest unit that divides: "64MiB".

// "500us", "200ms", "5s", "1min", "1h", and "0". A number without a unit is nothing: it would be
// read as seconds by one and as milliseconds by another.
std::optional<Duration> parse_duration(std::string_view text);
std::string duration_text(Duration duration);

// "true", "yes", "on", "1" and their opposites.
std::optional<bool> parse_boolean(std::string_view text);

// What stands between commas, without blanks around it; a comma behind a backslash separates
// nothing and stays as it is, for in a regular expression both mean a comma. Nothing is left out.
std::vector<std::string> split_patterns(std::string_view text);

// "12:pattern": a length and what stands behind it. Nothing when either is missing.
struct CountedPattern {
    std::uint32_t length = 0;
    std::string pattern;
};
std::optional<CountedPattern> parse_counted_pattern(std::string_view text);

// The number of letters to insert, remove or change to make one word of the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

// Of `words` the one with the least edit distance to `word`; empty when there are none.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

// Whether it can be a topic's name, or begin one: at most 100 characters that Kafka allows.
bool is_topic_text(std::string_view text);

}  // namespace penstock
