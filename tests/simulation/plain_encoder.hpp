// The encoder of the simulation: every record carries the identity of its source item and nothing
// else, so that the oracle can tell which record came from which change. It refuses what the
// engine must never ask for: rows of a relation that was not prepared in this session (I6).
#pragma once

#include <map>
#include <string>

#include "engine/record_encoder.hpp"
#include "source_log.hpp"

namespace penstock::simulation {

// The prefix of logical messages that the consumer's configuration leaves out.
constexpr std::string_view kUnlistedPrefix = "unlisted";
// Truncates of this table are an operation that the configuration skips.
constexpr std::uint32_t kTruncateSkippedTable = 2;
// Messages have a topic of their own that no relation leads to.
constexpr TopicId kMessageTopic = 40;

class PlainEncoder : public RecordEncoder {
public:
    Result<std::string> topic_of(const Relation& relation) const override;
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override { routes_.clear(); }
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

    std::map<std::uint32_t, Plan> routes_;
};

// The table that a modelled relation describes, and back.
constexpr std::uint32_t kFirstRelationOid = 16400;

}  // namespace penstock::simulation
