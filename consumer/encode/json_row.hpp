// A row of a table as a JSON object, or its key: which columns in which order, under which names,
// with which writers. Built once per relation.
#pragma once

#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/json_value.hpp"
#include "encode/row.hpp"
#include "encode/shared_fields.hpp"
#include "engine/relation.hpp"

namespace penstock {

struct JsonField {
    BlockText prefix;  // {"name": or ,"name":
    std::uint16_t slot = 0;
    JsonWriter write = nullptr;
    ValueType type;
    std::string placeholder;  // For an unchanged TOAST value; empty: there is none.
    std::string absent;       // For a column that a key-only old row does not tell.
};

enum class JsonUse {
    kRow,
    kKey,
    kKeyHeader,  // As Connect's SimpleHeaderConverter has it: decimals as plain numbers.
};

class JsonRow {
public:
    // `columns`: indexes into relation.columns, in the order of the fields.
    JsonRow(const Relation& relation, const std::vector<std::uint16_t>& columns,
            const EncodeOptions& options, JsonUse use);

    // Writes the object. kMarkedValue for a value that has no place in it, kFrameInvalid for bytes
    // that are no value of their column.
    // `shared`: begun for this image, where the record shows the other one as well.
    Status put(ByteWriter& out, const Row& row, ValueContext& context,
               SharedFields* shared = nullptr) const;
    std::size_t size() const { return fields_.size(); }

    const std::vector<JsonField>& fields() const { return fields_; }

private:
    Status put_absent(ByteWriter& out, const JsonField& field, const Row& row,
                      ValueContext& context) const;
    Status put_unrepresentable(ByteWriter& out, const JsonField& field, const char* reason,
                               const ValueContext& context) const;

    const Relation& relation_;
    std::vector<JsonField> fields_;
};

// The index of every column that rows show, in order.
std::vector<std::uint16_t> all_columns(const Relation& relation);

// The errors that a row can give, naming table and column.
Failure unrepresentable_value(const Relation& relation, std::uint16_t slot, const char* reason);
Failure invalid_value(const Relation& relation, std::uint16_t slot);
// Why a value came marked, for unrepresentable_value().
const char* reason_text(MarkReason reason);

}  // namespace penstock
