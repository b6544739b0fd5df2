// What is known of an outbox table before its first row: where its columns lie, how their values
// are written, and the schemas of what they make. Column names come from the user; a table that
// lacks one is refused when it is described.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"
#include "encode/json_value.hpp"
#include "encode/row.hpp"
#include "engine/error.hpp"
#include "engine/relation.hpp"

namespace penstock {

// One column of the table and how its value is written.
struct OutboxColumn {
    std::uint16_t slot = 0;
    ValueType type;
    JsonWriter write = nullptr;
    std::string name;        // Of the header or the field of the envelope.
    std::string field_head;  // ,"name":
    std::string schema;      // Without a name; empty unless records have schemas.
};

class OutboxPlan {
public:
    // kConfigurationInvalid when the table lacks a column that the options name.
    static Result<std::unique_ptr<OutboxPlan>> make(std::shared_ptr<const Relation> relation,
                                                    const EncodeOptions& options);

    const Relation& relation() const { return *relation_; }
    const RowLayout& layout() const { return layout_; }

    // The value of a column as JSON, null included. kMarkedValue for one that has no JSON.
    Status put_json(ByteWriter& out, const OutboxColumn& column, const Row& row,
                    ValueContext& context) const;
    // The same without quotes and escapes: what a header or a raw key shows. Not for a null.
    Status put_bare(ByteWriter& out, const OutboxColumn& column, const Row& row,
                    ValueContext& context) const;
    // Milliseconds since 1970 of the timestamp column; 0 where there is none.
    std::int64_t timestamp_ms(const Row& row) const;

    OutboxColumn id;
    OutboxColumn key;
    OutboxColumn payload;
    OutboxColumn route;
    std::vector<OutboxColumn> headers;
    std::vector<OutboxColumn> envelope;
    std::optional<OutboxColumn> tracing;         // A text with Java properties.
    std::optional<OutboxColumn> partition;       // An integer, as the next.
    std::optional<OutboxColumn> schema_version;  // Of the envelope's schema.
    std::string key_head;  // The schema in front of a key, when schemas are enabled.
    std::string tail;

private:
    OutboxPlan(std::shared_ptr<const Relation> relation)
        : relation_(std::move(relation)), layout_(*relation_) {}

    Result<OutboxColumn> column(std::string_view name, std::string_view shown_as,
                                const EncodeOptions& options) const;
    // kConfigurationInvalid when its values are no integers.
    Status take_integer(std::string_view name, const EncodeOptions& options,
                        std::optional<OutboxColumn>& into) const;
    Status take_fields(const EncodeOptions& options);

    std::shared_ptr<const Relation> relation_;
    RowLayout layout_;
    std::optional<OutboxColumn> timestamp_;
};

}  // namespace penstock
