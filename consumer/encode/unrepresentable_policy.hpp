// Chooses per table what becomes of values that the format has no place for, by standing in front
// of two encoders of one format: one that stops at such a value and one that writes null. A table's
// rows always go to the same one of the two.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/name_pattern.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

class UnrepresentablePolicy final : public RecordEncoder {
public:
    // `nulls`: the tables whose rows go to `with_nulls`.
    UnrepresentablePolicy(NamePatterns nulls, std::unique_ptr<RecordEncoder> stopping,
                          std::unique_ptr<RecordEncoder> with_nulls)
        : nulls_(std::move(nulls)),
          stopping_(std::move(stopping)),
          with_nulls_(std::move(with_nulls)) {}

    Result<std::string> topic_of(const Relation& relation) const override {
        return of(relation).topic_of(relation);
    }
    bool numbers_fields() const override { return stopping_->numbers_fields(); }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        return of(relation).schemas_of(relation);
    }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    bool judges_marked_values() const override { return stopping_->judges_marked_values(); }
    Status encode(const ChangeFrame& change, const RowContext& context,
                  RecordBuffer& out) override {
        return of(change.relation_id).encode(change, context, out);
    }
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override {
        return of(relation_id).encode_truncate(relation_id, truncate, context, out);
    }
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override {
        return stopping_->encode_message(message, context, out);
    }

private:
    RecordEncoder& of(const Relation& relation) const {
        return nulls_.match(relation.schema + "." + relation.name) ? *with_nulls_ : *stopping_;
    }
    // A relation that was not prepared is unknown to either.
    RecordEncoder& of(std::uint32_t relation_id) const {
        return relation_id < chosen_.size() && chosen_[relation_id] != nullptr
                   ? *chosen_[relation_id]
                   : *stopping_;
    }

    NamePatterns nulls_;
    std::unique_ptr<RecordEncoder> stopping_;
    std::unique_ptr<RecordEncoder> with_nulls_;
    std::vector<RecordEncoder*> chosen_;  // By relation id; into the two.
};

}  // namespace penstock
