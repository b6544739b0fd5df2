#include "encode/metadata_records.hpp"

#include <algorithm>

#include "encode/murmur2.hpp"

namespace penstock {
namespace {

// What counts as the table of logical messages.
constexpr std::string_view kMessages = "LOGICAL_DECODING_MESSAGE";

bool wants_messages(const EncodeOptions& options) {
    return !options.message_prefixes.empty();
}

}  // namespace

bool wants_metadata(const EncodeOptions& options) {
    return options.transaction_metadata || options.heartbeat || wants_messages(options) ||
           !options.message_topics.empty();
}

Result<std::unique_ptr<RecordEncoder>> MetadataRecords::make(
    const EncodeOptions& options, std::unique_ptr<RecordEncoder> rows,
    std::unique_ptr<MetadataFormat> format) {
    auto prefixes = NamePatterns::compile("messages.prefixes", options.message_prefixes);
    if (!prefixes) return Failure(std::move(prefixes.error()));
    return std::unique_ptr<RecordEncoder>(
        new MetadataRecords(options, std::move(*prefixes), std::move(rows), std::move(format)));
}

MetadataRecords::MetadataRecords(const EncodeOptions& options, NamePatterns prefixes,
                                 std::unique_ptr<RecordEncoder> rows,
                                 std::unique_ptr<MetadataFormat> format)
    : options_(options),
      prefixes_(std::move(prefixes)),
      rows_(std::move(rows)),
      format_(std::move(format)),
      transaction_topic_(options.topic_prefix + ".transaction"),
      message_topic_(options.topic_prefix + ".message"),
      heartbeat_topic_("__debezium-heartbeat." + options.topic_prefix),
      messages_(counts_.collection(kMessages)) {}

std::vector<WantedTopic> MetadataRecords::topics() const {
    std::vector<WantedTopic> topics = rows_->topics();
    const auto add = [&](const std::string& topic, MetadataKind kind) {
        topics.push_back({topic, format_->schemas_of(kind, topic)});
    };
    if (options_.transaction_metadata) add(transaction_topic_, MetadataKind::kTransaction);
    if (wants_messages(options_)) add(message_topic_, MetadataKind::kMessage);
    if (options_.heartbeat) add(heartbeat_topic_, MetadataKind::kHeartbeat);
    for (const MessageTopic& raw : options_.message_topics) {
        const auto same = [&raw](const WantedTopic& topic) { return topic.name == raw.topic; };
        if (std::none_of(topics.begin(), topics.end(), same)) topics.push_back({raw.topic, {}});
    }
    return topics;
}

Status MetadataRecords::route(const std::string& topic, const TopicRoute& route) {
    routes_[topic] = route;
    if (topic == transaction_topic_) format_->route(MetadataKind::kTransaction, route.schema_ids);
    if (topic == message_topic_) format_->route(MetadataKind::kMessage, route.schema_ids);
    if (topic == heartbeat_topic_) format_->route(MetadataKind::kHeartbeat, route.schema_ids);
    return rows_->route(topic, route);
}

// The engine gives every topic of topics() its route before the first frame.
const TopicRoute& MetadataRecords::route_of(const std::string& topic) const {
    return routes_.at(topic);
}

void MetadataRecords::reset() {
    routes_.clear();
    collections_.clear();
    rows_->reset();
}

Status MetadataRecords::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    const std::string name = relation->schema + "." + relation->name;
    Status prepared = rows_->prepare(std::move(relation), route);
    if (!prepared || !options_.transaction_metadata) return prepared;
    if (collections_.size() <= id) collections_.resize(id + 1);
    collections_[id] = counts_.collection(name);
    return {};
}

std::size_t MetadataRecords::collection_of(std::uint32_t relation_id) const {
    return relation_id < collections_.size() ? collections_[relation_id] : messages_;
}

RowContext MetadataRecords::counted(const RowContext& context, std::size_t collection) {
    RowContext counted = context;
    counts_.choose(collection);
    // Rows of a snapshot belong to no transaction that begins and ends.
    const bool counts = context.transaction != nullptr && context.snapshot == SnapshotMarker::kNone;
    counted.counts = counts ? &counts_ : nullptr;
    return counted;
}

