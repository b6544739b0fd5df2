// The fields that a protobuf record has from us (16 and up, proto/record.proto), for one table. All
// that does not change within a transaction is bytes already when the row comes.
#pragma once

#include <string>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

class ProtobufSource {
public:
    ProtobufSource(const EncodeOptions& options, const Relation& relation);

    // Appends `source` and `published_time_ns`.
    void put(ByteWriter& out, const RowContext& context);

private:
    void rebuild(const RowContext& context);

    std::string table_;        // server, database, schema, table.
    std::string transaction_;  // table_ and what the transaction adds.
    Lsn commit_lsn_;
    std::int64_t commit_time_us_ = 0;
    bool built_ = false;
};

}  // namespace penstock
