// What the Avro formats share: the byte 0 and the schema's id in front of keys and values
// (Confluent's wire format), the subjects of a topic, the key, and the names that must not meet.
// How a value looks is each format's own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encode/avro_row.hpp"
#include "encode/json_row.hpp"
#include "encode/record_frame.hpp"
#include "encode/row_images.hpp"

namespace penstock {

// The five bytes in front of a key or value of this schema.
std::string avro_frame(std::uint32_t schema_id);

// The schemas of one relation.
struct AvroSchemas {
    std::string name;  // Of the records: the namespace that they share.
    std::vector<AvroColumn> key_columns;
    std::vector<AvroColumn> row_columns;
    std::string key;  // Text; empty for a relation without a key.
    std::string value;

    // Key before value.
    std::vector<SchemaText> subjects(const std::string& topic) const;
};

// schema_invalid when two columns meet in one Avro name.
Status check_avro_names(const Relation& relation, const EncodeOptions& options);

struct AvroPlan : FramePlan {
    // `schemas` is of frame's relation, and its row_columns are what the rows show.
    AvroPlan(FramePlan frame, const AvroSchemas& schemas, const EncodeOptions& options);

    RowLayout layout;
    AvroRow row;
    AvroRow key_row;
    BlockText key_frame;
    BlockText value_frame;
    // A key header is text, with the fields' names in Avro.
    std::shared_ptr<const Relation> named;
    JsonRow key_header;
};

class AvroRecords {
public:
    explicit AvroRecords(const EncodeOptions& options);

    void reset() { names_.clear(); }
    Status open(const AvroPlan& plan, const ChangeFrame& change) {
        return images_.read(plan.layout, change);
    }
    Result<bool> key_changed(const AvroPlan& plan);
    Status put_key(ByteWriter& writer, const AvroPlan& plan, Side side);
    Status put_key_header(ByteWriter& writer, const AvroPlan& plan, Side side);

protected:
    // What every plan has to pass: the ids are there, and no other topic has other records of the
    // same name (schema_invalid).
    Status accept(const FramePlan& frame, const std::string& topic, const AvroSchemas& schemas);

    EncodeOptions options_;
    ValueContext context_;
    RowImages images_;

private:
    // Record name -> topic -> text of the value's schema.
    std::map<std::string, std::map<std::string, std::string>> names_;
};

}  // namespace penstock
