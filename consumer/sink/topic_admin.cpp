#include "sink/topic_admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <thread>

namespace penstock {
namespace {

constexpr std::chrono::milliseconds kLeaderPoll{20};
constexpr std::size_t kTopicsPerQuestion = 1000;
using Clock = std::chrono::steady_clock;

TopicShape shape_of(const rd_kafka_metadata_topic& topic) {
    const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
    TopicShape shape;
    shape.partitions = topic.partition_cnt;
    shape.replication = partitions.empty() ? 0 : partitions.front().replica_cnt;
    shape.leaders_known = !partitions.empty() &&
                          std::all_of(partitions.begin(), partitions.end(),
                                      [](const auto& partition) { return partition.leader >= 0; });
    return shape;
}

NewTopicHandle new_topic(const TopicPlan& plan) {
    char reason[256];
    NewTopicHandle topic(rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication,
                                               reason, sizeof(reason)));
    if (!topic) return nullptr;
    for (const auto& [name, value] : plan.config)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    return topic;
}

constexpr std::pair<rd_kafka_AclOperation_t, const char*> kNeededRights[] = {
    {RD_KAFKA_ACL_OPERATION_READ, "Read"},
    {RD_KAFKA_ACL_OPERATION_WRITE, "Write"},
    {RD_KAFKA_ACL_OPERATION_DESCRIBE, "Describe"},
};

std::vector<std::string> missing_of(std::span<const rd_kafka_AclOperation_t> granted) {
    std::vector<std::string> missing;
    for (const auto& [operation, name] : kNeededRights)
        if (std::find(granted.begin(), granted.end(), operation) == granted.end())
            missing.emplace_back(name);
    return missing;
}

}  // namespace

Result<std::unique_ptr<TopicAdmin>> TopicAdmin::create(const KafkaSettings& settings,
                                                       Cancelled cancelled) {
    std::unique_ptr<TopicAdmin> admin(
        new TopicAdmin(settings.request_timeout, std::move(cancelled)));
    Result<ConfHandle> conf = client_conf(settings, {ClientKind::kAdmin, {}});
    if (!conf) return Failure(conf.error());
    Result<ClientHandle> client =
        make_client(std::move(*conf), ClientKind::kAdmin, admin->journal_);
    if (!client) return Failure(client.error());
    admin->client_ = std::move(*client);
    return admin;
}

KafkaFailure TopicAdmin::failure(rd_kafka_resp_err_t code, std::string_view attempt) {
    if (auto refusal = journal_.refusal()) return *refusal;
    return kafka_failure(code, attempt, sentence(journal_.last_failure()));
}

rd_kafka_resp_err_t TopicAdmin::ask(const std::function<rd_kafka_resp_err_t(int)>& question) {
    return ask_in_slices(client_.get(), journal_, patience_, cancelled_, question);
}

KafkaResult<MetadataHandle> TopicAdmin::metadata(rd_kafka_topic_t* topic,
                                                 std::string_view attempt) {
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t code = ask([&](int patience_ms) {
        return rd_kafka_metadata(client_.get(), 0, topic, &raw, patience_ms);
    });
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(failure(code, attempt));
    return MetadataHandle(raw);
}

KafkaResult<std::optional<TopicShape>> TopicAdmin::look(const std::string& topic) {
    TopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    const std::string attempt = fmt::format("could not look at topic \"{}\"", topic);
    auto answer = metadata(handle.get(), attempt);
    if (!answer) return tl::unexpected(answer.error());
    if ((*answer)->topic_cnt != 1) return std::optional<TopicShape>();
    const rd_kafka_metadata_topic& found = (*answer)->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<TopicShape>();
    // A topic that was made just now may have partitions without leader: not an error here.
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return tl::unexpected(failure(found.err, attempt));
    return std::optional(shape_of(found));
}

KafkaResult<TopicShape> TopicAdmin::await_leaders(const std::string& topic) {
    const auto deadline = Clock::now() + patience_;
    while (true) {
        auto shape = look(topic);
        if (!shape) return tl::unexpected(shape.error());
        if (*shape && (*shape)->leaders_known) return **shape;
        if (cancelled_() || Clock::now() >= deadline)
            return tl::unexpected(failure(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                          fmt::format("could not use topic \"{}\"", topic)));
        std::this_thread::sleep_for(kLeaderPoll);
    }
}

