// Stands in front of an encoder and gives it the source as the user's lists shape it: tables that
// are filtered out make no records, columns are left out, masked, hashed or cut. Relations that no
// list touches pass without a look at their rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/forwarding_encoder.hpp"
#include "encode/relation_shape.hpp"
#include "encode/row_rewriter.hpp"

namespace penstock {

class ShapedRecords final : public ForwardingEncoder {
public:
    ShapedRecords(ShapeMaker maker, const EncodeOptions& options,
                  std::unique_ptr<RecordEncoder> encoder);

    Result<std::string> topic_of(const Relation& relation) const override;
    std::vector<SchemaText> schemas_of(const Relation& relation) const override;
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;

private:
    const RelationShape* find(std::uint32_t relation_id) const;

    ShapeMaker maker_;
    RowRewriter rewriter_;
    bool whole_changes_;
    std::vector<std::unique_ptr<RelationShape>> shapes_;  // By relation id; null: untouched.
};

}  // namespace penstock
