// Debezium's records that belong to no table, around the encoder of the rows: begin and end of
// transactions, logical messages, heartbeat, each to a topic of its own. Knows which of them there
// are and where they go; a MetadataFormat writes their bytes. Rows pass through, and are given the
// counts of their transaction where their envelopes show a place in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/metadata_format.hpp"
#include "encode/name_pattern.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// Whether the options ask for any such record.
bool wants_metadata(const EncodeOptions& options);

class MetadataRecords final : public RecordEncoder {
public:
    // configuration_invalid: a pattern of prefixes cannot be read.
    static Result<std::unique_ptr<RecordEncoder>> make(const EncodeOptions& options,
                                                       std::unique_ptr<RecordEncoder> rows,
                                                       std::unique_ptr<MetadataFormat> format);

    Result<std::string> topic_of(const Relation& relation) const override {
        return rows_->topic_of(relation);
    }
    bool numbers_fields() const override { return rows_->numbers_fields(); }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        return rows_->schemas_of(relation);
    }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    std::vector<WantedTopic> topics() const override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    std::optional<WantedTopic> wanted_topic() override { return rows_->wanted_topic(); }
    bool judges_marked_values() const override { return rows_->judges_marked_values(); }
    bool follows_transactions() const override { return options_.transaction_metadata; }
    Status begin_transaction(const RowContext& context, RecordBuffer& out) override;
    Status end_transaction(const RowContext& context, RecordBuffer& out) override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override;
    Status encode_heartbeat(WallTime now, RecordBuffer& out) override;

private:
    MetadataRecords(const EncodeOptions& options, NamePatterns prefixes,
                    std::unique_ptr<RecordEncoder> rows, std::unique_ptr<MetadataFormat> format);

    RowContext counted(const RowContext& context, std::size_t collection);
    std::size_t collection_of(std::uint32_t relation_id) const;
    const TopicRoute& route_of(const std::string& topic) const;
    void put_transaction(const RowContext& context, const TransactionCounts* counts,
                         RecordBuffer& out);
    template <class Value>
    void put_record(const std::string& topic, MetadataKind kind, std::string_view key,
                    RecordBuffer& out, Value value);
    void put_raw_message(const std::string& topic, const MessageFrame& message, RecordBuffer& out);

    EncodeOptions options_;
    NamePatterns prefixes_;
    std::unique_ptr<RecordEncoder> rows_;
    std::unique_ptr<MetadataFormat> format_;
    std::string transaction_topic_;
    std::string message_topic_;
    std::string heartbeat_topic_;
    std::map<std::string, TopicRoute> routes_;
    TransactionCounts counts_;
    std::size_t messages_;                  // The collection of logical messages.
    std::vector<std::size_t> collections_;  // By relation id.
};

}  // namespace penstock
