// The format protobuf: the bytes of the plugin's Change handed on as they are, with our own fields
// behind them (proto/record.proto). Nothing is decoded but the key. Keys are row messages of the
// key columns. Only a key change is put together anew, as a delete and a create.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

class ByteWriter;

class ProtobufRaw final : public RecordEncoder {
public:
    explicit ProtobufRaw(const EncodeOptions& options);
    ~ProtobufRaw() override;

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

    Plan* find(std::uint32_t relation_id);
    Status put_verbatim(Plan& plan, const ChangeFrame& change, std::string_view keyed_by,
                        const RowContext& context, RecordBuffer& out);
    Status encode_update(Plan& plan, const ChangeFrame& change, const RowContext& context,
                         RecordBuffer& out);
    Status encode_key_change(Plan& plan, const ChangeFrame& change, const RowContext& context,
                             RecordBuffer& out);
    Result<bool> key_changed(const Plan& plan, const ChangeFrame& change);

    EncodeOptions options_;
    std::vector<std::unique_ptr<Plan>> plans_;  // By relation id.
    std::string old_row_;                       // Of a key change, completed from the new one.
    std::string new_row_;
};

}  // namespace penstock
