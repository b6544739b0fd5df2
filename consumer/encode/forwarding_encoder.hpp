// An encoder that hands every call on to another one. What stands in front of a format derives from
// it and overrides what it is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/record_encoder.hpp"

namespace penstock {

class ForwardingEncoder : public RecordEncoder {
public:
    explicit ForwardingEncoder(std::unique_ptr<RecordEncoder> behind)
        : behind_(std::move(behind)) {}

    Result<std::string> topic_of(const Relation& relation) const override {
        return behind_->topic_of(relation);
    }
    bool numbers_fields() const override { return behind_->numbers_fields(); }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        return behind_->schemas_of(relation);
    }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override {
        return behind_->prepare(std::move(relation), route);
    }
    void reset() override { behind_->reset(); }
    std::vector<WantedTopic> topics() const override { return behind_->topics(); }
    Status route(const std::string& topic, const TopicRoute& route) override {
        return behind_->route(topic, route);
    }
    std::optional<WantedTopic> wanted_topic() override { return behind_->wanted_topic(); }
    bool follows_transactions() const override { return behind_->follows_transactions(); }
    Status begin_transaction(const RowContext& context, RecordBuffer& out) override {
        return behind_->begin_transaction(context, out);
    }
    Status end_transaction(const RowContext& context, RecordBuffer& out) override {
        return behind_->end_transaction(context, out);
    }
    Status encode_heartbeat(WallTime now, RecordBuffer& out) override {
        return behind_->encode_heartbeat(now, out);
    }
    bool judges_marked_values() const override { return behind_->judges_marked_values(); }
    Status encode(const ChangeFrame& change, const RowContext& context,
                  RecordBuffer& out) override {
        return behind_->encode(change, context, out);
    }
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override {
        return behind_->encode_truncate(relation_id, truncate, context, out);
    }
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override {
        return behind_->encode_message(message, context, out);
    }

protected:
    RecordEncoder& behind() { return *behind_; }
    const RecordEncoder& behind() const { return *behind_; }

private:
    std::unique_ptr<RecordEncoder> behind_;
};

}  // namespace penstock
