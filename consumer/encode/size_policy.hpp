// Stands in front of the formats and sees to records that Kafka would refuse for their size, as far
// as the user allows it: makes them once more with some columns cut, or takes them out. Either way
// a note without values goes to <prefix>.__penstock_skipped, in the same Kafka transaction. All
// other such records stop the pipe, which is for the engine to say.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/forwarding_encoder.hpp"
#include "encode/name_pattern.hpp"
#include "encode/row_rewriter.hpp"

namespace penstock {

class SizePolicy final : public ForwardingEncoder {
public:
    // `behind` as it is when nothing may be cut or skipped. kConfigurationInvalid when a pattern
    // cannot be read.
    static Result<std::unique_ptr<RecordEncoder>> make(const EncodeOptions& options,
                                                       std::unique_ptr<RecordEncoder> behind);

    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    std::vector<WantedTopic> topics() const override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;

private:
    // Columns that may be cut.
    struct Cut {
        NamePatterns columns;
        std::uint32_t length = 0;
    };
    // A table whose records may be cut or skipped.
    struct Table {
        std::string opening;          // Of its notes, up to the reason.
        std::string cut_note;         // The reason of a note about cut columns, and their names.
        std::vector<FieldRule> cuts;  // By attnum; empty: nothing is cut.
        bool skipped = false;
        std::size_t message_bytes_max = 0;
    };

    SizePolicy(const EncodeOptions& options, NamePatterns tables, std::vector<Cut> cuts,
               std::unique_ptr<RecordEncoder> behind);

    Result<std::unique_ptr<Table>> table_of(const Relation& relation) const;
    const Cut* cut_of(const std::string& column) const;
    // The size of the largest record from `from` on.
    static std::size_t largest(const RecordBuffer& out, std::size_t from);
    Status encode_cut(const Table& table, const ChangeFrame& change, const RowContext& context,
                      RecordBuffer& out);
    void skip(const Table& table, std::size_t from, const RowContext& context, RecordBuffer& out);
    void put_note(const Table& table, std::string_view reason, const Record& record,
                  const RowContext& context, RecordBuffer& out) const;

    EncodeOptions options_;
    NamePatterns tables_;
    std::vector<Cut> cuts_;
    RowRewriter rewriter_;
    std::string topic_;
    TopicRoute notes_;
    std::vector<std::unique_ptr<Table>> chosen_;  // By relation id; null: neither may be.
};

}  // namespace penstock
