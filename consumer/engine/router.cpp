#include "engine/router.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "engine/field_numbers.hpp"
#include "engine/mutant.hpp"
#include "engine/remembered_schemas.hpp"

namespace penstock {
namespace {

// Ids are small by the wire's rules; the bound keeps a broken stream from taking all memory.
constexpr std::uint32_t kRelationIdMax = 1U << 22;
constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();
// Kafka's limit on the length of a topic's name.
constexpr std::size_t kTopicNameMax = 249;
constexpr std::string_view kStateTopicMark = ".__penstock_state.";

constexpr std::string_view kSkippedTopicMark = ".__penstock_skipped";

// Topics of the program itself, which no table and no value may name.
bool is_reserved(std::string_view name) {
    return name.find(kStateTopicMark) != std::string_view::npos ||
           name.ends_with(kSkippedTopicMark);
}

bool is_legal_topic(std::string_view name) {
    if (name.empty() || name.size() > kTopicNameMax || name == "." || name == "..") return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

}  // namespace

void Router::resume(std::map<std::string, TopicState> topics) {
    relations_.clear();
    topics_ = std::move(topics);
    changed_.clear();
    pending_.clear();
    asked_ticket_ = 0;
    message_bytes_max_ = kNoLimit;
    for (TopicSlot& topic : slots_) {
        topic.ready = false;
        topic.wanted = false;
        topic.oid = 0;
        topic.table.clear();
    }
    encoder_.reset();
    own_topics_.clear();
    for (WantedTopic& wanted : encoder_.topics()) {
        own_topics_.insert(wanted.name);
        pending_.push_back({topic_id(wanted.name), nullptr, std::move(wanted.schemas)});
    }
    // No topic of a new session is ready, so this asks for the first one and refuses nothing.
    if (!pending_.empty())
        outbox_.put(EnsureTopic{pending_.front().topic, topic_name(pending_.front().topic)});
}

Status Router::describe(std::shared_ptr<const Relation> relation) {
    if (relation->id >= kRelationIdMax) {
        return fail(ErrorName::kFrameInvalid,
                    "a relation has the id " + std::to_string(relation->id));
    }
    const std::string known_as = table_name(*relation);
    auto published = as_published(rules_.on_rename, topics_, std::move(relation));
    if (!published) return Failure(std::move(published.error()));
    relation = std::move(*published);
    Result<std::string> name = encoder_.topic_of(*relation);
    if (!name) return Failure(name.error());
    if (name->empty()) return describe_without_topic(std::move(relation));
    if (is_reserved(*name)) {
        return fail(ErrorName::kTopicName, "table \"" + known_as + "\" would have the topic \"" +
                                               *name + "\", which is kept for the program itself");
    }
    Status owned = check_owner(rules_.on_rename, topics_, *name, *relation, known_as);
    if (!owned) return owned;
    const TopicId id = topic_id(*name);
    if (Status claimed = claim(slots_[id], *relation, known_as); !claimed) return claimed;
    if (relations_.size() <= relation->id) relations_.resize(relation->id + 1);
    relations_[relation->id].reset();
    pending_.push_back({id, std::move(relation), {}, false, known_as});
    return proceed();
}

// Its rows make no records, or go to topics that the encoder wants one by one.
Status Router::describe_without_topic(std::shared_ptr<const Relation> relation) {
    const std::uint32_t id = relation->id;
    if (relations_.size() <= id) relations_.resize(id + 1);
    relations_[id].reset();
    Status prepared = encoder_.prepare(relation, {});
    if (prepared) relations_[id] = std::move(relation);
    return prepared;
}

Status Router::want(WantedTopic wanted) {
    if (!is_legal_topic(wanted.name) || is_reserved(wanted.name)) {
        return fail(ErrorName::kTopicName,
                    "a record is to go to \"" + wanted.name + "\", which is no topic for records");
    }
    if (Status within = check_row_topics(wanted.name); !within) return within;
    const TopicId id = topic_id(wanted.name);
    if (slots_[id].wanted) {
        return fail(ErrorName::kBug, "the encoder wants topic \"" + wanted.name + "\" twice");
    }
    pending_.push_back({id, nullptr, std::move(wanted.schemas)});
    return proceed();
}

// Topics that the state knows are there already, whoever had them made.
Status Router::check_row_topics(const std::string& topic) const {
    if (topics_.contains(topic)) return {};
    const auto made = std::count_if(topics_.begin(), topics_.end(), [&](const auto& known) {
        return known.second.relation_oid == 0 && !own_topics_.contains(known.first);
    });
    if (static_cast<std::size_t>(made) < rules_.row_topics_max) return {};
    return fail(ErrorName::kTopicLimit, "a record is to go to the new topic \"" + topic +
                                            "\", and rows have had " + std::to_string(made) +
                                            " topics made already");
}

// A renamed table keeps its oid, a recreated one its name; two tables with neither in common would
// mix their rows.
Status Router::claim(TopicSlot& topic, const Relation& relation, const std::string& table) {
    if (topic.wanted) {
        return fail(ErrorName::kTopicCollision, "table \"" + table + "\" would share the topic \"" +
                                                    topic.name + "\" with records of no table");
    }
    if (topic.oid != 0 && topic.oid != relation.oid && topic.table != table) {
        return fail(ErrorName::kTopicCollision, "tables \"" + topic.table + "\" and \"" + table +
                                                    "\" would share the topic \"" + topic.name +
                                                    "\"");
    }
    topic.oid = relation.oid;
    topic.table = table;
    return {};
}

// The state remembers whose topic it is, also when that table has not come up in this session.
Status Router::claim(TopicSlot& topic) const {
    const auto known = topics_.find(topic.name);
    const bool of_table =
        topic.oid != 0 || (known != topics_.end() && known->second.relation_oid != 0);
    if (!of_table) return {};
    return fail(ErrorName::kTopicCollision,
                "records of no table would share the topic \"" + topic.name + "\" with a table",
                topic.table.empty() ? std::string() : "The table is \"" + topic.table + "\".");
}

// Takes the first of what is held as far as it goes: topic, then schemas, then its place.
Status Router::proceed() {
    while (!pending_.empty()) {
        Pending& next = pending_.front();
        if (!slots_[next.topic].ready) {
            outbox_.put(EnsureTopic{next.topic, slots_[next.topic].name});
            return {};
        }
        settle_description(next);
        if (ask_for_schemas(next)) return {};
        Pending done = std::move(pending_.front());
        pending_.pop_front();
        if (Status settled = settle(std::move(done)); !settled) return settled;
    }
    return {};
}

// Only now: the numbers of its fields are in the state of the topic, which is there from here on.
void Router::settle_description(Pending& next) {
    if (!next.relation || next.described) return;
    next.described = true;
    if (encoder_.numbers_fields()) {
        const std::string& name = slots_[next.topic].name;
        auto numbered = std::make_shared<Relation>(*next.relation);
        if (assign_field_numbers(topics_.at(name), *numbered)) note_change(name);
        next.relation = std::move(numbered);
    }
    next.schemas = encoder_.schemas_of(*next.relation);
}

bool Router::ask_for_schemas(const Pending& next) {
    asked_schemas_.clear();
    for (const SchemaText& schema : next.schemas) {
        if (schema_ids_.contains({schema.subject, schema.text})) continue;
        asked_schemas_.push_back(schema);
        asked_schemas_.back().remembered =
            remembered_id(topics_.at(slots_[next.topic].name), schema, rules_.registry);
    }
    if (asked_schemas_.empty()) return false;
    asked_ticket_ = ++last_ticket_;
    outbox_.put(EnsureSchemas{asked_ticket_, asked_schemas_});
    return true;
}

Status Router::settle(Pending done) {
    TopicSlot& topic = slots_[done.topic];
    TopicRoute route{done.topic, topic.partitions, schema_ids(done), topic.message_bytes_max};
    if (!done.relation) {
        if (Status claimed = claim(topic); !claimed) return claimed;
        topic.wanted = true;
        return encoder_.route(topic.name, route);
    }
    if (note_owner(topics_.at(topic.name), *done.relation, done.known_as)) note_change(topic.name);
    const std::uint32_t id = done.relation->id;
    Status prepared = encoder_.prepare(done.relation, route);
    if (prepared) relations_[id] = std::move(done.relation);
    return prepared;
}

// What is known by now. The state of the topic learns it here and not with the answer: a session
// whose state never reached Kafka asks for nothing again, and has to write it all the same.
std::vector<std::uint32_t> Router::schema_ids(const Pending& done) {
    std::vector<std::uint32_t> ids;
    const std::string& name = slots_[done.topic].name;
    for (const SchemaText& schema : done.schemas) {
        ids.push_back(schema_ids_.at({schema.subject, schema.text}));
        if (remember_id(topics_.at(name), schema, rules_.registry, ids.back())) note_change(name);
    }
    return ids;
}

Status Router::topic_ready(const TopicReady& ready) {
    if (pending_.empty() || asked_ticket_ != 0 || ready.topic != pending_.front().topic) return {};
    TopicSlot& topic = slots_[ready.topic];
    if (Status checked = check_partitions(topic, ready); !checked) return checked;
    topic.ready = true;
    topic.partitions = ready.partitions;
    topic.message_bytes_max =
        ready.max_message_bytes > 0 ? static_cast<std::size_t>(ready.max_message_bytes) : kNoLimit;
    message_bytes_max_ = std::min(message_bytes_max_, topic.message_bytes_max);
    return proceed();
}

Status Router::schemas_ready(const SchemasReady& ready) {
    if (asked_ticket_ == 0 || ready.ticket != asked_ticket_) return {};
    if (ready.ids.size() != asked_schemas_.size()) {
        return fail(ErrorName::kBug, "the schema registry's answer has " +
                                         std::to_string(ready.ids.size()) + " ids for " +
                                         std::to_string(asked_schemas_.size()) + " schemas");
    }
    asked_ticket_ = 0;
    for (std::size_t index = 0; index < ready.ids.size(); ++index) {
        SchemaText& schema = asked_schemas_[index];
        schema_ids_[{std::move(schema.subject), std::move(schema.text)}] = ready.ids[index];
    }
    return proceed();
}

Status Router::check_partitions(TopicSlot& topic, const TopicReady& ready) {
    if (ready.partitions <= 0) {
        return fail(ErrorName::kTopicPolicy, "topic \"" + topic.name + "\" has no partitions");
    }
    const auto partitions = static_cast<std::uint32_t>(ready.partitions);
    const auto [entry, added] = topics_.try_emplace(topic.name);
    if (added) {
        entry->second.partitions = partitions;
        entry->second.relation_oid = topic.oid;
        entry->second.topic_id = ready.id;
        note_change(topic.name);
        return {};
    }
    TopicState& known = entry->second;
    if (known.topic_id.empty() && !ready.id.empty()) {
        known.topic_id = ready.id;
        note_change(topic.name);
    }
    if (!ready.id.empty() && ready.id != known.topic_id && !mutant(Mutant::kIgnoreLostTopic)) {
        return fail(ErrorName::kTopicLost,
                    "topic \"" + topic.name + "\" holds published records and was deleted",
                    "A topic of that name is there, but it is another one: its id differs.");
    }
    if (known.partitions == 0) {  // Lost, and made anew.
        known.partitions = partitions;
        note_change(topic.name);
    }
    if (entry->second.partitions == partitions || mutant(Mutant::kIgnorePartitionCount)) return {};
    return fail(ErrorName::kPartitionsChanged,
                "topic \"" + topic.name + "\" has " + std::to_string(partitions) + " partitions",
                "The state records " + std::to_string(entry->second.partitions) + ".");
}

Status Router::check_size(const RecordBuffer& buffer, std::size_t from_record) const {
    const std::vector<Record>& records = buffer.records();
    for (std::size_t index = from_record; index < records.size(); ++index) {
        const Record& record = records[index];
        const std::size_t size = (record.key_size == Record::kNull ? 0 : record.key_size) +
                                 (record.value_size == Record::kNull ? 0 : record.value_size) +
                                 kRecordOverhead;
        const std::size_t limit = slots_[record.topic].message_bytes_max;
        if (size <= limit) continue;
        return fail(ErrorName::kRecordTooLarge,
                    "a record of " + std::to_string(size) + " bytes is larger than topic \"" +
                        topic_name(record.topic) + "\" takes: " + std::to_string(limit));
    }
    return {};
}

void Router::note_change(const std::string& topic) {
    const bool noted = std::find(changed_.begin(), changed_.end(), topic) != changed_.end();
    if (!noted) changed_.push_back(topic);
}

TopicId Router::topic_id(const std::string& name) {
    const auto [entry, added] = ids_.try_emplace(name, static_cast<TopicId>(slots_.size()));
    if (added) slots_.emplace_back().name = name;
    return entry->second;
}

std::vector<std::pair<std::string, TopicState>> Router::take_changed() {
    std::vector<std::pair<std::string, TopicState>> changed;
    for (const std::string& name : changed_) changed.emplace_back(name, topics_.at(name));
    changed_.clear();
    return changed;
}

}  // namespace penstock