KafkaResult<EventHandle> TopicAdmin::await(rd_kafka_queue_t* queue, std::string_view attempt) {
    EventHandle event;
    ask([&](int patience_ms) {
        event.reset(rd_kafka_queue_poll(queue, patience_ms));
        return event ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__TIMED_OUT;
    });
    if (!event) return tl::unexpected(failure(RD_KAFKA_RESP_ERR__TIMED_OUT, attempt));
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
    KafkaFailure failed = failure(code, attempt);
    if (failed.error.detail.empty())
        failed.error.detail = sentence(rd_kafka_event_error_string(event.get()));
    return tl::unexpected(std::move(failed));
}

KafkaStatus TopicAdmin::make(const TopicPlan& plan) {
    return create_topic(plan, false);
}

KafkaStatus TopicAdmin::would_make(const TopicPlan& plan) {
    return create_topic(plan, true);
}

KafkaStatus TopicAdmin::create_topic(const TopicPlan& plan, bool only_validate) {
    const std::string attempt = fmt::format("could not create topic \"{}\"", plan.name);
    const NewTopicHandle topic = new_topic(plan);
    if (!topic) return tl::unexpected(failure(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, attempt));
    const QueueHandle queue(rd_kafka_queue_new(client_.get()));
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
    char reason[256];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), patience_ms(), reason, sizeof(reason));
    if (only_validate)
        rd_kafka_AdminOptions_set_validate_only(options.get(), 1, reason, sizeof(reason));
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    rd_kafka_CreateTopics(client_.get(), topics, 1, options.get(), queue.get());

    auto event = await(queue.get(), attempt);
    if (!event) return tl::unexpected(event.error());
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event->get()), &count);
    if (count != 1) return tl::unexpected(failure(RD_KAFKA_RESP_ERR__BAD_MSG, attempt));
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return {};
    const char* said = rd_kafka_topic_result_error_string(results[0]);
    return tl::unexpected(kafka_failure(
        code, attempt, said == nullptr ? "" : fmt::format("The broker says: {}", said)));
}

KafkaResult<Watermarks> TopicAdmin::watermarks(const std::string& topic, std::int32_t partition) {
    Watermarks marks;
    const rd_kafka_resp_err_t code = ask([&](int patience_ms) {
        return rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &marks.low,
                                                &marks.high, patience_ms);
    });
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
    return tl::unexpected(failure(code, fmt::format("could not read the end of \"{}\"", topic)));
}

KafkaResult<std::vector<std::int64_t>> TopicAdmin::ends(const std::string& topic,
                                                        std::int32_t partitions,
                                                        Isolation isolation) {
    const std::string attempt = fmt::format("could not read where topic \"{}\" ends", topic);
    const QueueHandle queue(rd_kafka_queue_new(client_.get()));
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS));
    const ErrorHandle refused(rd_kafka_AdminOptions_set_isolation_level(
        options.get(), isolation == Isolation::kReadCommitted
                           ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                           : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED));
    const PartitionListHandle asked(rd_kafka_topic_partition_list_new(partitions));
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), partition)->offset =
            RD_KAFKA_OFFSET_SPEC_LATEST;
    rd_kafka_ListOffsets(client_.get(), asked.get(), options.get(), queue.get());

    auto event = await(queue.get(), attempt);
    if (!event) return tl::unexpected(event.error());
    std::size_t count = 0;
    const rd_kafka_ListOffsetsResultInfo_t** infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event->get()), &count);
    std::vector<std::int64_t> ends(static_cast<std::size_t>(partitions), 0);
    for (const rd_kafka_ListOffsetsResultInfo_t* info : std::span(infos, count)) {
        const auto* const found = rd_kafka_ListOffsetsResultInfo_topic_partition(info);
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return tl::unexpected(failure(found->err, attempt));
        ends.at(static_cast<std::size_t>(found->partition)) = found->offset;
    }
    return ends;
}

KafkaResult<ConfigEntries> TopicAdmin::topic_config(const std::string& topic) {
    return config(RD_KAFKA_RESOURCE_TOPIC, topic);
}

KafkaResult<ConfigEntries> TopicAdmin::broker_config(std::int32_t broker) {
    return config(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker));
}

