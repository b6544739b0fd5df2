// Stands in front of all encoders and takes out records that Kafka would refuse for their size, of
// tables for which the user allows that: in their place a note without values goes to
// <prefix>.__penstock_skipped, in the same Kafka transaction. Of other tables such a record stops
// the pipe, which is for the engine to say.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/forwarding_encoder.hpp"
#include "encode/name_pattern.hpp"

namespace penstock {

class SizePolicy final : public ForwardingEncoder {
public:
    // `behind` as it is when no table may be skipped. kConfigurationInvalid when a pattern cannot
    // be read.
    static Result<std::unique_ptr<RecordEncoder>> make(const EncodeOptions& options,
                                                       std::unique_ptr<RecordEncoder> behind);

    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    std::vector<WantedTopic> topics() const override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;

private:
    SizePolicy(const EncodeOptions& options, NamePatterns tables,
               std::unique_ptr<RecordEncoder> behind);

    // A table whose records may be skipped.
    struct Table {
        std::string opening;  // Of its notes, up to the LSN.
        std::size_t message_bytes_max = 0;
    };

    void put_note(const Table& table, const Record& record, const RowContext& context,
                  RecordBuffer& out) const;

    NamePatterns tables_;
    std::string topic_;
    TopicRoute notes_;
    std::vector<std::unique_ptr<Table>> skipped_;  // By relation id; null: none may be.
};

}  // namespace penstock
