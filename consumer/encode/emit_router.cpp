#include "encode/emit_router.hpp"

#include <algorithm>

#include "encode/emitted_event.hpp"
#include "encode/murmur2.hpp"

namespace penstock {
namespace {

constexpr std::string_view kOwnTopics = "__penstock_";
constexpr std::size_t kNameShownMax = 249;

Failure taken(const std::string& topic) {
    return fail(
        ErrorName::kConfigurationInvalid,
        "invalid value of key \"emit.topics\": topic \"" + topic + "\" has other records",
        "Transactions, messages, heartbeats and the program's own notes have topics of their "
        "own.",
        "Name another topic.");
}

void put_event(const EmittedEvent& event, const TopicRoute& route, RecordBuffer& out) {
    Record record{.topic = route.topic,
                  .header_index = static_cast<std::uint32_t>(out.headers().size()),
                  .header_count = static_cast<std::uint32_t>(event.headers.size())};
    // Events without a key keep their order in one partition.
    record.partition = partition_of(event.key.value_or(event.topic), route.partitions);
    const auto put = [&out](std::string_view bytes, std::uint32_t& offset, std::uint32_t& size) {
        offset = out.append(bytes);
        size = static_cast<std::uint32_t>(bytes.size());
    };
    if (event.key) put(*event.key, record.key_offset, record.key_size);
    if (event.payload) put(*event.payload, record.value_offset, record.value_size);
    for (const auto& [name, value] : event.headers) {
        RecordHeader header;
        header.value_size = Record::kNull;
        put(name, header.name_offset, header.name_size);
        if (value) put(*value, header.value_offset, header.value_size);
        out.add_header(header);
    }
    out.add(record);
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> EmitRouter::make(const EncodeOptions& options,
                                                        std::unique_ptr<RecordEncoder> behind) {
    if (options.emit.topics.empty()) return behind;
    const std::vector<WantedTopic> others = behind->topics();
    for (const std::string& topic : options.emit.topics) {
        const bool other = std::any_of(others.begin(), others.end(), [&](const WantedTopic& known) {
            return known.name == topic;
        });
        if (other || topic.find(kOwnTopics) != std::string::npos) return taken(topic);
    }
    return std::unique_ptr<RecordEncoder>(new EmitRouter(options.emit, std::move(behind)));
}

void EmitRouter::reset() {
    routes_.clear();
    behind().reset();
}

std::vector<WantedTopic> EmitRouter::topics() const {
    std::vector<WantedTopic> topics = behind().topics();
    for (const std::string& topic : options_.topics) {
        const WantedTopic wanted{topic};
        if (std::find(topics.begin(), topics.end(), wanted) == topics.end()) {
            topics.push_back(wanted);
        }
    }
    return topics;
}

Status EmitRouter::route(const std::string& topic, const TopicRoute& route) {
    const auto& listed = options_.topics;
    if (std::find(listed.begin(), listed.end(), topic) == listed.end()) {
        return behind().route(topic, route);
    }
    routes_[topic] = route;
    return {};
}

Status EmitRouter::refuse(std::string message, std::string detail) const {
    if (options_.skip_unlisted) return {};
    return fail(ErrorName::kEmitRefused, std::move(message), std::move(detail));
}

Status EmitRouter::encode_message(const MessageFrame& message, const RowContext& context,
                                  RecordBuffer& out) {
    if (message.prefix != kEmitPrefix) return behind().encode_message(message, context, out);
    const std::string place = "Transaction " + std::to_string(message.xid.value) + ", message at " +
                              to_string(message.lsn) + ".";
    const auto event = read_emitted_event(message.content);
    if (!event) {
        return refuse("a message of the prefix \"penstock.emit\" is no event of penstock.emit()",
                      place);
    }
    const auto route = routes_.find(event->topic);
    if (route == routes_.end()) {
        return refuse("an event is for topic \"" +
                          std::string(event->topic.substr(0, kNameShownMax)) +
                          "\", which emit.topics does not list",
                      place);
    }
    put_event(*event, route->second, out);
    return {};
}

}  // namespace penstock
