#include "engine/remembered_schemas.hpp"

#include <algorithm>
#include <string>

#include "engine/sha256.hpp"

namespace penstock {
namespace {

// No part can hold the separator: addresses, kinds and texts of PostgreSQL have no zero byte.
std::string digest_of(const SchemaText& schema, std::string_view registry) {
    constexpr std::string_view kSeparator("\0", 1);
    Sha256 digest;
    digest.add(registry);
    digest.add(kSeparator);
    digest.add(schema.type);
    digest.add(kSeparator);
    digest.add(schema.text);
    const auto bytes = digest.finish();
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::optional<std::uint32_t> remembered_id(const TopicState& topic, const SchemaText& schema,
                                           std::string_view registry) {
    if (topic.schemas.empty()) return std::nullopt;
    const std::string digest = digest_of(schema, registry);
    for (const TopicState::Schema& known : topic.schemas) {
        if (known.subject == schema.subject && known.digest == digest) return known.id;
    }
    return std::nullopt;
}

bool remember_id(TopicState& topic, const SchemaText& schema, std::string_view registry,
                 std::uint32_t id) {
    TopicState::Schema learned{schema.subject, digest_of(schema, registry), id};
    std::vector<TopicState::Schema>& known = topic.schemas;
    if (std::find(known.begin(), known.end(), learned) != known.end()) return false;
    // Another id for the same schema: the registry was made anew.
    std::erase_if(known, [&](const TopicState::Schema& old) {
        return old.subject == learned.subject && old.digest == learned.digest;
    });
    const auto of_subject = [&](const TopicState::Schema& one) {
        return one.subject == learned.subject;
    };
    if (std::count_if(known.begin(), known.end(), of_subject) >=
        static_cast<std::ptrdiff_t>(kRememberedSchemasMax)) {
        known.erase(std::find_if(known.begin(), known.end(), of_subject));
    }
    known.push_back(std::move(learned));
    return true;
}

}  // namespace penstock
