// What the JSON formats share: the plan of a relation's keys and rows, the images of the change at
// hand, and everything about keys. A format derives from both and writes its values; see
// record_frame.hpp for what the functions promise. No I/O.
#pragma once

#include <string>

#include "encode/json_row.hpp"
#include "encode/record_frame.hpp"
#include "encode/row_images.hpp"

namespace penstock {

struct JsonPlan : FramePlan {
    // With schemas.enable the key's schema stands in front of each key; the format adds the
    // value's by wrap_values().
    JsonPlan(FramePlan frame, const EncodeOptions& options);

    // Values become {"schema":<schema>,"payload":<value>}.
    void wrap_values(const std::string& schema);

    RowLayout layout;
    JsonRow row;
    JsonRow key_row;
    JsonRow key_header;
    BlockText key_head;  // What stands in front of a key's and a value's payload, or nothing.
    BlockText value_head;
    BlockText tail;  // Behind both.
};

class JsonRecords {
public:
    explicit JsonRecords(const EncodeOptions& options);

    std::vector<SchemaText> schemas_of(const Relation&) const { return {}; }
    void reset() {}
    Status open(const JsonPlan& plan, const ChangeFrame& change);
    Result<bool> key_changed(const JsonPlan& plan);
    Status put_key(ByteWriter& writer, const JsonPlan& plan, Side side);
    Status put_key_header(ByteWriter& writer, const JsonPlan& plan, Side side);

protected:
    ~JsonRecords() = default;

    EncodeOptions options_;
    ValueContext context_;
    RowImages images_;
};

}  // namespace penstock