Status MetadataRecords::encode(const ChangeFrame& change, const RowContext& context,
                               RecordBuffer& out) {
    if (!options_.transaction_metadata) return rows_->encode(change, context, out);
    return rows_->encode(change, counted(context, collection_of(change.relation_id)), out);
}

Status MetadataRecords::encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                                        const RowContext& context, RecordBuffer& out) {
    if (!options_.transaction_metadata) {
        return rows_->encode_truncate(relation_id, truncate, context, out);
    }
    return rows_->encode_truncate(relation_id, truncate,
                                  counted(context, collection_of(relation_id)), out);
}

template <class Value>
void MetadataRecords::put_record(const std::string& topic, MetadataKind kind, std::string_view key,
                                 RecordBuffer& out, Value value) {
    const TopicRoute& route = route_of(topic);
    ByteWriter writer(out);
    Record record{.topic = route.topic, .key_offset = writer.position()};
    format_->put_key(writer, kind, key);
    const std::string_view bytes = writer.since(record.key_offset);
    record.key_size = static_cast<std::uint32_t>(bytes.size());
    record.partition = partition_of(bytes, route.partitions);
    record.value_offset = writer.position();
    value(writer);
    record.value_size = writer.position() - record.value_offset;
    writer.finish();
    out.add(record);
}

void MetadataRecords::put_transaction(const RowContext& context, const TransactionCounts* counts,
                                      RecordBuffer& out) {
    const std::string id = transaction_id(context.transaction->xid, context.lsn);
    const std::int64_t time_ms = context.transaction->commit_time_us / 1000;
    put_record(transaction_topic_, MetadataKind::kTransaction, id, out,
               [&](ByteWriter& writer) { format_->put_transaction(writer, id, time_ms, counts); });
}

Status MetadataRecords::begin_transaction(const RowContext& context, RecordBuffer& out) {
    counts_.begin();
    put_transaction(context, nullptr, out);
    return {};
}

Status MetadataRecords::end_transaction(const RowContext& context, RecordBuffer& out) {
    put_transaction(context, &counts_, out);
    return {};
}

// Messages of listed prefixes only: every role that may connect can write them.
Status MetadataRecords::encode_message(const MessageFrame& message, const RowContext& context,
                                       RecordBuffer& out) {
    for (const MessageTopic& raw : options_.message_topics) {
        if (raw.prefix == message.prefix) {
            put_raw_message(raw.topic, message, out);
            return {};
        }
    }
    if (prefixes_.empty() || !prefixes_.match(message.prefix)) return {};
    std::optional<TransactionCounts::Place> place;
    if (options_.transaction_metadata && message.transactional) {
        counts_.choose(messages_);
        place = counts_.next();
    }
    put_record(message_topic_, MetadataKind::kMessage, message.prefix, out,
               [&](ByteWriter& writer) { format_->put_message(writer, message, context, place); });
    return {};
}

// The message's bytes as they are, under its prefix as the key.
void MetadataRecords::put_raw_message(const std::string& topic, const MessageFrame& message,
                                      RecordBuffer& out) {
    const TopicRoute& route = route_of(topic);
    Record record{.topic = route.topic,
                  .partition = partition_of(message.prefix, route.partitions)};
    record.key_offset = out.append(message.prefix);
    record.key_size = static_cast<std::uint32_t>(message.prefix.size());
    record.value_offset = out.append(message.content);
    record.value_size = static_cast<std::uint32_t>(message.content.size());
    out.add(record);
}

Status MetadataRecords::encode_heartbeat(WallTime now, RecordBuffer& out) {
    if (!options_.heartbeat) return {};
    put_record(
        heartbeat_topic_, MetadataKind::kHeartbeat, options_.topic_prefix, out,
        [&](ByteWriter& writer) { format_->put_heartbeat(writer, now.count() / 1'000'000); });
    return {};
}

}  // namespace penstock
