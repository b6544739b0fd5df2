// Names of topics, from prefix, schema and table. Pure: whoever knows all tables finds out whether
// two of them meet in one topic; here a name is made, not judged against others.
// Names of schemas and tables are hostile input: any byte may come.
#pragma once

#include <string>
#include <string_view>

#include "engine/error.hpp"

namespace penstock {

// Kafka's limit on the length of a topic's name.
inline constexpr std::size_t kTopicNameMax = 249;

// "<prefix>.<schema>.<table>" as Debezium names it: each UTF-16 unit outside of [a-zA-Z0-9._-] is
// an underscore, the whole is cut at 249. Two tables can meet. Source: io.debezium.schema.
// AbstractTopicNamingStrategy.sanitizedTopicName and SchemaTopicNamingStrategy.
std::string debezium_topic_name(std::string_view prefix, std::string_view schema,
                                std::string_view table);

// The same shape, but two different tables never have one name: a byte of schema or table outside
// of [a-zA-Z0-9_-] is "_xHH", and an underscore that would read as such an escape is "_x5F".
// kTopicName when the name is too long for Kafka.
Result<std::string> injective_topic_name(std::string_view prefix, std::string_view schema,
                                         std::string_view table);

// How many UTF-16 units the UTF-8 sequence that `lead` opens stands for; 0 for its later bytes.
constexpr std::size_t utf16_units(unsigned char lead) {
    if ((lead & 0xC0U) == 0x80U) return 0;
    return lead >= 0xF0U ? 2 : 1;
}

}  // namespace penstock
