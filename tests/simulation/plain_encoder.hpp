// The encoder of the simulation: every record carries the identity of its source item and nothing
// else, so that the oracle can tell which record came from which change. It refuses what the
// engine must never ask for: rows of a relation that was not prepared in this session (I6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/record_encoder.hpp"
#include "source_log.hpp"

namespace penstock::simulation {

// The prefix of logical messages that the consumer's configuration leaves out.
constexpr std::string_view kUnlistedPrefix = "unlisted";
// Truncates of this table are an operation that the configuration skips.
constexpr std::uint32_t kTruncateSkippedTable = 2;
// Rows of this table go to topics that their keys name, for every other key.
constexpr std::uint32_t kRoutedTable = 1;
// Topics that no relation leads to.
constexpr const char* kMessageTopic = "shop.message";
constexpr const char* kTransactionTopic = "shop.transaction";
constexpr const char* kHeartbeatTopic = "shop.heartbeat";

// A row message as the plugin writes it: the key in field 1, the payload and padding in field 2.
std::string row_image(const DataPayload& payload, std::size_t padding);

// The id that the modelled registry gives a schema.
std::uint32_t schema_id(const SchemaText& schema);

class PlainEncoder : public RecordEncoder {
public:
    Result<std::string> topic_of(const Relation& relation) const override;
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override {
        routes_.clear();
        topic_routes_.clear();
    }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override;
    std::vector<WantedTopic> topics() const override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    std::optional<WantedTopic> wanted_topic() override { return std::exchange(wanted_, {}); }
    bool follows_transactions() const override { return true; }
    Status begin_transaction(const RowContext& context, RecordBuffer& out) override;
    Status end_transaction(const RowContext& context, RecordBuffer& out) override;
    Status encode_heartbeat(WallTime now, RecordBuffer& out) override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override;

private:
    struct Plan {
        TopicRoute route;
        std::uint32_t table = 0;
    };
    const Plan* plan_of(std::uint32_t relation_id) const;
    const TopicRoute* route_of(const Plan& plan, std::uint32_t key);
    void write(DataPayload payload, const RowContext& context, const TopicRoute& route,
               std::string_view padding, RecordBuffer& out);
    void write_mark(ItemKind kind, std::uint32_t part, const RowContext& context,
                    RecordBuffer& out);

    std::map<std::uint32_t, Plan> routes_;
    std::map<std::string, TopicRoute> topic_routes_;
    std::optional<WantedTopic> wanted_;
    std::uint32_t events_ = 0;  // Of the transaction in hand.
};

// The table that a modelled relation describes, and back.
constexpr std::uint32_t kFirstRelationOid = 16400;

}  // namespace penstock::simulation
