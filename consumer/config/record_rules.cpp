#include "config/record_rules.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "config/value_text.hpp"

namespace penstock {
namespace {

Failure invalid(std::string_view key, std::string_view reason) {
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + std::string(key) + "\": " + std::string(reason),
                "It comes from the configuration.");
}

// "prefix=topic"; a prefix may hold the sign, a topic not.
bool is_message_topic(std::string_view text) {
    const std::size_t sign = text.rfind('=');
    return sign != std::string_view::npos && is_topic_text(text.substr(sign + 1));
}

Status check_messages(const Configuration& configuration) {
    for (const std::string& text : configuration.messages_topics) {
        if (is_message_topic(text)) continue;
        return invalid("messages.topics", "prefix=topic is expected");
    }
    for (const std::string& topic : configuration.emit_topics) {
        if (is_topic_text(topic)) continue;
        return invalid("emit.topics", "at most 100 of a-z, A-Z, 0-9, _, - and . are expected");
    }
    // The records of these keys are Debezium's, and so are their formats.
    if (configuration.format_value.starts_with("debezium-")) return {};
    const char* key = configuration.format_transaction_metadata  ? "format.transaction_metadata"
                      : configuration.format_context_headers     ? "format.context_headers"
                      : !configuration.messages_prefixes.empty() ? "messages.prefixes"
                      : configuration.limits.heartbeat_interval > Duration::zero()
                          ? "heartbeat.interval"
                          : nullptr;
    if (key == nullptr) return {};
    return invalid(key, "it needs a format.value of Debezium's");
}

Status check_counted(std::string_view key, const std::vector<std::string>& items,
                     std::uint32_t least) {
    constexpr std::uint32_t kMost = 1U << 20;
    for (const std::string& item : items) {
        const auto counted = parse_counted_pattern(item);
        if (counted && counted->length >= least && counted->length <= kMost) continue;
        return invalid(key, "length:pattern is expected");
    }
    return {};
}

// "column:header", "column:envelope", either with ":name" behind it, or "column:partition".
bool is_outbox_field(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    const std::string_view rest = text.substr(colon + 1);
    const std::size_t second = rest.find(':');
    const std::string_view place = rest.substr(0, second);
    if (place == "partition") return second == std::string_view::npos;
    if (place != "header" && place != "envelope") return false;
    return second == std::string_view::npos || second + 1 < rest.size();
}

// Texts with a form of their own.
Status check_shape_keys(const Configuration& configuration) {
    if (auto mask = check_counted("columns.mask", configuration.columns_mask, 0); !mask) {
        return mask;
    }
    if (auto cut = check_counted("columns.truncate", configuration.columns_truncate, 1); !cut) {
        return cut;
    }
    const auto& cuts = configuration.filter_cut_too_large;
    if (auto cut = check_counted("filter.cut_too_large", cuts, 1); !cut) return cut;
    for (const std::string& field : configuration.outbox_fields) {
        if (is_outbox_field(field)) continue;
        return invalid("outbox.fields",
                       "column:header, column:envelope:name or column:partition is expected");
    }
    return {};
}

}  // namespace

Status check_record_keys(const Configuration& configuration) {
    if (auto messages = check_messages(configuration); !messages) return messages;
    return check_shape_keys(configuration);
}

}  // namespace penstock
