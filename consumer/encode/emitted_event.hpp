// Reads what penstock.emit() puts into a logical message of the prefix penstock.emit: a byte 1,
// then topic, key and payload, the number of headers, and name and value of each. A text or value
// is its length (four bytes, the most significant first; -1 is null) and its bytes.
//
// Anybody who may connect can write such a message by hand: every length is judged before a read.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {

inline constexpr std::string_view kEmitPrefix = "penstock.emit";

// Views into the message.
struct EmittedEvent {
    std::string_view topic;
    std::optional<std::string_view> key;
    std::optional<std::string_view> payload;
    std::vector<std::pair<std::string_view, std::optional<std::string_view>>> headers;
};

// Nothing when the bytes are not of this form, to the last one.
std::optional<EmittedEvent> read_emitted_event(std::string_view message);

}  // namespace penstock
