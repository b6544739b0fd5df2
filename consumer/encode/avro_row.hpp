// A row of a table as an Avro record, or its key: which columns in which order, with which writers
// and which branches of their unions. Built once per relation; the schema that belongs to it is
// avro_schema's.
#pragma once

#include <string>
#include <vector>

#include "encode/avro_value.hpp"
#include "encode/encode_options.hpp"
#include "encode/row.hpp"
#include "encode/shared_fields.hpp"
#include "engine/relation.hpp"

namespace penstock {

// What a column is in a record's schema.
struct AvroColumn {
    std::uint16_t slot = 0;  // Index into Relation::columns.
    std::string name;        // A legal Avro name.
    ValueType type;
    std::string default_json;  // Empty: none.

    bool optional() const { return type.optional; }
    // ["null",T] or, with a default, [T,"null"]: a default is of the first branch.
    char present() const { return default_json.empty() ? kAvroSecond : kAvroFirst; }
    char null() const { return default_json.empty() ? kAvroFirst : kAvroSecond; }
};

// `columns`: indexes into relation.columns, in the order of the fields; those that records have no
// field for are left out.
std::vector<AvroColumn> avro_columns(const Relation& relation,
                                     const std::vector<std::uint16_t>& columns,
                                     const EncodeOptions& options);

// Values whose encoding is so short that a call would be the larger part.
enum class AvroInline : std::uint8_t { kNone, kBoolean, kLong, kFour, kEight, kText };

class AvroRow {
public:
    AvroRow(const Relation& relation, const std::vector<AvroColumn>& columns,
            const EncodeOptions& options);

    AvroRow(const AvroRow&) = delete;
    AvroRow& operator=(const AvroRow&) = delete;

    // Writes the record. kMarkedValue for a value that has no place in it, kFrameInvalid for bytes
    // that are no value of their column.
    // `shared`: begun for this image, where the record shows the other one as well.
    Status put(ByteWriter& out, const Row& row, ValueContext& context,
               SharedFields* shared = nullptr) const;
    std::size_t size() const { return fields_.size(); }

private:
    // What every row looks at, apart from what few do.
    struct Field {
        AvroWriter write = nullptr;
        const ValueType* type = nullptr;
        std::uint16_t slot = 0;
        AvroInline in_line = AvroInline::kNone;
        bool optional = false;
        char present = kAvroSecond;
        char null = kAvroFirst;
        std::uint16_t index = 0;  // Of absences_.
    };
    struct Absence {
        std::string placeholder;  // For an unchanged TOAST value, branch included; empty: none.
        std::string absent;       // For a column that a key-only old row does not tell.
    };

    Status put_absent(ByteWriter& out, const Field& field, const Row& row) const;
    Status put_null(ByteWriter& out, const Field& field, const char* reason, bool allowed) const;

    const Relation& relation_;
    std::vector<ValueType> types_;
    std::vector<Field> fields_;
    std::vector<Absence> absences_;
    bool null_allowed_ = false;  // In place of a value that has no place.
};

}  // namespace penstock
