// The format debezium-json: what Debezium's PostgreSQL connector writes through Kafka Connect's
// JsonConverter, byte for byte. One plan per relation, built in prepare(); a row is then a walk
// over constant texts and value writers, without a map, a document or an allocation.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/json_value.hpp"
#include "encode/row.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

class DebeziumJson final : public RecordEncoder {
public:
    explicit DebeziumJson(const EncodeOptions& options);
    ~DebeziumJson() override;

    Result<std::string> topic_of(const Relation& relation) const override;
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    bool judges_marked_values() const override { return true; }
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override;

private:
    struct Plan;
    struct Key;
    struct Envelope;

    Plan* find(std::uint32_t relation_id);
    Status encode_update(Plan& plan, const RowContext& context, RecordBuffer& out);
    Status encode_delete(Plan& plan, const RowContext& context, RecordBuffer& out);
    Status encode_key_change(Plan& plan, const RowContext& context, RecordBuffer& out);
    Status put_key(ByteWriter& writer, const Plan& plan, const Row& row, Key& key);
    Status put_key_header(ByteWriter& writer, const Plan& plan, const Row& row,
                          RecordHeader& header);
    Status put_image(ByteWriter& writer, const Plan& plan, const Row* row);
    Status put_value(ByteWriter& writer, Plan& plan, const Envelope& envelope,
                     const RowContext& context);
    Status put_record(RecordBuffer& out, Plan& plan, const Row* keyed_by, const Envelope& envelope,
                      const RowContext& context);
    Result<bool> key_changed(const Plan& plan);

    EncodeOptions options_;
    ValueContext context_;
    ChangeRows rows_;
    std::vector<std::unique_ptr<Plan>> plans_;  // By relation id.
    RecordBuffer old_key_;                      // Where two keys are compared.
    RecordBuffer new_key_;
};

}  // namespace penstock