KafkaResult<ConfigEntries> TopicAdmin::config(rd_kafka_ResourceType_t type,
                                              const std::string& name) {
    const std::string attempt = fmt::format("could not read the configuration of \"{}\"", name);
    const QueueHandle queue(rd_kafka_queue_new(client_.get()));
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
    char reason[256];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), patience_ms(), reason, sizeof(reason));
    const ConfigResourceHandle resource(rd_kafka_ConfigResource_new(type, name.c_str()));
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    rd_kafka_DescribeConfigs(client_.get(), resources, 1, options.get(), queue.get());

    auto event = await(queue.get(), attempt);
    if (!event) return tl::unexpected(event.error());
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    if (count != 1) return tl::unexpected(failure(RD_KAFKA_RESP_ERR__BAD_MSG, attempt));
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(found[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(failure(code, attempt));

    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(found[0], &count);
    ConfigEntries result;
    for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
        const char* value = rd_kafka_ConfigEntry_value(entry);
        result.emplace(rd_kafka_ConfigEntry_name(entry), value == nullptr ? "" : value);
    }
    return result;
}

KafkaResult<std::vector<std::string>> TopicAdmin::missing_rights(const std::string& topic) {
    const std::string attempt = fmt::format("could not read the rights on \"{}\"", topic);
    const QueueHandle queue(rd_kafka_queue_new(client_.get()));
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
    const ErrorHandle refused(
        rd_kafka_AdminOptions_set_include_authorized_operations(options.get(), 1));
    const char* names[] = {topic.c_str()};
    const TopicCollectionHandle topics(rd_kafka_TopicCollection_of_topic_names(names, 1));
    rd_kafka_DescribeTopics(client_.get(), topics.get(), options.get(), queue.get());

    auto event = await(queue.get(), attempt);
    if (!event) return tl::unexpected(event.error());
    std::size_t count = 0;
    const rd_kafka_TopicDescription_t** found = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event->get()), &count);
    if (count != 1) return tl::unexpected(failure(RD_KAFKA_RESP_ERR__BAD_MSG, attempt));
    const rd_kafka_resp_err_t code = rd_kafka_error_code(rd_kafka_TopicDescription_error(found[0]));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(failure(code, attempt));
    const rd_kafka_AclOperation_t* operations =
        rd_kafka_TopicDescription_authorized_operations(found[0], &count);
    return missing_of(std::span(operations, count));
}

KafkaResult<std::map<std::string, TopicFacts>> TopicAdmin::describe(
    const std::vector<std::string>& topics) {
    std::map<std::string, TopicFacts> found;
    std::span<const std::string> left(topics);
    while (!left.empty()) {
        const std::size_t count = std::min(left.size(), kTopicsPerQuestion);
        if (KafkaStatus done = describe(left.first(count), found); !done)
            return tl::unexpected(done.error());
        left = left.subspan(count);
    }
    return found;
}

KafkaStatus TopicAdmin::describe(std::span<const std::string> topics,
                                 std::map<std::string, TopicFacts>& found) {
    const std::string attempt = fmt::format("could not look at {} topics", topics.size());
    const QueueHandle queue(rd_kafka_queue_new(client_.get()));
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
    std::vector<const char*> names;
    for (const std::string& topic : topics) names.push_back(topic.c_str());
    const TopicCollectionHandle asked(
        rd_kafka_TopicCollection_of_topic_names(names.data(), names.size()));
    rd_kafka_DescribeTopics(client_.get(), asked.get(), options.get(), queue.get());

    auto event = await(queue.get(), attempt);
    if (!event) return tl::unexpected(event.error());
    std::size_t count = 0;
    const rd_kafka_TopicDescription_t** descriptions = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event->get()), &count);
    for (const rd_kafka_TopicDescription_t* topic : std::span(descriptions, count)) {
        const char* name = rd_kafka_TopicDescription_name(topic);
        const auto code = rd_kafka_error_code(rd_kafka_TopicDescription_error(topic));
        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return tl::unexpected(
                failure(code, fmt::format("could not look at topic \"{}\"", name)));
        std::size_t partitions = 0;
        rd_kafka_TopicDescription_partitions(topic, &partitions);
        const rd_kafka_Uuid_t* id = rd_kafka_TopicDescription_topic_id(topic);
        found[name] = {static_cast<std::int32_t>(partitions),
                       id == nullptr ? "" : rd_kafka_Uuid_base64str(id)};
    }
    return {};
}

KafkaResult<std::vector<std::int32_t>> TopicAdmin::brokers() {
    auto answer = metadata(nullptr, "could not reach Kafka");
    if (!answer) return tl::unexpected(answer.error());
    std::vector<std::int32_t> ids;
    for (int i = 0; i < (*answer)->broker_cnt; ++i) ids.push_back((*answer)->brokers[i].id);
    return ids;
}

}  // namespace penstock
